package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// The same for [SocketChannel], blocking and not.
@Timeout(120)
class SocketChannelParityTest extends Parity {
    SocketChannelParityTest() {
        states();
        connecting();
        pending();
        binding();
        arguments();
        reading();
        writing();
        ends();
        interrupts();
        options();
    }

    private void states() {
        add("a new channel", w -> facts(w.channel(), w));
        add("a connected channel", w -> facts(w.channels()[0], w));
        add("an accepted channel", w -> facts(w.channels()[1], w));
        add("a bound channel", w -> facts(w.channel().bind(w.nobody()), w));
        add("a channel that waits for its peer", w -> facts(w.pending(), w));
        add("a closed channel", w -> {
            SocketChannel c = w.channels()[0];
            c.close();
            c.close();
            return facts(c, w);
        });
        add("a channel closed before it was connected", w -> {
            SocketChannel c = w.channel();
            c.close();
            return facts(c, w);
        });
        add("a channel closed while it waits for its peer", w -> {
            SocketChannel c = w.pending();
            c.close();
            return facts(c, w);
        });
        add("a channel whose input, then output was shut", w -> {
            SocketChannel c = w.channels()[0];
            c.shutdownInput();
            String first = World.hide(c);
            c.shutdownOutput();
            return List.of(first, World.hide(c), facts(c, w));
        });
        add("what the ends tell of each other", w -> {
            SocketChannel[] c = w.channels();
            return List.of(c[0].getLocalAddress().equals(c[1].getRemoteAddress()), c[1].getLocalAddress().equals(c[0].getRemoteAddress()));
        });
        add("calls on a closed channel", w -> {
            SocketChannel c = w.channels()[0];
            c.close();
            ByteBuffer one = ByteBuffer.allocate(1);
            return each(w, _ -> c.read(one), _ -> c.write(one), _ -> c.read(ByteBuffer.allocate(0)), _ -> c.write(ByteBuffer.allocate(0)),
                    _ -> c.read(new ByteBuffer[] {one}), _ -> c.write(new ByteBuffer[] {one}), _ -> c.read(new ByteBuffer[0]),
                    _ -> c.bind(null), _ -> c.connect(w.nobody()), _ -> c.finishConnect(), _ -> c.shutdownInput(),
                    _ -> c.shutdownOutput(), _ -> c.getLocalAddress(), _ -> c.getRemoteAddress(), _ -> c.configureBlocking(true),
                    _ -> c.configureBlocking(false), _ -> c.getOption(StandardSocketOptions.TCP_NODELAY),
                    _ -> c.setOption(StandardSocketOptions.TCP_NODELAY, true), _ -> c.supportedOptions().isEmpty(), _ -> c.isBlocking(),
                    _ -> c.socket().isClosed());
        });
    }

    private static List<Object> facts(SocketChannel c, World w) {
        return List.of(c.isOpen(), c.isBlocking(), c.isConnected(), c.isConnectionPending(), c.isRegistered(), c.validOps(),
                World.hide(outcome(_ -> c.getLocalAddress(), w)), World.hide(outcome(_ -> c.getRemoteAddress(), w)), World.hide(c));
    }

