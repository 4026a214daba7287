package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// Channels as the kernel's: reading, writing, interrupts.
@Timeout(120)
class SocketChannelStreamParityTest extends SocketChannelParity {
    SocketChannelStreamParityTest() {
        reading();
        writing();
        interrupts();
    }

    private void reading() {
        add("nothing has come, without blocking", w -> {
            SocketChannel c = w.channels()[0];
            c.configureBlocking(false);
            return List.of(c.read(ByteBuffer.allocate(4)), c.read(new ByteBuffer[] {ByteBuffer.allocate(4)}));
        });
        add("read into nothing", w -> {
            SocketChannel[] c = w.channels();
            ByteBuffer nothing = ByteBuffer.allocate(0);
            List<Object> before = List.of(c[0].read(nothing), c[0].read(new ByteBuffer[] {nothing, nothing}));
            c[1].shutdownOutput();
            c[0].read(ByteBuffer.allocate(1));
            return List.of(before, c[0].read(nothing), c[0].read(new ByteBuffer[] {nothing}), c[0].read(ByteBuffer.allocate(1)));
        });
        add("read into parts of buffers", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.wrap("abcdefgh".getBytes()));
            ByteBuffer b = ByteBuffer.allocate(10).position(2).limit(5);
            ByteBuffer direct = ByteBuffer.allocateDirect(10).position(1).limit(3);
            return List.of(fill(c[0], b), b.position(), new String(b.array()).trim(), fill(c[0], direct), direct.position(),
                    (char) direct.get(1), (char) direct.get(2), direct.limit());
        });
        add("scatter", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.wrap("abcdefgh".getBytes()));
            fill(c[0], ByteBuffer.allocate(1));
            ByteBuffer[] to = {ByteBuffer.allocate(2), ByteBuffer.allocate(0), ByteBuffer.allocateDirect(3), ByteBuffer.allocate(9)};
            return List.of(c[0].read(to), positions(to), new String(to[0].array()), c[0].isOpen());
        });
        add("scatter into some", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.wrap("abcdefgh".getBytes()));
            fill(c[0], ByteBuffer.allocate(1));
            ByteBuffer[] to = {ByteBuffer.allocate(2), ByteBuffer.allocate(2), ByteBuffer.allocate(2)};
            return List.of(c[0].read(to, 1, 1), positions(to), c[0].read(to, 2, 0));
        });
        add("scatter, and nothing comes any more", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.wrap("abc".getBytes()));
            c[1].shutdownOutput();
            ByteBuffer[] to = {ByteBuffer.allocate(2), ByteBuffer.allocate(2), ByteBuffer.allocate(2)};
            fill(c[0], to[0]);
            long got = c[0].read(to);
            return List.of(got, positions(to), c[0].read(to), c[0].read(to));
        });
        add("the peer has ended", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.allocate(3));
            c[1].close();
            ByteBuffer b = ByteBuffer.allocate(10);
            int n = 0;
            for (int got; (got = c[0].read(b)) > 0; ) {
                n += got;
            }
            return List.of(n, c[0].read(b), c[0].read(new ByteBuffer[] {b}), facts(c[0], w));
        });
        add("the peer has ended, without blocking", w -> {
            SocketChannel[] c = w.channels();
            c[0].configureBlocking(false);
            c[1].close();
            Await.until(() -> c[0].read(ByteBuffer.allocate(1)) == -1, c[0]::toString);
            return List.of(c[0].read(ByteBuffer.allocate(1)), c[0].isConnected());
        });
        add("the peer has reset", w -> {
            SocketChannel[] c = w.channels();
            reset(c[1]);
            ByteBuffer one = ByteBuffer.allocate(1);
            return List.of(each(w, _ -> c[0].read(one), _ -> c[0].read(one), _ -> c[0].read(new ByteBuffer[] {one}),
                    _ -> c[0].read(ByteBuffer.allocate(0))), facts(c[0], w));
        });
        add("the peer has reset, after it wrote", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.allocate(3));
            // It is there when the reset comes.
            Await.until(() -> c[0].socket().getInputStream().available() == 3, c[0]::toString);
            reset(c[1]);
            return each(w, _ -> c[0].read(ByteBuffer.allocate(2)), _ -> c[0].read(ByteBuffer.allocate(2)),
                    _ -> c[0].read(ByteBuffer.allocate(2)));
        });
        add("the peer has reset, after it wrote and ended", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.allocate(3));
            c[0].write(ByteBuffer.allocate(1));
            c[1].shutdownOutput();
            Await.until(() -> c[1].socket().getInputStream().available() == 1, c[1]::toString);
            // With what was not read: a reset.
            c[1].close();
            return each(w, _ -> c[0].read(ByteBuffer.allocate(9)), _ -> c[0].read(ByteBuffer.allocate(9)));
        });
        add("the peer has reset, scattering", w -> {
            SocketChannel[] c = w.channels();
            reset(c[1]);
            ByteBuffer[] two = {ByteBuffer.allocate(1), ByteBuffer.allocate(1)};
            return each(w, _ -> c[0].read(two), _ -> c[0].read(two));
        });
        add("the peer resets while another reads", w -> {
            SocketChannel[] c = w.channels();
            CompletableFuture<Integer> read = World.waiting(() -> c[0].read(ByteBuffer.allocate(1)));
            reset(c[1]);
            return outcome(_ -> World.of(read), w);
        });
        add("close while another reads", w -> {
            SocketChannel c = w.channels()[0];
            CompletableFuture<Integer> read = World.waiting(() -> c.read(ByteBuffer.allocate(1)));
            c.close();
            return outcome(_ -> World.of(read), w);
        });
        add("close while another scatters", w -> {
            SocketChannel c = w.channels()[0];
            CompletableFuture<Long> read = World.waiting(() -> c.read(new ByteBuffer[] {ByteBuffer.allocate(1)}));
            c.close();
            return outcome(_ -> World.of(read), w);
        });
        add("shut the input while another reads", w -> {
            SocketChannel c = w.channels()[0];
            CompletableFuture<Integer> read = World.waiting(() -> c.read(ByteBuffer.allocate(1)));
            c.shutdownInput();
            return List.of(outcome(_ -> World.of(read), w), c.isOpen());
        });
        add("no change of blocking under who reads", w -> {
            SocketChannel[] c = w.channels();
            CompletableFuture<Integer> read = World.waiting(() -> c[0].read(ByteBuffer.allocate(1)));
            c[1].write(ByteBuffer.allocate(1));
            int got = World.of(read);
            c[0].configureBlocking(false);
            return List.of(got, c[0].read(ByteBuffer.allocate(1)), c[0].isBlocking(), c[0].configureBlocking(true) == c[0],
                    c[0].blockingLock() == c[0].blockingLock());
        });
    }

    private void writing() {
        add("write", w -> {
            SocketChannel[] c = w.channels();
            ByteBuffer b = ByteBuffer.wrap("abcdef".getBytes()).position(1).limit(5);
            int n = c[0].write(b);
            ByteBuffer got = ByteBuffer.allocate(4);
            fill(c[1], got);
            return List.of(n, b.position(), new String(got.array()), c[0].write(b), c[0].write(ByteBuffer.allocate(0)));
        });
        add("write what may not be written to", w -> {
            SocketChannel[] c = w.channels();
            ByteBuffer heap = ByteBuffer.wrap("ab".getBytes()).asReadOnlyBuffer();
            ByteBuffer direct = ByteBuffer.allocateDirect(2).put("cd".getBytes()).flip().asReadOnlyBuffer();
            ByteBuffer got = ByteBuffer.allocate(4);
            long n = c[0].write(new ByteBuffer[] {heap, direct});
            fill(c[1], got);
            return List.of(n, new String(got.array()), positions(heap, direct));
        });
        add("gather", w -> {
            SocketChannel[] c = w.channels();
            ByteBuffer[] from = {ByteBuffer.wrap("ab".getBytes()), ByteBuffer.allocate(0), ByteBuffer.wrap("cde".getBytes()),
                ByteBuffer.allocate(0)};
            long n = c[0].write(from);
            ByteBuffer got = ByteBuffer.allocate(5);
            fill(c[1], got);
            return List.of(n, new String(got.array()), positions(from), c[0].write(from));
        });
        add("gather some", w -> {
            SocketChannel[] c = w.channels();
            ByteBuffer[] from = {ByteBuffer.wrap("ab".getBytes()), ByteBuffer.wrap("cd".getBytes()), ByteBuffer.wrap("ef".getBytes())};
            long n = c[0].write(from, 1, 2);
            ByteBuffer got = ByteBuffer.allocate(4);
            fill(c[1], got);
            return List.of(n, new String(got.array()), positions(from));
        });
        add("gather what holds nothing at all", w -> {
            SocketChannel c = w.channels()[0];
            return List.of(c.write(new ByteBuffer[] {ByteBuffer.allocate(0), ByteBuffer.allocate(0)}), c.write(new ByteBuffer[2], 1, 0));
        });
        add("write until there is no room, then until there is", w -> {
            SocketChannel[] c = w.channels();
            c[0].configureBlocking(false);
            ByteBuffer b = ByteBuffer.allocate(1 << 20);
            long sent = 0;
            // What has gone on meanwhile leaves room, but nobody reads: this ends.
            for (int n; (n = c[0].write(b.clear())) > 0; ) {
                sent += n;
            }
            for (long n; (n = c[0].write(new ByteBuffer[] {b.clear(), ByteBuffer.allocate(1)})) > 0; ) {
                sent += n;
            }
            CompletableFuture<Integer> there = World.waiting(() -> {
                int all = 0;
                for (int n; (n = c[1].read(b.duplicate().clear())) >= 0; ) {
                    all += n;
                }
                return all;
            });
            long before = sent;
            long[] later = new long[1];
            Await.until(() -> (later[0] = c[0].write(ByteBuffer.allocate(10))) > 0, c[0]::toString);
            c[0].close();
            return before + later[0] == World.of(there);
        });
        add("a megabyte both ways at once", w -> {
            SocketChannel[] c = w.channels();
            byte[] data = new byte[1 << 20];
            new java.util.Random(1).nextBytes(data);
            CompletableFuture<byte[]> there = World.waiting(() -> take(c[1], data.length));
            CompletableFuture<Integer> back = World.waiting(() -> give(c[1], data));
            CompletableFuture<byte[]> here = World.waiting(() -> take(c[0], data.length));
            int n = give(c[0], data);
            return List.of(n, World.of(back), Arrays.equals(data, World.of(there)), Arrays.equals(data, World.of(here)));
        });
        add("gather more than there is room for", w -> {
            SocketChannel[] c = w.channels();
            byte[] data = new byte[300_000];
            new java.util.Random(2).nextBytes(data);
            ByteBuffer[] from = new ByteBuffer[30];
            for (int i = 0; i < from.length; i++) {
                from[i] = ByteBuffer.wrap(data, i * 10_000, 10_000);
            }
            CompletableFuture<byte[]> there = World.waiting(() -> take(c[1], data.length));
            long n = 0;
            while (n < data.length) {
                n += c[0].write(from);
            }
            return List.of(n, Arrays.equals(data, World.of(there)));
        });
        add("write to a peer that has reset", w -> {
            SocketChannel[] c = w.channels();
            reset(c[1]);
            String first = outcome(_ -> writeOn(c[0]), w);
            return List.of(first, outcome(_ -> c[0].write(ByteBuffer.allocate(1)), w),
                    outcome(_ -> c[0].write(new ByteBuffer[] {ByteBuffer.allocate(1)}), w), c[0].isOpen());
        });
        add("gather to a peer that has reset", w -> {
            SocketChannel[] c = w.channels();
            reset(c[1]);
            return outcome(_ -> {
                while (true) {
                    c[0].write(new ByteBuffer[] {ByteBuffer.allocate(1)});
                }
            }, w);
        });
        add("write to a peer that is closed", w -> {
            SocketChannel[] c = w.channels();
            c[1].close();
            c[0].read(ByteBuffer.allocate(1));
            String first = outcome(_ -> writeOn(c[0]), w);
            return List.of(first, outcome(_ -> c[0].write(ByteBuffer.allocate(1)), w));
        });
        add("the peer resets while another writes", w -> {
            SocketChannel[] c = w.channels();
            CompletableFuture<Integer> written = World.waiting(() -> writeOn(c[0]));
            reset(c[1]);
            return List.of(outcome(_ -> World.of(written), w), c[0].isOpen());
        });
        add("close while another writes", w -> {
            // It may be closed between two of its writes, while what it wrote before makes its way.
            String how = "";
            for (int i = 0; i < 50 && !how.contains("Asynchronous"); i++) {
                SocketChannel c = w.channels()[0];
                CompletableFuture<Integer> written = World.waiting(() -> writeOn(c));
                c.close();
                how = outcome(_ -> World.of(written), w);
            }
            return how;
        });
        add("shut the output while another writes", w -> {
            SocketChannel c = w.channels()[0];
            CompletableFuture<Integer> written = World.waiting(() -> writeOn(c));
            c.shutdownOutput();
            return List.of(outcome(_ -> World.of(written), w), c.isOpen());
        });
    }

    private void interrupts() {
        add("interrupt who reads", w -> {
            SocketChannel c = w.channels()[0];
            return interrupted(() -> c.read(ByteBuffer.allocate(1)), c, w);
        });
        add("interrupt who scatters", w -> {
            SocketChannel c = w.channels()[0];
            return interrupted(() -> c.read(new ByteBuffer[] {ByteBuffer.allocate(1)}), c, w);
        });
        add("interrupt who writes", w -> {
            SocketChannel c = w.channels()[0];
            return interrupted(() -> writeOn(c), c, w);
        });
        add("interrupt who finishes to connect", w -> {
            SocketChannel c = w.pending();
            c.configureBlocking(true);
            return interrupted(c::finishConnect, c, w);
        });
        add("interrupt who connects", w -> {
            SocketChannel pending = w.pending();
            SocketChannel c = w.channel();
            return interrupted(() -> c.connect(pending.getRemoteAddress()), c, w);
        });
        add("interrupted before reading what is there", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.allocate(1));
            return before(() -> c[0].read(ByteBuffer.allocate(1)), c[0], w);
        });
        add("interrupted before scattering what is there", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.allocate(1));
            return before(() -> c[0].read(new ByteBuffer[] {ByteBuffer.allocate(1)}), c[0], w);
        });
        add("interrupted before reading into nothing", w -> {
            SocketChannel c = w.channels()[0];
            return before(() -> c.read(ByteBuffer.allocate(0)), c, w);
        });
        add("interrupted before reading what was shut", w -> {
            SocketChannel c = w.channels()[0].shutdownInput();
            return before(() -> c.read(ByteBuffer.allocate(1)), c, w);
        });
        add("interrupted before writing", w -> {
            SocketChannel c = w.channels()[0];
            return before(() -> c.write(ByteBuffer.allocate(1)), c, w);
        });
        add("interrupted before writing nothing", w -> {
            SocketChannel c = w.channels()[0];
            return before(() -> c.write(ByteBuffer.allocate(0)), c, w);
        });
        add("interrupted before gathering", w -> {
            SocketChannel c = w.channels()[0];
            return before(() -> c.write(new ByteBuffer[] {ByteBuffer.allocate(1)}), c, w);
        });
        add("interrupted before connecting", w -> {
            SocketChannel c = w.channel();
            return before(() -> c.connect(w.listeningChannel().getLocalAddress()), c, w);
        });
        add("interrupted before finishing what stands", w -> {
            SocketChannel c = w.channels()[0];
            return before(c::finishConnect, c, w);
        });
        add("interrupted before calls that do not block", w -> {
            SocketChannel[] c = w.channels();
            c[0].configureBlocking(false);
            c[1].write(ByteBuffer.allocate(1));
            return List.of(before(() -> {
                int n = 0;
                while (n == 0) {
                    n = c[0].read(ByteBuffer.allocate(1));
                }
                return n;
            }, c[0], w), before(() -> c[0].write(ByteBuffer.allocate(1)), c[0], w));
        });
        add("interrupted before connecting without blocking", w -> {
            SocketChannel c = w.nonBlocking();
            return before(() -> {
                boolean stands = c.connect(w.listeningChannel().getLocalAddress());
                while (!stands) {
                    stands = c.finishConnect();
                }
                return stands;
            }, c, w);
        });
        add("interrupted before calls on what is not connected", w -> {
            SocketChannel c = w.channel();
            return List.of(before(() -> c.read(ByteBuffer.allocate(1)), c, w), before(() -> c.write(ByteBuffer.allocate(1)), c, w),
                    before(c::finishConnect, c, w));
        });
    }
}
