package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;

/// Selections with a consumer, and of several channels, as the kernel's.
@Timeout(180)
class SelectionParityTest extends SelectorParity {
    SelectionParityTest() {
        consumers();
        several();
    }

    private void consumers() {
        add("a consumer", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, WRITE);
            List<Object> seen = new ArrayList<>();
            int n = s.select(key -> seen.add(key == k && key.readyOps() == WRITE));
            int m = s.selectNow(key -> seen.add(key.isWritable()));
            int t = s.select(key -> seen.add(key.isReadable()), PATIENCE_MS);
            return List.of(n, m, t, seen, s.selectedKeys().size());
        });
        add("a consumer of nothing", w -> {
            Selector s = w.selector();
            ends(w)[0].register(s, READ);
            return List.of(s.selectNow(_ -> { throw new IllegalStateException(); }),
                    s.select(_ -> { throw new IllegalStateException(); }, 1));
        });
        add("a consumer that throws", w -> {
            Selector s = w.selector();
            SocketChannel[] c = two(w);
            c[0].register(s, WRITE);
            c[1].register(s, WRITE);
            AtomicInteger calls = new AtomicInteger();
            String first = outcome(_ -> s.select(_ -> {
                calls.incrementAndGet();
                throw new IllegalStateException("mine");
            }), w);
            int called = calls.get();
            Set<SelectionKey> seen = new HashSet<>();
            int n = s.select(seen::add);
            return List.of(first, called, n, seen.size(), s.selectNow(seen::add), s.selectedKeys().size());
        });
        add("a consumer that selects again", w -> {
            Selector s = w.selector();
            ends(w)[0].register(s, WRITE);
            return each(w, _ -> s.select(_ -> {
                try {
                    s.selectNow();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }), _ -> s.select(_ -> {
                try {
                    s.select(_ -> { });
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }), _ -> s.selectNow());
        });
        add("a consumer that closes the selector", w -> {
            Selector s = w.selector();
            SocketChannel[] c = two(w);
            SelectionKey k = c[0].register(s, WRITE);
            AtomicInteger calls = new AtomicInteger();
            c[1].register(s, WRITE);
            return List.of(outcome(_ -> s.select(_ -> {
                calls.incrementAndGet();
                try {
                    s.close();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }), w), calls.get(), s.isOpen(), k.isValid());
        });
        add("a consumer that cancels", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            c.register(s, WRITE);
            return List.of(s.select(SelectionKey::cancel), s.keys().size(), c.isRegistered());
        });
        add("a consumer that closes the channel", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            c.register(s, WRITE);
            return List.of(s.select(key -> {
                try {
                    key.channel().close();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            }), s.keys().size(), s.selectNow());
        });
        add("a consumer that changes interest and calls wakeup", w -> {
            Selector s = w.selector();
            SelectionKey k = ends(w)[0].register(s, WRITE);
            int n = s.select(key -> {
                key.interestOps(READ);
                key.selector().wakeup();
            });
            return List.of(n, s.select(), k.interestOps(), s.selectNow());
        });
        add("a consumer and selected keys", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, WRITE);
            s.select(PATIENCE_MS);
            c[1].write(ByteBuffer.allocate(1));
            k.interestOps(READ);
            List<Integer> seen = new ArrayList<>();
            while (seen.isEmpty()) {
                s.select(key -> seen.add(key.readyOps()));
            }
            return List.of(seen, s.selectedKeys().contains(k), k.readyOps());
        });
        add("a consumer registers another", w -> {
            Selector s = w.selector();
            SocketChannel[] c = two(w);
            c[0].register(s, WRITE);
            int n = s.select(_ -> {
                try {
                    c[1].register(s, WRITE);
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            return List.of(n, s.keys().size(), s.selectNow());
        });
        add("two select at once", w -> {
            Selector s = w.selector();
            CompletableFuture<Integer> first = started(() -> s.select());
            CompletableFuture<Integer> second = started(() -> s.select());
            s.wakeup();
            Await.until(() -> first.isDone() || second.isDone(), () -> "neither has ended");
            s.wakeup();
            return List.of(of(first), of(second));
        });
    }

    private void several() {
        add("several channels", w -> {
            Selector s = w.selector();
            SocketChannel[] a = ends(w);
            SocketChannel[] b = ends(w);
            SelectionKey ka = a[0].register(s, READ, "a");
            SelectionKey kb = b[0].register(s, READ, "b");
            ServerSocketChannel l = w.keep(w.here.serverChannel()).bind(w.here.at(0));
            l.configureBlocking(false);
            l.register(s, ACCEPT, "l");
            a[1].write(ByteBuffer.allocate(1));
            until(ka, READ);
            Set<Object> first = attachments(s);
            b[1].write(ByteBuffer.allocate(1));
            until(kb, READ);
            w.keep(w.there.channel()).connect(l.getLocalAddress());
            until(l.keyFor(s), ACCEPT);
            return List.of(first, attachments(s), s.keys().size());
        });
        add("one channel in two selectors", w -> {
            Selector s = w.selector();
            Selector t = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey ks = c[0].register(s, READ);
            SelectionKey kt = c[0].register(t, READ | WRITE);
            c[1].write(ByteBuffer.allocate(1));
            List<Object> both = List.of(until(ks, READ), until(kt, READ | WRITE), c[0].keyFor(s) == ks, c[0].keyFor(t) == kt, ks == kt);
            ks.cancel();
            s.selectNow();
            List<Object> one = List.of(c[0].isRegistered(), outcome(_ -> c[0].configureBlocking(true), w));
            c[0].close();
            return List.of(both, one, kt.isValid(), t.selectNow(), t.keys().size());
        });
        add("two selectors wait for one channel", w -> {
            SocketChannel[] c = ends(w);
            Selector s = w.selector();
            Selector t = w.selector();
            c[0].register(s, READ);
            c[0].register(t, READ);
            CompletableFuture<Integer> first = started(() -> s.select());
            CompletableFuture<Integer> second = started(() -> t.select());
            c[1].write(ByteBuffer.allocate(1));
            return List.of(of(first), of(second));
        });
        add("300 channels", w -> {
            Selector s = w.peerSelector();
            ServerSocketChannel l = w.listeningChannelFor(400);
            List<SocketChannel> peers = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                SocketChannel c = w.channel();
                c.connect(l.getLocalAddress());
                SocketChannel a = w.keep(l.accept());
                a.configureBlocking(false);
                a.register(s, READ, i);
                peers.add(c);
            }
            for (SocketChannel p : peers) {
                p.write(ByteBuffer.allocate(2));
            }
            Set<Object> seen = new HashSet<>();
            while (seen.size() < 300) {
                patiently(s);
                for (SelectionKey k : s.selectedKeys()) {
                    ((SocketChannel) k.channel()).read(ByteBuffer.allocate(1));
                    seen.add(k.attachment());
                }
                s.selectedKeys().clear();
            }
            for (int i = 0; i < 300; i += 2) {
                peers.get(i).close();
            }
            Set<Object> ended = new TreeSet<>();
            while (ended.size() < 150) {
                s.select(k -> {
                    try {
                        if (((SocketChannel) k.channel()).read(ByteBuffer.allocate(9)) < 0) {
                            ended.add(k.attachment());
                            k.cancel();
                        }
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                });
            }
            // Those that were cancelled go with the next selection.
            return List.of(seen.size(), s.selectNow(), s.keys().size(), ended.contains(0), ended.contains(1));
        });
        add("blocking calls of a channel that was registered", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ);
            k.cancel();
            s.selectNow();
            c[0].configureBlocking(true);
            CompletableFuture<Integer> read = World.waiting(() -> c[0].read(ByteBuffer.allocate(4)));
            c[1].write(ByteBuffer.allocate(3));
            return World.of(read);
        });
        add("nothing but closed channels", w -> {
            Selector s = w.selector();
            List<SelectableChannel> all = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                SocketChannel c = ends(w)[0];
                c.register(s, READ | WRITE);
                all.add(c);
            }
            for (SelectableChannel c : all) {
                c.close();
            }
            return List.of(s.selectNow(), s.keys().size(), s.select(1));
        });
        add("a selector is closed by who uses it elsewhere", w -> {
            Selector s = w.selector();
            CompletableFuture<Integer> selected = started(() -> {
                while (true) {
                    s.select(5);
                }
            });
            s.close();
            return outcome(_ -> of(selected), w).startsWith(ClosedSelectorException.class.getName());
        });
    }
}