    private void connecting() {
        add("connect", w -> {
            SocketChannel c = w.channel();
            return List.of(c.connect(w.listeningChannel().getLocalAddress()), c.finishConnect(), c.isConnected());
        });
        add("connect without blocking", w -> {
            SocketChannel c = w.nonBlocking();
            connect(c, w.listeningChannel());
            return List.of(c.finishConnect(), facts(c, w));
        });
        add("connect without blocking, finish with", w -> {
            SocketChannel c = w.nonBlocking();
            c.connect(w.listeningChannel().getLocalAddress());
            c.configureBlocking(true);
            return List.of(c.finishConnect(), facts(c, w));
        });
        add("refused", w -> {
            SocketChannel c = w.channel();
            return List.of(outcome(_ -> c.connect(w.nobody()), w), facts(c, w), outcome(_ -> c.finishConnect(), w));
        });
        add("refused without blocking", w -> {
            SocketChannel c = w.nonBlocking();
            return List.of(outcome(_ -> {
                c.connect(w.nobody());
                Await.until(c::finishConnect, c::toString);
                return "connected";
            }, w), facts(c, w), outcome(_ -> c.finishConnect(), w));
        });
        add("refused without blocking, heard of with", w -> {
            SocketChannel c = w.nonBlocking();
            return List.of(outcome(_ -> {
                c.connect(w.nobody());
                c.configureBlocking(true);
                return c.finishConnect();
            }, w), c.isOpen(), c.isConnected());
        });
        add("connect twice", w -> {
            ServerSocketChannel s = w.listeningChannel();
            SocketChannel c = w.channel();
            c.connect(s.getLocalAddress());
            return each(w, _ -> c.connect(s.getLocalAddress()), _ -> c.connect(null), _ -> c.isConnected());
        });
        add("connect an accepted channel", w -> {
            SocketChannel[] c = w.channels();
            return c[1].connect(c[0].getLocalAddress());
        });
        add("finish what was not begun", w -> w.channel().finishConnect());
        add("finish what was not begun without blocking", w -> w.nonBlocking().finishConnect());
        add("connect to what is no address", w -> {
            SocketChannel c = w.channel();
            return List.of(each(w, _ -> c.connect(null), _ -> c.connect(new OtherAddress()),
                    _ -> c.connect(InetSocketAddress.createUnresolved("no.such.invalid", 80))), facts(c, w));
        });
        add("connect a closed channel to what is no address", w -> {
            SocketChannel c = w.channel();
            c.close();
            return each(w, _ -> c.connect(null), _ -> c.connect(new OtherAddress()),
                    _ -> c.connect(InetSocketAddress.createUnresolved("no.such.invalid", 80)));
        });
        add("connect to any address", w -> {
            SocketChannel c = w.channel();
            int port = ((InetSocketAddress) w.serverChannel().bind(null).getLocalAddress()).getPort();
            return List.of(c.connect(new InetSocketAddress("0.0.0.0", port)),
                    ((InetSocketAddress) c.getRemoteAddress()).getAddress().isLoopbackAddress());
        });
        add("connect over IPv6", w -> {
            ServerSocketChannel s = w.serverChannel().bind(new InetSocketAddress("::1", 0));
            SocketChannel c = w.channel();
            return List.of(c.connect(s.getLocalAddress()), facts(c, w));
        });
        add("close while another connects", w -> {
            SocketChannel c = w.pending();
            c.configureBlocking(true);
            CompletableFuture<Boolean> finished = World.waiting(c::finishConnect);
            c.close();
            return List.of(outcome(_ -> World.of(finished), w), facts(c, w));
        });
        add("close while another connects with blocking", w -> {
            SocketChannel pending = w.pending();
            SocketChannel c = w.channel();
            CompletableFuture<Boolean> connected = World.waiting(() -> c.connect(pending.getRemoteAddress()));
            c.close();
            return outcome(_ -> World.of(connected), w);
        });
        add("the channel's socket is one", w -> {
            SocketChannel c = w.channel();
            return List.of(c.socket() == c.socket(), c.socket().getChannel() == c, c.provider() == w.provider());
        });
    }

    private static void connect(SocketChannel c, ServerSocketChannel s) throws Exception {
        if (!c.connect(s.getLocalAddress())) {
            Await.until(c::finishConnect, c::toString);
        }
    }

    private void pending() {
        add("calls while a peer has not answered", w -> {
            SocketChannel c = w.pending();
            ByteBuffer one = ByteBuffer.allocate(1);
            return each(w, _ -> c.finishConnect(), _ -> c.connect(w.nobody()), _ -> c.connect(null), _ -> c.bind(null),
                    _ -> c.bind(new OtherAddress()), _ -> c.read(one), _ -> c.write(one), _ -> c.shutdownInput(), _ -> c.shutdownOutput(),
                    _ -> c.isConnectionPending(), _ -> c.getOption(StandardSocketOptions.TCP_NODELAY),
                    _ -> c.setOption(StandardSocketOptions.TCP_NODELAY, true) == c, _ -> World.hide(c.getLocalAddress()));
        });
    }

