package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Timeout;

/// The same for [Selector] and [SelectionKey].
@Timeout(180)
class SelectorParityTest extends Parity {
    private static final int READ = SelectionKey.OP_READ;
    private static final int WRITE = SelectionKey.OP_WRITE;
    private static final int CONNECT = SelectionKey.OP_CONNECT;
    private static final int ACCEPT = SelectionKey.OP_ACCEPT;
    private static final long PATIENCE_MS = 60_000;

    SelectorParityTest() {
        selectors();
        registering();
        keys();
        sets();
        waking();
        ends();
        cancelling();
        connecting();
        accepting();
        reading();
        writing();
        changes();
        consumers();
        several();
    }

    interface Action {
        void run() throws Exception;
    }

    private static Case done(Action action) {
        return _ -> {
            action.run();
            return "done";
        };
    }

    /// Both ends of a connection that do not block.
    private static SocketChannel[] ends(World w) throws IOException {
        SocketChannel[] c = w.channels();
        c[0].configureBlocking(false);
        c[1].configureBlocking(false);
        return c;
    }

    /// Selects until a key is ready for all of these, and returns for what it is.
    private static int until(SelectionKey key, int ops) throws IOException {
        key.selector().selectedKeys().clear();
        while (true) {
            patiently(key.selector());
            if (key.selector().selectedKeys().contains(key) && (key.readyOps() & ops) == ops) {
                return key.readyOps();
            }
        }
    }

    /// Selects until there is something.
    private static int patiently(Selector s) throws IOException {
        long begin = System.nanoTime();
        while (true) {
            int n = s.select(PATIENCE_MS);
            if (n > 0) {
                return n;
            }
            if (Thread.currentThread().isInterrupted() || System.nanoTime() - begin > PATIENCE_MS * 1_000_000) {
                throw new IllegalStateException("nothing is selected");
            }
        }
    }

    /// Something that is about to wait in a selector. Whether it does already nobody can tell: the outcome is to be the same.
    private static <T> CompletableFuture<T> started(Callable<T> body, boolean virtual, Thread[] who) throws Exception {
        var result = new CompletableFuture<T>();
        var begun = new CountDownLatch(1);
        Runnable run = () -> {
            begun.countDown();
            try {
                result.complete(body.call());
            } catch (Throwable t) {
                result.completeExceptionally(t);
            }
        };
        Thread t = virtual ? Thread.ofVirtual().start(run) : Thread.ofPlatform().daemon().start(run);
        if (who != null) {
            who[0] = t;
        }
        begun.await();
        // So that it mostly does.
        Thread.sleep(20);
        return result;
    }

    private static <T> CompletableFuture<T> started(Callable<T> body) throws Exception {
        return started(body, false, null);
    }

    /// Returns when a thread is past the question whether its selector is open, in the JDK's or in ours: what it returns from then on
    /// is another matter than what it returns before.
    private static void awaitSelecting(Thread t) throws Exception {
        Await.until(() -> Arrays.stream(t.getStackTrace()).map(StackTraceElement::getMethodName)
                .anyMatch(Set.of("doSelect", "selectLocked")::contains), () -> "" + List.of(t.getStackTrace()));
    }

    private static <T> T of(CompletableFuture<T> result) throws Exception {
        return World.of(result);
    }

