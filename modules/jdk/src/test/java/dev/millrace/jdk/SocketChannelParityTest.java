package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// Channels as the kernel's: states, connecting, binding, arguments, the end, options.
@Timeout(120)
class SocketChannelParityTest extends SocketChannelParity {
    SocketChannelParityTest() {
        states();
        connecting();
        pending();
        binding();
        arguments();
        ends();
        options();
    }

    private void states() {
        add("a new channel", w -> facts(w.channel(), w));
        add("a connected channel", w -> facts(w.channels()[0], w));
        add("an accepted channel", w -> facts(w.channels()[1], w));
        add("a bound channel", w -> facts(w.channel().bind(w.unused()), w));
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
            int port = ((InetSocketAddress) w.keep(w.here.serverChannel()).bind(null).getLocalAddress()).getPort();
            return List.of(c.connect(new InetSocketAddress("0.0.0.0", port)),
                    ((InetSocketAddress) c.getRemoteAddress()).getAddress().isLoopbackAddress());
        });
        add("connect over IPv6", w -> {
            ServerSocketChannel s = w.serverChannel().bind(w.there.at6(0));
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
            return List.of(c.socket() == c.socket(), c.socket().getChannel() == c, c.provider() == w.here.provider());
        });
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
            InetSocketAddress local = w.unused();
            SocketChannel c = w.channel();
            c.bind(local);
            return List.of(c.getLocalAddress().equals(local), c.connect(w.listeningChannel().getLocalAddress()),
                    c.getLocalAddress().equals(local));
        });
        add("bind to what is no address", w -> {
            SocketChannel c = w.channel();
            return List.of(each(w, _ -> c.bind(new OtherAddress()), _ -> c.bind(InetSocketAddress.createUnresolved("no.such.invalid", 0)),
                    _ -> c.bind(new InetSocketAddress("203.0.113.9", 0))), facts(c, w), c.bind(w.unused()) == c);
        });
        add("bind twice", w -> {
            SocketChannel c = w.channel().bind(w.unused());
            return each(w, _ -> c.bind(null), _ -> c.bind(w.unused()), _ -> c.bind(new OtherAddress()));
        });
        add("bind to any address", w -> {
            SocketChannel c = w.channel().bind(null);
            boolean any = ((InetSocketAddress) c.getLocalAddress()).getAddress().isAnyLocalAddress();
            c.connect(w.listeningChannel().getLocalAddress());
            return List.of(any, World.hide(c.getLocalAddress()));
        });
        add("bind to a port that is taken", w -> {
            SocketChannel c = w.channel();
            return List.of(outcome(_ -> c.bind(w.taken()), w), c.isOpen());
        });
        add("bind after connecting", w -> w.channels()[0].bind(w.here.at(0)));
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
}
