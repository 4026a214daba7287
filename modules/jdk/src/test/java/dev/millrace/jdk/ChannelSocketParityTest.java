package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;

/// The same for the sockets of channels: [SocketChannel#socket()].
@Timeout(120)
class ChannelSocketParityTest extends Parity {
    ChannelSocketParityTest() {
        states();
        connecting();
        streams();
        modes();
        ends();
        options();
    }

    private static Socket[] sockets(World w) throws Exception {
        return Arrays.stream(w.channels()).map(SocketChannel::socket).toArray(Socket[]::new);
    }

    private void states() {
        add("a new socket", w -> facts(w.channel().socket(), w));
        add("a bound socket", w -> facts(w.channel().bind(w.unused()).socket(), w));
        add("a connected socket", w -> facts(sockets(w)[0], w));
        add("an accepted socket", w -> facts(sockets(w)[1], w));
        add("a socket that waits for its peer", w -> facts(w.pending().socket(), w));
        add("a closed socket", w -> {
            Socket s = sockets(w)[0];
            s.close();
            s.close();
            return List.of(facts(s, w), s.getChannel().isOpen());
        });
        add("a socket that was closed before it was connected", w -> {
            Socket s = w.channel().socket();
            s.close();
            return facts(s, w);
        });
        add("a socket that was closed bound", w -> {
            Socket s = w.channel().bind(w.unused()).socket();
            s.close();
            return facts(s, w);
        });
        add("what is shut through the channel", w -> {
            Socket s = sockets(w)[0];
            s.getChannel().shutdownInput();
            s.getChannel().shutdownOutput();
            return facts(s, w);
        });
        add("what is shut through the socket", w -> {
            Socket s = sockets(w)[0];
            s.shutdownInput();
            s.shutdownOutput();
            return List.of(facts(s, w), s.getChannel().read(ByteBuffer.allocate(1)), each(w, done(s::shutdownInput),
                    done(s::shutdownOutput)));
        });
        add("shut what is not connected", w -> {
            Socket s = w.channel().socket();
            return each(w, done(s::shutdownInput), done(s::shutdownOutput), _ -> s.getInputStream(), _ -> s.getOutputStream());
        });
        add("calls on a closed socket", w -> {
            Socket s = sockets(w)[0];
            s.close();
            return each(w, _ -> s.getInputStream(), _ -> s.getOutputStream(), done(s::shutdownInput), done(s::shutdownOutput),
                    done(() -> s.bind(null)), done(() -> s.connect(w.nobody())), done(() -> s.connect(null)), _ -> s.getSoTimeout(),
                    done(() -> s.setSoTimeout(1)), done(() -> s.setSoTimeout(-1)), _ -> s.getTcpNoDelay(),
                    done(() -> s.setTcpNoDelay(true)),
                    _ -> s.getSoLinger(), done(() -> s.setSoLinger(true, 1)), _ -> s.getKeepAlive(), _ -> s.getReuseAddress(),
                    _ -> s.getOOBInline(), _ -> s.getTrafficClass(), _ -> s.getReceiveBufferSize(), _ -> s.getSendBufferSize(),
                    done(() -> s.setSendBufferSize(0)), _ -> s.getOption(StandardSocketOptions.TCP_NODELAY),
                    _ -> s.setOption(StandardSocketOptions.TCP_NODELAY, true), _ -> s.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
        });
    }

    private static List<Object> facts(Socket s, World w) {
        return List.of(s.isBound(), s.isConnected(), s.isClosed(), s.isInputShutdown(), s.isOutputShutdown(), World.hide(s.getPort()),
                World.hide(s.getLocalPort()), "" + s.getInetAddress(), s.getLocalAddress().isAnyLocalAddress(),
                World.hide(s.getRemoteSocketAddress()), World.hide(s.getLocalSocketAddress()).replaceAll(".*P", "P"),
                World.hide(s), s.getChannel().socket() == s);
    }

    private void connecting() {
        add("connect", w -> {
            Socket s = w.channel().socket();
            s.connect(w.listeningChannel().getLocalAddress());
            return List.of(facts(s, w), s.getChannel().isConnected());
        });
        add("connect with a time-out", w -> {
            Socket s = w.channel().socket();
            s.connect(w.listeningChannel().getLocalAddress(), 50_000);
            return List.of(s.isConnected(), s.getChannel().isBlocking());
        });
        add("connect in 1 ms to who does not answer", w -> {
            SocketAddress silent = w.pending().getRemoteAddress();
            Socket s = w.channel().socket();
            return List.of(outcome(done(() -> s.connect(silent, 1)), w), facts(s, w), s.getChannel().isOpen());
        });
        add("refused", w -> {
            Socket s = w.channel().socket();
            return List.of(outcome(done(() -> s.connect(w.nobody())), w), s.isClosed());
        });
        add("refused in time", w -> {
            Socket s = w.channel().socket();
            return List.of(outcome(done(() -> s.connect(w.nobody(), 50_000)), w), s.isClosed());
        });
        add("connect twice", w -> {
            Socket s = sockets(w)[0];
            return each(w, done(() -> s.connect(w.nobody())), done(() -> s.connect(w.nobody(), 10)), done(() -> s.connect(null)));
        });
        add("connect while that is under way", w -> {
            SocketChannel c = w.pending();
            String without = outcome(done(() -> c.socket().connect(w.nobody())), w);
            c.configureBlocking(true);
            return List.of(without, each(w, done(() -> c.socket().connect(w.nobody())), done(() -> c.socket().connect(w.nobody(), 10)),
                    done(() -> c.socket().bind(null))), c.isOpen());
        });
        add("connect to what is no address", w -> {
            Socket s = w.channel().socket();
            return List.of(each(w, done(() -> s.connect(null)), done(() -> s.connect(w.nobody(), -1)),
                    done(() -> s.connect(new OtherAddress())), done(() -> s.connect(new OtherAddress(), 10))), s.isClosed());
        });
        add("connect to a name that is none", w -> {
            Socket s = w.channel().socket();
            return List.of(outcome(done(() -> s.connect(InetSocketAddress.createUnresolved("no.such.invalid", 80))), w), s.isClosed());
        });
        add("connect to a name that is none in time", w -> {
            Socket s = w.channel().socket();
            return List.of(outcome(done(() -> s.connect(InetSocketAddress.createUnresolved("no.such.invalid", 80), 10)), w), s.isClosed());
        });
        add("connect without blocking", w -> {
            Socket s = w.nonBlocking().socket();
            SocketAddress to = w.listeningChannel().getLocalAddress();
            return List.of(each(w, done(() -> s.connect(to)), done(() -> s.connect(to, 1000))), s.isClosed(), s.isConnected());
        });
        add("bind", w -> {
            Socket s = w.channel().socket();
            SocketAddress local = w.unused();
            s.bind(local);
            return List.of(s.getLocalSocketAddress().equals(local), s.getChannel().getLocalAddress().equals(local),
                    each(w, done(() -> s.bind(local)), done(() -> s.bind(null)), done(() -> s.bind(new OtherAddress()))));
        });
        add("bind to what is no address", w -> {
            Socket s = w.channel().socket();
            return each(w, done(() -> s.bind(new OtherAddress())),
                    done(() -> s.bind(InetSocketAddress.createUnresolved("no.such.invalid", 0))),
                    done(() -> s.bind(new InetSocketAddress("203.0.113.9", 0))), done(() -> s.bind(w.taken())),
                    done(() -> s.bind(null)), _ -> s.isBound(), _ -> s.getLocalAddress().isAnyLocalAddress());
        });
        add("close while another connects", w -> {
            SocketAddress silent = w.pending().getRemoteAddress();
            Socket s = w.channel().socket();
            CompletableFuture<Object> connected = World.waiting(() -> {
                s.connect(silent);
                return "connected";
            });
            s.close();
            return outcome(_ -> World.of(connected), w);
        });
        add("close while another connects in time", w -> {
            SocketAddress silent = w.pending().getRemoteAddress();
            Socket s = w.channel().socket();
            CompletableFuture<Object> connected = World.waiting(() -> {
                s.connect(silent, 60_000);
                return "connected";
            });
            s.close();
            return outcome(_ -> World.of(connected), w);
        });
    }

    private void streams() {
        add("a time-out of who finds that another was faster", w -> {
            SocketChannel[] ends = w.channels();
            Socket s = ends[0].socket();
            s.setSoTimeout(500);
            InputStream in = s.getInputStream();
            CompletableFuture<Integer> one = World.waiting(in::read);
            CompletableFuture<Integer> other = World.waiting(in::read);
            ends[1].write(ByteBuffer.wrap(new byte[] {7}));
            return Stream.of(one, other).map(f -> outcome(_ -> World.of(f), w)).sorted().toList();
        });
        add("bytes both ways", w -> {
            Socket[] s = sockets(w);
            s[0].getOutputStream().write(new byte[] {1, 2, (byte) 0xff});
            s[0].getOutputStream().flush();
            s[1].getOutputStream().write(9);
            InputStream in = s[1].getInputStream();
            byte[] got = in.readNBytes(2);
            return List.of(got[1], in.read(), s[0].getInputStream().read());
        });
        add("arguments of streams", w -> {
            Socket s = sockets(w)[0];
            InputStream in = s.getInputStream();
            OutputStream out = s.getOutputStream();
            return each(w, _ -> in.read(new byte[4], -1, 2), _ -> in.read(new byte[4], 3, 2), _ -> in.read(new byte[4], 4, 0),
                    _ -> in.read(null, 0, 1), done(() -> out.write(new byte[4], -1, 2)), done(() -> out.write(new byte[4], 3, 2)),
                    done(() -> out.write(new byte[4], 4, 0)), done(() -> out.write(null, 0, 1)));
        });
        add("the end of the stream", w -> {
            Socket[] s = sockets(w);
            s[1].getOutputStream().write(1);
            s[1].shutdownOutput();
            InputStream in = s[0].getInputStream();
            return List.of(in.read(), in.read(), in.read(new byte[3]), in.read(new byte[0]), in.available());
        });
        add("what is available", w -> {
            Socket[] s = sockets(w);
            InputStream in = s[0].getInputStream();
            int before = in.available();
            s[1].getOutputStream().write(new byte[10]);
            int first = in.read();
            Await.until(() -> in.available() == 9, () -> "" + before);
            return List.of(before, first, in.available(), s[0].getChannel().read(ByteBuffer.allocate(4)), in.available());
        });
        add("a megabyte both ways at once", w -> {
            Socket[] s = sockets(w);
            byte[] data = new byte[1 << 20];
            new java.util.Random(1).nextBytes(data);
            CompletableFuture<byte[]> there = World.waiting(() -> s[1].getInputStream().readNBytes(data.length));
            CompletableFuture<Integer> back = World.waiting(() -> {
                s[1].getOutputStream().write(data);
                return 0;
            });
            CompletableFuture<byte[]> here = World.waiting(() -> s[0].getInputStream().readNBytes(data.length));
            s[0].getOutputStream().write(data);
            World.of(back);
            return List.of(Arrays.equals(data, World.of(there)), Arrays.equals(data, World.of(here)));
        });
        add("read in 1 ms, then what has come", w -> {
            Socket[] s = sockets(w);
            InputStream in = s[0].getInputStream();
            s[0].setSoTimeout(1);
            List<String> late = each(w, _ -> in.read(), _ -> in.read(new byte[2]), _ -> in.read(new byte[0]));
            s[1].getOutputStream().write(new byte[] {7, 8});
            s[0].setSoTimeout(0);
            int first = in.read();
            s[0].setSoTimeout(60_000);
            return List.of(late, first, in.read(), s[0].getSoTimeout(), s[0].isClosed());
        });
        add("a time-out is none of the channel's", w -> {
            SocketChannel[] c = w.channels();
            c[0].socket().setSoTimeout(1);
            CompletableFuture<Integer> read = World.waiting(() -> c[0].read(ByteBuffer.allocate(1)));
            c[1].write(ByteBuffer.allocate(1));
            return World.of(read);
        });
        add("the peer resets", w -> {
            Socket[] s = sockets(w);
            s[1].setSoLinger(true, 0);
            s[1].close();
            InputStream in = s[0].getInputStream();
            return each(w, _ -> in.read(), _ -> in.read(), _ -> in.read(new byte[0]), done(() -> s[0].getOutputStream().write(1)));
        });
        add("the peer resets who reads in time", w -> {
            Socket[] s = sockets(w);
            s[0].setSoTimeout(60_000);
            s[1].setSoLinger(true, 0);
            s[1].close();
            return outcome(_ -> s[0].getInputStream().read(), w);
        });
        add("write to who has reset", w -> {
            Socket[] s = sockets(w);
            s[1].setSoLinger(true, 0);
            s[1].close();
            OutputStream out = s[0].getOutputStream();
            return outcome(_ -> {
                while (true) {
                    out.write(1);
                }
            }, w);
        });
    }

    private void modes() {
        add("streams without blocking", w -> {
            Socket[] s = sockets(w);
            s[0].getChannel().configureBlocking(false);
            InputStream in = s[0].getInputStream();
            OutputStream out = s[0].getOutputStream();
            return List.of(each(w, _ -> in.read(), _ -> in.read(new byte[2]), _ -> in.read(new byte[0]), _ -> in.available(),
                    done(() -> out.write(1)), done(() -> out.write(new byte[0])), done(out::flush)), s[0].isClosed());
        });
        add("streams without blocking, with a time-out", w -> {
            Socket[] s = sockets(w);
            s[0].setSoTimeout(10);
            s[0].getChannel().configureBlocking(false);
            InputStream in = s[0].getInputStream();
            return outcome(_ -> in.read(), w);
        });
        add("streams without blocking of what was closed or shut", w -> {
            Socket[] s = sockets(w);
            InputStream in = s[0].getInputStream();
            OutputStream out = s[0].getOutputStream();
            s[0].getChannel().configureBlocking(false);
            s[0].shutdownInput();
            s[0].shutdownOutput();
            List<String> shut = each(w, _ -> in.read(), done(() -> out.write(1)));
            s[0].close();
            return List.of(shut, each(w, _ -> in.read(), done(() -> out.write(1)), _ -> in.available()));
        });
    }

    private void ends() {
        add("streams of a closed socket", w -> {
            Socket s = sockets(w)[0];
            InputStream in = s.getInputStream();
            OutputStream out = s.getOutputStream();
            s.close();
            return each(w, _ -> in.read(), _ -> in.read(new byte[0]), _ -> in.available(), done(() -> out.write(1)), done(out::flush),
                    done(() -> out.write(new byte[0])));
        });
        add("streams of what was shut", w -> {
            Socket s = sockets(w)[0];
            InputStream in = s.getInputStream();
            OutputStream out = s.getOutputStream();
            s.shutdownInput();
            s.shutdownOutput();
            return each(w, _ -> in.read(), _ -> in.available(), _ -> s.getInputStream(), _ -> s.getOutputStream(),
                    done(() -> out.write(1)));
        });
        add("closing a stream closes the channel", w -> {
            Socket[] s = sockets(w);
            s[0].getInputStream().close();
            s[1].getOutputStream().close();
            return List.of(s[0].getChannel().isOpen(), s[1].getChannel().isOpen(), s[0].isClosed());
        });
        add("close while another reads", w -> {
            Socket s = sockets(w)[0];
            InputStream in = s.getInputStream();
            CompletableFuture<Integer> read = World.waiting(() -> in.read());
            s.close();
            return outcome(_ -> World.of(read), w);
        });
        add("close while another reads in time", w -> {
            Socket s = sockets(w)[0];
            InputStream in = s.getInputStream();
            s.setSoTimeout(60_000);
            CompletableFuture<Integer> read = World.waiting(() -> in.read());
            s.close();
            return outcome(_ -> World.of(read), w);
        });
        add("shut the input while another reads in time", w -> {
            Socket s = sockets(w)[0];
            InputStream in = s.getInputStream();
            s.setSoTimeout(60_000);
            CompletableFuture<Integer> read = World.waiting(() -> in.read());
            s.shutdownInput();
            return outcome(_ -> World.of(read), w);
        });
        add("interrupt who reads", w -> {
            Socket s = sockets(w)[0];
            InputStream in = s.getInputStream();
            return interrupted(() -> in.read(), s, w);
        });
        add("interrupt who reads in time", w -> {
            Socket s = sockets(w)[0];
            InputStream in = s.getInputStream();
            s.setSoTimeout(60_000);
            return interrupted(() -> in.read(), s, w);
        });
        add("interrupt who connects in time", w -> {
            SocketAddress silent = w.pending().getRemoteAddress();
            Socket s = w.channel().socket();
            return interrupted(() -> {
                s.connect(silent, 60_000);
                return 0;
            }, s, w);
        });
        add("interrupted before reading in time what is there", w -> {
            Socket[] s = sockets(w);
            s[1].getOutputStream().write(1);
            s[0].setSoTimeout(60_000);
            InputStream in = s[0].getInputStream();
            CompletableFuture<Integer> read = World.waiting(() -> {
                Thread.currentThread().interrupt();
                return in.read();
            });
            return List.of(outcome(_ -> World.of(read), w), s[0].isClosed());
        });
    }

    private static <T> List<Object> interrupted(Callable<T> waits, Socket s, World w) throws Exception {
        var result = new CompletableFuture<T>();
        Thread t = World.waiting(waits, result);
        t.interrupt();
        return List.of(outcome(_ -> World.of(result), w), s.isClosed());
    }

    private void options() {
        add("options that were set", w -> {
            Socket s = w.channel().socket();
            s.setTcpNoDelay(true);
            s.setKeepAlive(true);
            s.setSoLinger(true, 7);
            s.setSoTimeout(8);
            s.setReuseAddress(true);
            s.setTrafficClass(0x10);
            List<Object> on = List.of(s.getTcpNoDelay(), s.getKeepAlive(), s.getSoLinger(), s.getSoTimeout(), s.getReuseAddress(),
                    s.getOOBInline(), s.getTrafficClass(), s.getChannel().getOption(StandardSocketOptions.SO_LINGER));
            s.setSoLinger(false, 3);
            return List.of(on, s.getSoLinger(), s.getOption(StandardSocketOptions.TCP_NODELAY),
                    s.setOption(StandardSocketOptions.TCP_NODELAY, false) == s, s.getTcpNoDelay());
        });
        add("values that are none", w -> {
            Socket s = w.channel().socket();
            return each(w, done(() -> s.setSoTimeout(-1)), done(() -> s.setSoLinger(true, -1)), done(() -> s.setSendBufferSize(0)),
                    done(() -> s.setReceiveBufferSize(0)), done(() -> s.setTrafficClass(256)), done(() -> s.setTrafficClass(-1)),
                    _ -> s.setOption(null, 1), _ -> s.getOption(null), _ -> s.getOption(StandardSocketOptions.IP_MULTICAST_LOOP),
                    done(() -> s.setPerformancePreferences(1, 2, 3)));
        });
    }
}
