package dev.millrace.jdk;

import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// Selectors and their keys as the kernel's: registration, sets of keys, wake-ups, cancellation, the end.
@Timeout(180)
class SelectorParityTest extends SelectorParity {
    SelectorParityTest() {
        selectors();
        registering();
        keys();
        sets();
        waking();
        ends();
        cancelling();
    }

    private void selectors() {
        add("a new selector", w -> {
            Selector s = w.selector();
            return List.of(s.isOpen(), s.keys().size(), s.selectedKeys().size(), s.provider() == w.here.provider(), s.selectNow(), s.select(1),
                    s.keys() == s.keys(), s.selectedKeys() == s.selectedKeys());
        });
        add("a closed selector", w -> {
            Selector s = w.selector();
            s.close();
            s.close();
            return List.of(s.isOpen(), each(w, _ -> s.keys(), _ -> s.selectedKeys(), _ -> s.selectNow(), _ -> s.select(), _ -> s.select(1),
                    _ -> s.select(_ -> { }), _ -> s.selectNow(_ -> { }), _ -> s.wakeup() == s, _ -> s.provider() == w.here.provider()));
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
            ServerSocketChannel l = w.keep(w.here.serverChannel());
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
                boolean here = w.here.isKernel();
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
            SocketChannel[] c = two(w);
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
            SelectionKey peer = c[1].register(w.peerSelector(), READ);
            c[0].close();
            s.selectNow();
            return List.of(until(peer, READ), c[1].read(ByteBuffer.allocate(1)));
        });
        add("close a registered server", w -> {
            Selector s = w.peerSelector();
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
}
