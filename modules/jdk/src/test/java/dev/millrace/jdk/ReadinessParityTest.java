package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// When a selector finds which channel ready for what, as the kernel's does.
@Timeout(180)
class ReadinessParityTest extends SelectorParity {
    ReadinessParityTest() {
        connecting();
        accepting();
        reading();
        writing();
        changes();
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
            Selector s = w.peerSelector();
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
            Selector s = w.peerSelector();
            ServerSocketChannel l = w.serverChannel();
            l.configureBlocking(false);
            SelectionKey k = l.register(s, 0);
            l.bind(w.there.at(0));
            k.interestOps(ACCEPT);
            CompletableFuture<Integer> selected = started(() -> s.select(PATIENCE_MS));
            w.channel().connect(l.getLocalAddress());
            return List.of(of(selected), k.readyOps(), w.keep(l.accept()).isConnected());
        });
        add("two wait to be accepted", w -> {
            Selector s = w.peerSelector();
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
            do {
                fillUp(c[0]);
                s.selectedKeys().clear();
                // However slowly it goes on, it ends.
            } while (s.selectNow() > 0);
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
            return List.of(ready, more, of(drained));
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
}