    private void selectors() {
        add("a new selector", w -> {
            Selector s = w.selector();
            return List.of(s.isOpen(), s.keys().size(), s.selectedKeys().size(), s.provider() == w.provider(), s.selectNow(), s.select(1),
                    s.keys() == s.keys(), s.selectedKeys() == s.selectedKeys());
        });
        add("a closed selector", w -> {
            Selector s = w.selector();
            s.close();
            s.close();
            return List.of(s.isOpen(), each(w, _ -> s.keys(), _ -> s.selectedKeys(), _ -> s.selectNow(), _ -> s.select(), _ -> s.select(1),
                    _ -> s.select(_ -> { }), _ -> s.selectNow(_ -> { }), _ -> s.wakeup() == s, _ -> s.provider() == w.provider()));
        });
        add("time-outs that are none", w -> {
            Selector s = w.selector();
            return each(w, _ -> s.select(-1), _ -> s.select(_ -> { }, -1), _ -> s.select((java.util.function.Consumer<SelectionKey>) null),
                    _ -> s.select(null, 1), _ -> s.selectNow(null), _ -> s.select(null, -1));
        });
        add("time-outs of a closed selector that are none", w -> {
            Selector s = w.selector();
            s.close();
            return each(w, _ -> s.select(-1), _ -> s.select(null, -1), _ -> s.selectNow(null));
        });
        add("nothing in 1 ms", w -> {
            Selector s = w.selector();
            SelectionKey k = ends(w)[0].register(s, READ);
            return List.of(s.select(1), s.select(_ -> { }, 1), s.selectNow(), k.readyOps(), s.selectedKeys().size());
        });
    }