    private void binding() {
        add("bind, then connect", w -> {
            InetSocketAddress local = w.nobody();
            SocketChannel c = w.channel();
            c.bind(local);
            return List.of(c.getLocalAddress().equals(local), c.connect(w.listeningChannel().getLocalAddress()),
                    c.getLocalAddress().equals(local));
        });
        add("bind to what is no address", w -> {
            SocketChannel c = w.channel();
            return List.of(each(w, _ -> c.bind(new OtherAddress()), _ -> c.bind(InetSocketAddress.createUnresolved("no.such.invalid", 0)),
                    _ -> c.bind(new InetSocketAddress("203.0.113.9", 0))), facts(c, w), c.bind(w.nobody()) == c);
        });
        add("bind twice", w -> {
            SocketChannel c = w.channel().bind(w.nobody());
            return each(w, _ -> c.bind(null), _ -> c.bind(w.nobody()), _ -> c.bind(new OtherAddress()));
        });
        add("bind to any address", w -> {
            SocketChannel c = w.channel().bind(null);
            boolean any = ((InetSocketAddress) c.getLocalAddress()).getAddress().isAnyLocalAddress();
            c.connect(w.listeningChannel().getLocalAddress());
            return List.of(any, World.hide(c.getLocalAddress()));
        });
        add("bind to a port that is taken", w -> {
            SocketChannel c = w.channel();
            return List.of(outcome(_ -> c.bind(w.listeningChannel().getLocalAddress()), w), c.isOpen());
        });
        add("bind after connecting", w -> w.channels()[0].bind(new InetSocketAddress(World.HERE, 0)));
        add("bind an accepted channel", w -> w.channels()[1].bind(null));
        add("bind after close to what is no address", w -> {
            SocketChannel c = w.channel();
            c.close();
            return outcome(_ -> c.bind(new OtherAddress()), w);
        });
    }