    private void registering() {
        add("register", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            boolean before = c.isRegistered();
            SelectionKey k = c.register(s, READ, "me");
            return List.of(before, c.isRegistered(), c.keyFor(s) == k, k.channel() == c, k.selector() == s, k.isValid(), k.interestOps(),
                    k.readyOps(), k.attachment(), s.keys().contains(k), s.keys().size(), s.selectedKeys().size());
        });
        add("register twice", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            SelectionKey k = c.register(s, READ, "one");
            SelectionKey again = c.register(s, WRITE, "two");
            SelectionKey without = c.register(s, READ | WRITE);
            return List.of(k == again, k == without, k.interestOps(), "" + k.attachment(), s.keys().size());
        });
        add("register what blocks", w -> outcome(_ -> w.channels()[0].register(w.selector(), READ), w));
        add("register for what is not valid", w -> {
            Selector s = w.selector();
            ServerSocketChannel l = w.listeningChannel();
            l.configureBlocking(false);
            SocketChannel c = w.nonBlocking();
            return List.of(each(w, _ -> c.register(s, ACCEPT), _ -> c.register(s, 0x80), _ -> c.register(s, -1), _ -> l.register(s, READ),
                    _ -> l.register(s, CONNECT), _ -> c.register(s, 0).interestOps()), s.keys().size(), c.validOps(), l.validOps());
        });
        add("register nowhere", w -> outcome(_ -> w.nonBlocking().register(null, READ), w));
        add("register what is closed", w -> {
            SocketChannel c = w.nonBlocking();
            c.close();
            return each(w, _ -> c.register(w.selector(), READ), _ -> c.register(w.selector(), ACCEPT), _ -> c.register(null, READ));
        });
        add("register in a selector that is closed", w -> {
            Selector s = w.selector();
            s.close();
            SocketChannel c = w.nonBlocking();
            return List.of(outcome(_ -> c.register(s, CONNECT), w), c.isRegistered(), "" + c.keyFor(s));
        });
        add("register in another's selector", w -> {
            try (World kernel = World.kernel(); World stack = World.stack()) {
                boolean here = w.provider() == kernel.provider();
                return outcome(_ -> w.nonBlocking().register((here ? stack : kernel).selector(), CONNECT), w);
            }
        });
        add("register what is ready", w -> {
            SocketChannel[] c = ends(w);
            Selector s = w.selector();
            c[1].write(ByteBuffer.allocate(1));
            return until(c[0].register(s, READ), READ);
        });
        add("block while registered", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            SelectionKey k = c.register(s, READ);
            String registered = outcome(_ -> c.configureBlocking(true), w);
            boolean same = c.configureBlocking(false) == c;
            k.cancel();
            String cancelled = outcome(_ -> c.configureBlocking(true) == c, w);
            s.selectNow();
            return List.of(registered, same, cancelled, c.isRegistered(), c.configureBlocking(true).isBlocking());
        });
        add("register while another selects", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            c[1].write(ByteBuffer.allocate(1));
            CompletableFuture<Integer> selected = started(() -> patiently(s));
            SelectionKey k = c[0].register(s, READ);
            s.wakeup();
            return List.of(of(selected), s.selectedKeys().contains(k), k.readyOps());
        });
        add("attachments", w -> {
            SelectionKey k = ends(w)[0].register(w.selector(), READ);
            return List.of("" + k.attachment(), "" + k.attach("a"), "" + k.attach(null), "" + k.attachment());
        });
    }

    private void keys() {
        add("interest in what is not valid", w -> {
            SelectionKey k = ends(w)[0].register(w.selector(), READ);
            return List.of(each(w, _ -> k.interestOps(ACCEPT), _ -> k.interestOps(-1), _ -> k.interestOpsOr(ACCEPT),
                    _ -> k.interestOpsAnd(ACCEPT), _ -> k.interestOps()), k.isValid());
        });
        add("interest or and and", w -> {
            SelectionKey k = ends(w)[0].register(w.selector(), READ);
            return List.of(k.interestOpsOr(WRITE), k.interestOps(), k.interestOpsAnd(~READ), k.interestOps(), k.interestOpsOr(0),
                    k.interestOpsAnd(-1), k.interestOps(READ | CONNECT) == k, k.interestOps(), k.interestOps(0).interestOps());
        });
        add("a cancelled key", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            SelectionKey k = c.register(s, READ, "me");
            k.cancel();
            k.cancel();
            return List.of(k.isValid(), each(w, _ -> k.interestOps(), _ -> k.interestOps(READ), _ -> k.interestOps(ACCEPT),
                    _ -> k.interestOpsOr(READ), _ -> k.interestOpsAnd(READ), _ -> k.readyOps(), _ -> k.isReadable(), _ -> k.isWritable(),
                    _ -> k.isConnectable(), _ -> k.isAcceptable(), _ -> k.channel() == c, _ -> k.selector() == s, _ -> k.attachment()));
        });
        add("what a key is ready for", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, WRITE);
            s.select(PATIENCE_MS);
            return List.of(k.isReadable(), k.isWritable(), k.isConnectable(), k.isAcceptable(), k.readyOps());
        });
        add("texts of keys are theirs", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, 0);
            SelectionKey other = c[1].register(s, 0);
            return List.of(k.equals(other), k.equals(k), new HashSet<>(s.keys()).equals(Set.of(k, other)));
        });
    }

    private void sets() {
        add("the set of keys is not to be changed", w -> {
            Selector s = w.selector();
            SelectionKey k = ends(w)[0].register(s, READ);
            Iterator<SelectionKey> all = s.keys().iterator();
            all.next();
            return List.of(each(w, _ -> s.keys().remove(k), done(() -> s.keys().clear()), _ -> s.keys().add(k),
                    _ -> s.keys().addAll(List.of(k)),
                    done(all::remove)), s.keys().size());
        });
        add("from the selected keys is taken, and nothing added", w -> {
            Selector s = w.selector();
            SelectionKey k = ends(w)[0].register(s, WRITE);
            s.select(PATIENCE_MS);
            Set<SelectionKey> selected = s.selectedKeys();
            List<Object> all = new ArrayList<>(List.of(selected.size(), selected.contains(k)));
            all.add(each(w, _ -> selected.add(k), _ -> selected.addAll(List.of(k)), _ -> selected.add(null)));
            all.addAll(List.of(selected.remove(k), selected.remove(k), selected.isEmpty()));
            s.selectNow();
            Iterator<SelectionKey> each = selected.iterator();
            all.add(each.next() == k);
            each.remove();
            all.add(selected.size());
            s.selectNow();
            selected.clear();
            all.add(selected.size());
            s.selectNow();
            all.add(selected.removeAll(Set.of(k)));
            s.selectNow();
            all.add(selected.retainAll(Set.of()));
            all.add(selected.size());
            all.add(s.selectNow());
            return all;
        });
        add("the sets of a selector that was closed since", w -> {
            Selector s = w.selector();
            ends(w)[0].register(s, WRITE);
            s.select(PATIENCE_MS);
            Set<SelectionKey> selected = s.selectedKeys();
            Set<SelectionKey> keys = s.keys();
            s.close();
            return List.of(selected.size(), keys.size());
        });
        add("a selected key stays as long as nobody takes it", w -> {
            Selector s = w.selector();
            SelectionKey k = ends(w)[0].register(s, WRITE);
            return List.of(s.select(PATIENCE_MS), s.selectNow(), s.select(1), s.selectedKeys().contains(k), k.readyOps());
        });
        add("a selected key that is ready no more keeps what it was ready for", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ);
            c[1].write(ByteBuffer.allocate(1));
            until(k, READ);
            c[0].read(ByteBuffer.allocate(1));
            return List.of(s.selectNow(), k.readyOps(), s.selectedKeys().size());
        });
        add("a selected key becomes ready for more", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ | WRITE);
            int first = s.select(PATIENCE_MS);
            int before = k.readyOps();
            c[1].write(ByteBuffer.allocate(1));
            int more = patiently(s);
            return List.of(first, before, more, k.readyOps(), s.selectNow());
        });
        add("a key that was taken begins anew", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ | WRITE);
            c[1].write(ByteBuffer.allocate(1));
            until(k, READ | WRITE);
            c[0].read(ByteBuffer.allocate(1));
            s.selectedKeys().clear();
            return List.of(k.readyOps(), s.selectNow(), k.readyOps());
        });
    }

    private void waking() {
        add("wakeup before", w -> {
            Selector s = w.selector();
            s.wakeup().wakeup();
            return List.of(s.select(), s.select(1), s.selectedKeys().size());
        });
        add("wakeup during", w -> {
            Selector s = w.selector();
            ends(w)[0].register(s, READ);
            CompletableFuture<Integer> selected = started(() -> s.select());
            s.wakeup();
            return of(selected);
        });
        add("wakeup during, of a virtual thread", w -> {
            Selector s = w.selector();
            CompletableFuture<Integer> selected = started(() -> s.select(), true, null);
            s.wakeup();
            return of(selected);
        });
        add("wakeup of who selects for a consumer", w -> {
            Selector s = w.selector();
            CompletableFuture<Integer> selected = started(() -> s.select(_ -> { }, PATIENCE_MS));
            s.wakeup();
            return of(selected);
        });
        add("selectNow takes a wakeup", w -> {
            Selector s = w.selector();
            s.wakeup();
            int now = s.selectNow();
            CompletableFuture<Integer> selected = started(() -> s.select());
            boolean returned = selected.isDone();
            s.wakeup();
            return List.of(now, returned, of(selected));
        });
        add("a wakeup does not hide what is ready", w -> {
            Selector s = w.selector();
            SelectionKey k = ends(w)[0].register(s, WRITE);
            s.wakeup();
            return List.of(s.select(), k.readyOps());
        });
        add("interrupted before", w -> {
            Selector s = w.selector();
            return of(started(() -> {
                Thread.currentThread().interrupt();
                return List.of(s.select(), Thread.currentThread().isInterrupted(), s.isOpen(), Thread.interrupted());
            }));
        });
        add("interrupted before, of a virtual thread", w -> {
            Selector s = w.selector();
            return of(started(() -> {
                Thread.currentThread().interrupt();
                return List.of(s.select(PATIENCE_MS), s.select(), Thread.currentThread().isInterrupted(), s.isOpen());
            }, true, null));
        });
        add("interrupted before what does not wait", w -> {
            Selector s = w.selector();
            SelectionKey k = ends(w)[0].register(s, WRITE);
            return of(started(() -> {
                Thread.currentThread().interrupt();
                return List.of(s.selectNow(), s.select(), k.readyOps(), Thread.currentThread().isInterrupted(), k.channel().isOpen());
            }));
        });
        for (boolean virtual : List.of(false, true)) {
            add("interrupted during" + (virtual ? ", of a virtual thread" : ""), w -> {
                Selector s = w.selector();
                Thread[] who = new Thread[1];
                CompletableFuture<List<Object>> selected = started(
                        () -> List.of(s.select(), Thread.currentThread().isInterrupted(), s.isOpen()), virtual, who);
                who[0].interrupt();
                return of(selected);
            });
        }
    }

    private void ends() {
        for (boolean virtual : List.of(false, true)) {
            add("close while another selects" + (virtual ? " on a virtual thread" : ""), w -> {
                Selector s = w.selector();
                SocketChannel c = ends(w)[0];
                SelectionKey k = c.register(s, READ);
                Thread[] who = new Thread[1];
                CompletableFuture<Integer> selected = started(() -> s.select(), virtual, who);
                awaitSelecting(who[0]);
                s.close();
                return List.of(outcome(_ -> of(selected), w), k.isValid(), c.isRegistered(), c.isOpen(), "" + c.keyFor(s));
            });
        }
        add("close while another selects for a consumer", w -> {
            Selector s = w.selector();
            Thread[] who = new Thread[1];
            CompletableFuture<Integer> selected = started(() -> s.select(_ -> { }), false, who);
            awaitSelecting(who[0]);
            s.close();
            return outcome(_ -> of(selected), w);
        });
        add("keys of a closed selector", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            SelectionKey k = c.register(s, READ, "me");
            s.close();
            return List.of(k.isValid(), c.isRegistered(), outcome(_ -> k.interestOps(), w), outcome(_ -> k.interestOps(WRITE), w),
                    "" + k.attachment(), c.configureBlocking(true).isBlocking(), k.selector() == s);
        });
        add("register elsewhere after close", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            c.register(s, READ);
            s.close();
            Selector other = w.selector();
            return until(c.register(other, WRITE), WRITE);
        });
    }

    private void cancelling() {
        add("cancel", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            SelectionKey k = c.register(s, WRITE);
            s.select(PATIENCE_MS);
            k.cancel();
            List<Object> before = List.of(s.keys().size(), s.selectedKeys().size(), c.isRegistered(), "" + (c.keyFor(s) == k));
            return List.of(before, s.selectNow(), s.keys().size(), s.selectedKeys().size(), c.isRegistered(), "" + c.keyFor(s));
        });
        add("register again while cancelled", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            SelectionKey k = c.register(s, WRITE);
            k.cancel();
            String early = outcome(_ -> c.register(s, WRITE), w);
            s.selectNow();
            SelectionKey again = c.register(s, WRITE);
            return List.of(early, k == again, again.isValid(), k.isValid(), s.select(PATIENCE_MS), again.readyOps());
        });
        add("cancel while another selects", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            SelectionKey k = c.register(s, READ);
            CompletableFuture<Integer> selected = started(() -> s.select());
            k.cancel();
            s.wakeup();
            int n = of(selected);
            return List.of(n, s.keys().size(), c.isRegistered());
        });
        add("close a registered channel", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, WRITE);
            s.select(PATIENCE_MS);
            c[0].close();
            List<Object> before = List.of(k.isValid(), s.keys().size(), s.selectedKeys().size(), c[0].isOpen(),
                    outcome(_ -> k.readyOps(), w));
            return List.of(before, s.selectNow(), s.keys().size(), s.selectedKeys().size(), c[0].isRegistered());
        });
        add("the peer of a registered channel that was closed sees the end", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            c[0].register(s, READ);
            SelectionKey peer = c[1].register(w.selector(), READ);
            c[0].close();
            s.selectNow();
            return List.of(until(peer, READ), c[1].read(ByteBuffer.allocate(1)));
        });
        add("close a registered server", w -> {
            Selector s = w.selector();
            ServerSocketChannel l = w.listeningChannel();
            l.configureBlocking(false);
            SelectionKey k = l.register(s, ACCEPT);
            l.close();
            return List.of(k.isValid(), s.selectNow(), s.keys().size());
        });
        add("close a channel while another selects", w -> {
            Selector s = w.selector();
            SocketChannel c = ends(w)[0];
            SelectionKey k = c.register(s, READ);
            CompletableFuture<Integer> selected = started(() -> s.select());
            c.close();
            // Whether that alone ends a selection nobody says.
            s.wakeup();
            of(selected);
            s.selectNow();
            return List.of(k.isValid(), s.keys().size());
        });
    }

    private void connecting() {
        add("connected", w -> {
            Selector s = w.selector();
            SocketChannel c = w.nonBlocking();
            c.connect(w.listeningChannel().getLocalAddress());
            SelectionKey k = c.register(s, CONNECT);
            int ready = until(k, CONNECT);
            boolean stands = c.finishConnect();
            k.interestOps(WRITE);
            return List.of(ready, stands, until(k, WRITE));
        });
        add("registered before it connects", w -> {
            Selector s = w.selector();
            SocketChannel c = w.nonBlocking();
            SelectionKey k = c.register(s, 0);
            c.connect(w.listeningChannel().getLocalAddress());
            k.interestOps(CONNECT);
            int ready = until(k, CONNECT);
            return List.of(ready, c.finishConnect(), c.isConnected());
        });
        add("refused", w -> {
            Selector s = w.selector();
            SocketChannel c = w.nonBlocking();
            c.register(s, CONNECT);
            return List.of(outcome(_ -> {
                c.connect(w.nobody());
                int n = s.select(PATIENCE_MS);
                return c.finishConnect() ? n : "late";
            }, w), c.isOpen(), s.selectNow(), s.keys().size());
        });
        add("nobody answers", w -> {
            Selector s = w.selector();
            SocketChannel c = w.pending();
            SelectionKey k = c.register(s, CONNECT | READ | WRITE);
            return List.of(s.select(5), s.selectNow(), k.readyOps(), c.finishConnect());
        });
        add("a connected channel is not to be connected", w -> {
            Selector s = w.selector();
            SelectionKey k = ends(w)[0].register(s, CONNECT);
            return List.of(s.select(5), s.selectNow(), k.readyOps());
        });
        add("what is finished elsewhere is ready for its other operations", w -> {
            Selector s = w.selector();
            ServerSocketChannel full = w.listeningChannelFor(1);
            SocketChannel c = w.pending(full);
            SelectionKey k = c.register(s, WRITE);
            CompletableFuture<Integer> selected = started(() -> patiently(s));
            full.configureBlocking(false);
            // Its SYN is sent again, and now there is room for it.
            Await.until(() -> {
                SocketChannel a = full.accept();
                if (a != null) {
                    w.keep(a);
                }
                return c.finishConnect();
            }, c::toString);
            return List.of(of(selected), k.readyOps());
        });
    }

    private void accepting() {
        add("accept", w -> {
            Selector s = w.selector();
            ServerSocketChannel l = w.listeningChannel();
            l.configureBlocking(false);
            SelectionKey k = l.register(s, ACCEPT);
            int before = s.selectNow();
            w.channel().connect(l.getLocalAddress());
            int ready = until(k, ACCEPT);
            s.selectedKeys().clear();
            int again = s.select(PATIENCE_MS);
            SocketChannel a = w.keep(l.accept());
            s.selectedKeys().clear();
            return List.of(before, ready, again, a.isConnected(), s.selectNow(), "" + l.accept());
        });
        add("a server is registered before it is bound", w -> {
            Selector s = w.selector();
            ServerSocketChannel l = w.serverChannel();
            l.configureBlocking(false);
            SelectionKey k = l.register(s, 0);
            l.bind(new InetSocketAddress(World.HERE, 0));
            k.interestOps(ACCEPT);
            CompletableFuture<Integer> selected = started(() -> s.select(PATIENCE_MS));
            w.channel().connect(l.getLocalAddress());
            return List.of(of(selected), k.readyOps(), w.keep(l.accept()).isConnected());
        });
        add("two wait to be accepted", w -> {
            Selector s = w.selector();
            ServerSocketChannel l = w.listeningChannel();
            l.configureBlocking(false);
            SelectionKey k = l.register(s, ACCEPT);
            w.channel().connect(l.getLocalAddress());
            w.channel().connect(l.getLocalAddress());
            List<Object> all = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                all.add(until(k, ACCEPT));
                all.add(w.keep(l.accept()).isConnected());
            }
            s.selectedKeys().clear();
            all.add(s.selectNow());
            return all;
        });
    }

    private void reading() {
        add("bytes come while another selects", w -> {
            for (boolean virtual : List.of(false, true)) {
                Selector s = w.selector();
                SocketChannel[] c = ends(w);
                SelectionKey k = c[0].register(s, READ);
                CompletableFuture<Integer> selected = started(() -> s.select(), virtual, null);
                c[1].write(ByteBuffer.allocate(1));
                if (of(selected) != 1 || k.readyOps() != READ) {
                    return k;
                }
            }
            return "both";
        });
        add("what is not read is selected again", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ);
            c[1].write(ByteBuffer.allocate(3));
            List<Object> all = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                all.add(until(k, READ));
                all.add(c[0].read(ByteBuffer.allocate(1)));
            }
            s.selectedKeys().clear();
            all.add(s.selectNow());
            c[1].write(ByteBuffer.allocate(1));
            all.add(until(k, READ));
            return all;
        });
        add("the peer's end", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ);
            c[1].shutdownOutput();
            return List.of(until(k, READ), c[0].read(ByteBuffer.allocate(1)), until(k, READ), c[0].read(ByteBuffer.allocate(1)),
                    k.isValid());
        });
        add("the peer closes", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ);
            c[1].close();
            return List.of(until(k, READ), c[0].read(ByteBuffer.allocate(1)));
        });
        add("the peer resets", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ);
            c[1].setOption(StandardSocketOptions.SO_LINGER, 0);
            c[1].close();
            return List.of(until(k, READ), outcome(_ -> c[0].read(ByteBuffer.allocate(1)), w), k.isValid(), until(k, READ));
        });
        add("the peer resets who wants to write", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ | WRITE);
            c[1].setOption(StandardSocketOptions.SO_LINGER, 0);
            c[1].close();
            return until(k, READ | WRITE);
        });
        add("the input was shut", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ);
            c[0].shutdownInput();
            return List.of(until(k, READ), c[0].read(ByteBuffer.allocate(1)));
        });
        add("the input is shut while another selects", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ);
            CompletableFuture<Integer> selected = started(() -> s.select());
            c[0].shutdownInput();
            return List.of(of(selected), k.readyOps());
        });
        add("bytes for who has no interest in them", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, 0);
            c[1].write(ByteBuffer.allocate(1));
            int none = s.select(30);
            k.interestOps(READ);
            return List.of(none, s.keys().size(), until(k, READ));
        });
    }

    private void writing() {
        add("room", w -> {
            Selector s = w.selector();
            SelectionKey k = ends(w)[0].register(s, WRITE);
            return List.of(s.select(PATIENCE_MS), k.readyOps(), s.selectedKeys().remove(k), s.select(PATIENCE_MS));
        });
        add("no room, then room", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, WRITE);
            fillUp(c[0]);
            s.selectedKeys().clear();
            int full = s.selectNow();
            CompletableFuture<Integer> drained = started(() -> {
                ByteBuffer b = ByteBuffer.allocate(1 << 16);
                int n = 0;
                while (c[1].isOpen() && n >= 0) {
                    n = c[1].read(b.clear());
                    Thread.sleep(n == 0 ? 1 : 0);
                }
                return n;
            });
            int ready = until(k, WRITE);
            int more = c[0].write(ByteBuffer.allocate(1));
            c[0].shutdownOutput();
            return List.of(full, ready, more, of(drained));
        });
        add("the output was shut", w -> {
            Selector s = w.selector();
            SelectionKey k = ends(w)[0].register(s, WRITE);
            ((SocketChannel) k.channel()).shutdownOutput();
            return until(k, WRITE);
        });
        add("no room, and the peer resets", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, WRITE);
            fillUp(c[0]);
            CompletableFuture<Integer> selected = started(() -> until(k, WRITE));
            c[1].setOption(StandardSocketOptions.SO_LINGER, 0);
            c[1].close();
            return of(selected);
        });
        add("read and write", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ | WRITE);
            c[1].write(ByteBuffer.allocate(1));
            return List.of(until(k, READ | WRITE), k.isReadable() && k.isWritable());
        });
    }

    private static void fillUp(SocketChannel c) throws Exception {
        ByteBuffer b = ByteBuffer.allocate(1 << 18);
        // The kernel moves on to its peer what it has on another thread, and has room again.
        for (int none = 0; none < 20; ) {
            if (c.write(b.clear()) == 0) {
                none++;
                Thread.sleep(5);
            } else {
                none = 0;
            }
        }
    }

    private void changes() {
        add("interest that comes while another selects", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, 0);
            c[1].write(ByteBuffer.allocate(1));
            CompletableFuture<Integer> selected = started(() -> patiently(s));
            k.interestOps(READ);
            s.wakeup();
            return List.of(of(selected), k.readyOps());
        });
        add("interest that goes", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ | WRITE);
            c[1].write(ByteBuffer.allocate(1));
            until(k, READ | WRITE);
            s.selectedKeys().clear();
            k.interestOps(WRITE);
            int n = s.selectNow();
            int ready = k.readyOps();
            s.selectedKeys().clear();
            k.interestOps(0);
            return List.of(n, ready, s.selectNow(), s.select(1));
        });
        add("interest that goes and comes again", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, READ);
            c[1].write(ByteBuffer.allocate(1));
            until(k, READ);
            s.selectedKeys().clear();
            k.interestOps(0);
            int none = s.selectNow();
            k.interestOpsOr(READ);
            return List.of(none, s.selectNow(), k.readyOps());
        });
        add("interest changes in a selected key", w -> {
            Selector s = w.selector();
            SocketChannel[] c = ends(w);
            SelectionKey k = c[0].register(s, WRITE);
            s.select(PATIENCE_MS);
            k.interestOps(READ);
            int none = s.selectNow();
            int kept = k.readyOps();
            c[1].write(ByteBuffer.allocate(1));
            int n = patiently(s);
            return List.of(none, kept, n, k.readyOps());
        });
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
            SocketChannel[] c = ends(w);
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
            SocketChannel[] c = ends(w);
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
            SocketChannel[] c = ends(w);
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
            while (!first.isDone() && !second.isDone()) {
                Thread.sleep(1);
            }
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
            ServerSocketChannel l = w.listeningChannel();
            l.configureBlocking(false);
            l.register(s, ACCEPT, "l");
            a[1].write(ByteBuffer.allocate(1));
            until(ka, READ);
            Set<Object> first = attachments(s);
            b[1].write(ByteBuffer.allocate(1));
            until(kb, READ);
            w.channel().connect(l.getLocalAddress());
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
            Selector s = w.selector();
            ServerSocketChannel l = w.serverChannel().bind(new InetSocketAddress(World.HERE, 0), 400);
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
            return List.of(seen.size(), s.keys().size(), ended.contains(0), ended.contains(1), s.selectNow());
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

    private static Set<Object> attachments(Selector s) {
        Set<Object> all = new TreeSet<>();
        s.selectedKeys().forEach(k -> all.add(k.attachment()));
        return all;
    }
}