    private void arguments() {
        add("no buffers", w -> {
            SocketChannel c = w.channels()[0];
            ByteBuffer[] none = {null};
            return each(w, _ -> c.read((ByteBuffer) null), _ -> c.write((ByteBuffer) null), _ -> c.read((ByteBuffer[]) null),
                    _ -> c.write((ByteBuffer[]) null), _ -> c.read(null, 0, 0),
                    _ -> c.write(null, 0, 0), _ -> c.read(new ByteBuffer[0]), _ -> c.write(new ByteBuffer[0]), _ -> c.read(none, 0, 0),
                    _ -> c.write(none, 1, 0));
        });
        add("no buffers among others", w -> {
            SocketChannel c = w.channels()[0];
            ByteBuffer first = ByteBuffer.allocate(3);
            ByteBuffer[] some = {first, null};
            return List.of(isNull(_ -> c.write(some), w), first.position(), isNull(_ -> c.read(some), w), first.position(),
                    isNull(_ -> c.write(new ByteBuffer[1]), w), isNull(_ -> c.read(new ByteBuffer[1]), w), c.isOpen());
        });
        add("no buffers before connecting", w -> {
            SocketChannel c = w.channel();
            return each(w, _ -> c.read((ByteBuffer) null), _ -> c.write((ByteBuffer) null), _ -> c.read(new ByteBuffer[2], 1, 2),
                    _ -> c.write(new ByteBuffer[2], 1, 2), _ -> c.read(new ByteBuffer[0]), _ -> c.write(new ByteBuffer[0]));
        });
        add("ranges of buffers that are none", w -> {
            SocketChannel c = w.channels()[0];
            ByteBuffer[] two = {ByteBuffer.allocate(1), ByteBuffer.allocate(1)};
            return each(w, _ -> c.read(two, -1, 1), _ -> c.read(two, 0, 3), _ -> c.read(two, 2, 1), _ -> c.read(two, 1, -1),
                    _ -> c.write(two, -1, 1), _ -> c.write(two, 0, 3), _ -> c.write(two, 2, 1), _ -> c.write(two, 1, -1));
        });
        add("buffers that may not be written to", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.allocate(10));
            ByteBuffer locked = ByteBuffer.allocate(4).asReadOnlyBuffer();
            ByteBuffer[] mixed = {ByteBuffer.allocate(4), locked};
            return List.of(each(w, _ -> c[0].read(locked), _ -> c[0].read(mixed), _ -> c[0].read(locked.duplicate().limit(0)),
                    _ -> c[0].read(new ByteBuffer[] {locked.duplicate().limit(0)}), _ -> c[0].write(locked)), mixed[0].position(),
                    c[0].isOpen());
        });
        add("buffers that may not be written to, and nothing has come", w -> {
            SocketChannel c = w.channels()[0];
            c.configureBlocking(false);
            ByteBuffer locked = ByteBuffer.allocate(4).asReadOnlyBuffer();
            return each(w, _ -> c.read(locked), _ -> c.read(new ByteBuffer[] {locked}));
        });
        add("calls before connecting", w -> {
            SocketChannel c = w.channel();
            ByteBuffer one = ByteBuffer.allocate(1);
            return each(w, _ -> c.read(one), _ -> c.write(one), _ -> c.read(new ByteBuffer[] {one}), _ -> c.write(new ByteBuffer[] {one}),
                    _ -> c.read(ByteBuffer.allocate(0)), _ -> c.write(ByteBuffer.allocate(0)), _ -> c.shutdownInput(),
                    _ -> c.shutdownOutput());
        });
    }

    /// The JVM says what was null, which is not the same there.
    private static boolean isNull(Case c, World w) {
        return outcome(c, w).startsWith(NullPointerException.class.getName());
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

    /// Reads until a buffer is full: what was written at once may come in parts.
    private static int fill(SocketChannel c, ByteBuffer b) throws IOException {
        int n = 0;
        while (b.hasRemaining()) {
            n += c.read(b);
        }
        return n;
    }

    private static List<Integer> positions(ByteBuffer... all) {
        return Arrays.stream(all).map(ByteBuffer::position).toList();
    }

    private static void reset(SocketChannel c) throws IOException {
        c.setOption(StandardSocketOptions.SO_LINGER, 0);
        c.close();
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
            for (int n; (n = c[0].write(b.clear())) > 0; ) {
                sent += n;
            }
            int none = c[0].write(b.clear());
            long noneOfMany = c[0].write(new ByteBuffer[] {b, b});
            CompletableFuture<Integer> there = World.waiting(() -> {
                fill(c[1], ByteBuffer.allocate(200_000));
                int more = 0;
                for (int n; (n = c[1].read(b.duplicate().clear())) >= 0; ) {
                    more += n;
                }
                return more + 200_000;
            });
            long before = sent;
            long[] later = new long[1];
            Await.until(() -> (later[0] = c[0].write(ByteBuffer.allocate(10))) > 0, c[0]::toString);
            c[0].close();
            return List.of(none, noneOfMany, before + later[0] == World.of(there));
        });
        add("a megabyte both ways at once", w -> {
            SocketChannel[] c = w.channels();
            byte[] data = new byte[1 << 20];
            new java.util.Random(1).nextBytes(data);
            CompletableFuture<byte[]> there = World.waiting(() -> take(c[1], data.length));
            CompletableFuture<Integer> back = World.waiting(() -> c[1].write(ByteBuffer.wrap(data)));
            CompletableFuture<byte[]> here = World.waiting(() -> take(c[0], data.length));
            int n = c[0].write(ByteBuffer.wrap(data));
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
            SocketChannel c = w.channels()[0];
            CompletableFuture<Integer> written = World.waiting(() -> writeOn(c));
            c.close();
            return outcome(_ -> World.of(written), w);
        });
        add("shut the output while another writes", w -> {
            SocketChannel c = w.channels()[0];
            CompletableFuture<Integer> written = World.waiting(() -> writeOn(c));
            c.shutdownOutput();
            return List.of(outcome(_ -> World.of(written), w), c.isOpen());
        });
    }

    private static byte[] take(SocketChannel c, int length) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(length);
        fill(c, b);
        return b.array();
    }

    /// Writes until that fails.
    private static int writeOn(SocketChannel c) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(64 * 1024);
        while (true) {
            c.write(b.clear());
        }
    }

    private void ends() {
        add("half-close", w -> {
            SocketChannel[] c = w.channels();
            c[0].write(ByteBuffer.allocate(3));
            SocketChannel same = c[0].shutdownOutput();
            ByteBuffer got = ByteBuffer.allocate(9);
            int last;
            do {
                last = c[1].read(got);
            } while (last > 0);
            c[1].write(ByteBuffer.wrap(new byte[] {7}));
            ByteBuffer back = ByteBuffer.allocate(1);
            return List.of(same == c[0], last, got.position(), fill(c[0], back), back.get(0), c[0].isConnected());
        });
        add("calls after the output was shut", w -> {
            SocketChannel c = w.channels()[0];
            c.shutdownOutput();
            return each(w, _ -> c.write(ByteBuffer.allocate(1)), _ -> c.write(ByteBuffer.allocate(0)),
                    _ -> c.write(new ByteBuffer[] {ByteBuffer.allocate(1)}), _ -> c.write(new ByteBuffer[0]), _ -> c.shutdownOutput() == c,
                    _ -> c.isOpen(), _ -> c.socket().isOutputShutdown());
        });
        add("calls that do not block after the output was shut", w -> {
            SocketChannel c = w.channels()[0];
            c.shutdownOutput();
            c.configureBlocking(false);
            return each(w, _ -> c.write(ByteBuffer.allocate(1)), _ -> c.write(ByteBuffer.allocate(0)),
                    _ -> c.write(new ByteBuffer[] {ByteBuffer.allocate(1)}), _ -> c.write(new ByteBuffer[0]), _ -> c.isOpen());
        });
        add("calls after the input was shut", w -> {
            SocketChannel[] c = w.channels();
            c[1].write(ByteBuffer.allocate(3));
            c[0].shutdownInput();
            return each(w, _ -> c[0].read(ByteBuffer.allocate(1)), _ -> c[0].read(ByteBuffer.allocate(0)),
                    _ -> c[0].read(new ByteBuffer[] {ByteBuffer.allocate(1)}), _ -> c[0].read(new ByteBuffer[0]),
                    _ -> c[0].shutdownInput() == c[0], _ -> c[0].write(ByteBuffer.allocate(1)), _ -> c[0].socket().isInputShutdown());
        });
        add("shut both ways, then the peer's end", w -> {
            SocketChannel[] c = w.channels();
            c[0].shutdownOutput();
            c[0].shutdownInput();
            return List.of(c[1].read(ByteBuffer.allocate(1)), c[0].isOpen(), facts(c[0], w));
        });
        add("shut the output after a reset", w -> {
            SocketChannel[] c = w.channels();
            reset(c[1]);
            String read = outcome(_ -> c[0].read(ByteBuffer.allocate(1)), w);
            return List.of(read, outcome(_ -> c[0].shutdownOutput() == c[0], w), outcome(_ -> c[0].shutdownInput() == c[0], w));
        });
        add("close with what was not read resets", w -> {
            SocketChannel[] c = w.channels();
            c[0].write(ByteBuffer.allocate(3));
            fill(c[1], ByteBuffer.allocate(1));
            c[1].close();
            return outcome(_ -> c[0].read(ByteBuffer.allocate(1)), w);
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

    private static <T> List<Object> interrupted(java.util.concurrent.Callable<T> waits, SocketChannel c, World w) throws Exception {
        var told = new CompletableFuture<Boolean>();
        var result = new CompletableFuture<T>();
        Thread t = World.waiting(() -> {
            try {
                return waits.call();
            } finally {
                told.complete(Thread.currentThread().isInterrupted());
            }
        }, result);
        t.interrupt();
        return List.of(outcome(_ -> World.of(result), w), World.of(told), c.isOpen());
    }

    private static <T> List<Object> before(java.util.concurrent.Callable<T> waits, SocketChannel c, World w) throws Exception {
        var told = new CompletableFuture<Boolean>();
        CompletableFuture<T> result = World.waiting(() -> {
            Thread.currentThread().interrupt();
            try {
                return waits.call();
            } finally {
                told.complete(Thread.currentThread().isInterrupted());
            }
        });
        return List.of(outcome(_ -> World.of(result), w), World.of(told), c.isOpen());
    }

    private void options() {
        add("options of a new channel", w -> get(w.channel(), w));
        add("options of a connected channel", w -> get(w.channels()[0], w));
        add("options of an accepted channel", w -> get(w.channels()[1], w));
        add("options that were set", w -> {
            SocketChannel c = w.channel();
            c.setOption(StandardSocketOptions.TCP_NODELAY, true).setOption(StandardSocketOptions.SO_KEEPALIVE, true);
            c.setOption(StandardSocketOptions.SO_LINGER, 7).setOption(StandardSocketOptions.SO_REUSEADDR, true);
            c.setOption(StandardSocketOptions.IP_TOS, 0x10);
            List<Object> on = get(c, w);
            c.setOption(StandardSocketOptions.SO_LINGER, -1).setOption(StandardSocketOptions.TCP_NODELAY, false);
            return List.of(on, get(c, w));
        });
        add("options stay when it is connected", w -> {
            SocketChannel c = w.channel();
            c.setOption(StandardSocketOptions.TCP_NODELAY, true).setOption(StandardSocketOptions.SO_LINGER, 3);
            c.connect(w.listeningChannel().getLocalAddress());
            return get(c, w);
        });
        add("values that are none", w -> {
            SocketChannel c = w.channel();
            return each(w, _ -> c.setOption(null, 1), _ -> c.getOption(null), _ -> c.getOption(StandardSocketOptions.IP_MULTICAST_LOOP),
                    _ -> c.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true),
                    _ -> c.setOption(StandardSocketOptions.SO_BROADCAST, true),
                    _ -> c.setOption(StandardSocketOptions.SO_LINGER, null), _ -> c.setOption(StandardSocketOptions.TCP_NODELAY, null));
        });
        add("values out of range", w -> {
            SocketChannel c = w.channel();
            return each(w, _ -> c.setOption(StandardSocketOptions.SO_SNDBUF, -1),
                    _ -> c.setOption(StandardSocketOptions.SO_RCVBUF, -1), _ -> c.setOption(StandardSocketOptions.IP_TOS, 256),
                    _ -> c.setOption(StandardSocketOptions.IP_TOS, -1), _ -> c.setOption(StandardSocketOptions.SO_RCVBUF, 0).equals(c),
                    _ -> c.setOption(StandardSocketOptions.SO_SNDBUF, 0).equals(c));
        });
        add("values of the wrong kind", w -> {
            SocketChannel c = w.channel();
            @SuppressWarnings({"unchecked", "rawtypes"})
            SocketOption<Object> delay = (SocketOption) StandardSocketOptions.TCP_NODELAY;
            return outcome(_ -> c.setOption(delay, 1), w);
        });
        add("options that are none of a closed channel", w -> {
            SocketChannel c = w.channel();
            c.close();
            return each(w, _ -> c.setOption(null, 1), _ -> c.getOption(null), _ -> c.getOption(StandardSocketOptions.IP_MULTICAST_LOOP),
                    _ -> c.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true));
        });
        add("the usual options are supported", w -> {
            Set<SocketOption<?>> all = w.channel().supportedOptions();
            return List.of(all.containsAll(List.of(StandardSocketOptions.TCP_NODELAY, StandardSocketOptions.SO_KEEPALIVE,
                    StandardSocketOptions.SO_LINGER, StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_SNDBUF,
                    StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.IP_TOS)), outcome(_ -> all.add(null), w));
        });
    }

    private static List<Object> get(SocketChannel c, World w) {
        List<Object> all = new ArrayList<>();
        for (SocketOption<?> o : List.of(StandardSocketOptions.TCP_NODELAY, StandardSocketOptions.SO_KEEPALIVE,
                StandardSocketOptions.SO_LINGER, StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.IP_TOS)) {
            all.add(outcome(_ -> c.getOption(o), w));
        }
        return all;
    }
}
