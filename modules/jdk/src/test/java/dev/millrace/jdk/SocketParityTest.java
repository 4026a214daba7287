package dev.millrace.jdk;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// What [Socket]s of a stack do is what the kernel's do, call by call: results, and the classes and messages of exceptions.
@Timeout(120)
class SocketParityTest extends Parity {
    SocketParityTest() {
        connecting();
        ends();
        streams();
        waits();
        options();
    }

    private void connecting() {
        add("a new socket", w -> {
            Socket s = w.socket();
            return List.of(s.isBound(), s.isConnected(), s.isClosed(), s.isInputShutdown(), s.isOutputShutdown(), s.getPort(),
                    s.getLocalPort(), "" + s.getInetAddress(), s.getLocalAddress().isAnyLocalAddress(), "" + s.getRemoteSocketAddress(),
                    "" + s.getLocalSocketAddress(), "" + s.getChannel(), s.toString());
        });
        add("streams of a new socket", w -> {
            Socket s = w.socket();
            return each(w, _ -> s.getInputStream(), _ -> s.getOutputStream(), _ -> {
                s.shutdownInput();
                return "";
            }, _ -> {
                s.shutdownOutput();
                return "";
            });
        });
        add("refused", w -> {
            Socket s = w.socket();
            String how = outcome(_ -> connect(s, w.nobody()), w);
            return List.of(how, s.isClosed(), s.isConnected(), s.isBound());
        });
        add("refused with a time-out", w -> {
            w.socket().connect(w.nobody(), 5000);
            return "";
        });
        add("connect twice", w -> {
            ServerSocket server = w.listening();
            Socket s = w.socket();
            s.connect(server.getLocalSocketAddress());
            return outcome(_ -> connect(s, (InetSocketAddress) server.getLocalSocketAddress()), w);
        });
        add("connect after close", w -> {
            Socket s = w.socket();
            s.close();
            s.connect(w.nobody());
            return "";
        });
        add("connect to null", w -> {
            w.socket().connect(null);
            return "";
        });
        add("connect to another kind of address", w -> {
            w.socket().connect(new OtherAddress());
            return "";
        });
        add("connect in less than no time", w -> {
            w.socket().connect(w.nobody(), -1);
            return "";
        });
        add("connect to a name that is none", w -> {
            Socket s = w.socket();
            String how = outcome(_ -> connect(s, InetSocketAddress.createUnresolved("no.such.invalid", 80)), w);
            return List.of(how, s.isClosed());
        });
        add("bind, then connect", w -> {
            ServerSocket server = w.listening();
            Socket s = w.socket();
            s.bind(w.here.at(0));
            s.connect(server.getLocalSocketAddress());
            return List.of(s.isBound(), s.getLocalPort() > 0, s.getLocalAddress().getHostAddress());
        });
        add("bind to any, then connect", w -> {
            Socket s = w.socket();
            s.bind(null);
            boolean any = s.getLocalAddress().isAnyLocalAddress();
            // What port it has is not known before.
            int port = s.getLocalPort();
            s.connect(w.listening().getLocalSocketAddress());
            return List.of(any, port >= 0, s.isBound(), s.getLocalAddress().getHostAddress(), s.getLocalPort() > 0);
        });
        add("writing after a reset", w -> {
            Socket[] s = w.pair();
            s[1].setSoLinger(true, 0);
            s[1].close();
            OutputStream out = s[0].getOutputStream();
            return each(w, _ -> {
                while (true) {
                    out.write(1);
                }
            }, _ -> write(out, new byte[1], 0, 1));
        });
        add("writing to who is closed", w -> {
            Socket[] s = w.pair();
            s[1].close();
            int end = s[0].getInputStream().read();
            OutputStream out = s[0].getOutputStream();
            return List.of(end, outcome(_ -> {
                while (true) {
                    out.write(1);
                }
            }, w));
        });
        add("bind twice", w -> {
            Socket s = w.socket();
            s.bind(w.here.at(0));
            s.bind(w.here.at(0));
            return "";
        });
        add("bind after close", w -> {
            Socket s = w.socket();
            s.close();
            s.bind(null);
            return "";
        });
        add("bind to another kind of address", w -> {
            w.socket().bind(new OtherAddress());
            return "";
        });
        add("bind to a name that is none", w -> {
            w.socket().bind(InetSocketAddress.createUnresolved("no.such.invalid", 0));
            return "";
        });
        add("bind to an address of others", w -> {
            w.socket().bind(new InetSocketAddress("203.0.113.9", 0));
            return "";
        });
        add("bind to a port that is taken", w -> {
            w.socket().bind(w.taken());
            return "";
        });
        add("bind after connecting", w -> {
            w.pair()[0].bind(w.here.at(0));
            return "";
        });
    }

    private void ends() {
        add("a connected socket", w -> {
            Socket s = w.pair()[0];
            return List.of(s.isBound(), s.isConnected(), s.isClosed(), s.getPort() > 0, s.getLocalPort() > 0, "" + s.getInetAddress(),
                    "" + s.getLocalAddress(), s.getRemoteSocketAddress().equals(w.there.at(s.getPort())),
                    s.toString().replaceAll("[0-9]{4,5}", "P"));
        });
        add("an accepted socket", w -> {
            Socket s = w.pair()[1];
            return List.of(s.isBound(), s.isConnected(), s.isClosed(), s.getPort() > 0, s.getLocalPort() > 0,
                    s.toString().replaceAll("[0-9]{4,5}", "P"), s.getReuseAddress());
        });
        add("a closed socket", w -> {
            Socket s = w.pair()[0];
            int port = s.getLocalPort();
            s.close();
            s.close();
            return List.of(s.isBound(), s.isConnected(), s.isClosed(), s.getPort() > 0, s.getLocalPort() == port, "" + s.getInetAddress(),
                    s.getLocalAddress().isAnyLocalAddress(), s.getRemoteSocketAddress() != null,
                    ((InetSocketAddress) s.getLocalSocketAddress()).getPort() == port, s.isInputShutdown(), s.isOutputShutdown());
        });
        add("calls on a closed socket", w -> {
            Socket s = w.pair()[0];
            s.close();
            return each(w, _ -> s.getInputStream(), _ -> s.getOutputStream(), _ -> s.getSoTimeout(), _ -> s.getTcpNoDelay(),
                    _ -> s.getSoLinger(), _ -> s.getKeepAlive(), _ -> s.getReceiveBufferSize(), _ -> s.getSendBufferSize(),
                    _ -> s.getTrafficClass(), _ -> s.getReuseAddress(), _ -> s.getOOBInline(),
                    _ -> s.getOption(StandardSocketOptions.TCP_NODELAY), _ -> s.setOption(StandardSocketOptions.TCP_NODELAY, true), _ -> {
                        s.shutdownInput();
                        return "";
                    }, _ -> {
                        s.shutdownOutput();
                        return "";
                    }, _ -> {
                        s.setSoTimeout(1);
                        return "";
                    }, _ -> {
                        s.setSoLinger(true, 1);
                        return "";
                    }, _ -> {
                        s.setTcpNoDelay(true);
                        return "";
                    });
        });
        add("streams of a closed socket", w -> {
            Socket s = w.pair()[0];
            InputStream in = s.getInputStream();
            OutputStream out = s.getOutputStream();
            s.close();
            return each(w, _ -> in.read(), _ -> in.available(), _ -> in.read(new byte[4], 0, 0), _ -> {
                out.write(1);
                return "";
            }, _ -> {
                out.flush();
                return "";
            });
        });
        add("closing a stream closes the socket", w -> {
            Socket[] s = w.pair();
            s[0].getInputStream().close();
            s[1].getOutputStream().close();
            return List.of(s[0].isClosed(), s[1].isClosed());
        });
        add("half-close", w -> {
            Socket[] s = w.pair();
            s[0].getOutputStream().write(new byte[] {1, 2, 3});
            s[0].shutdownOutput();
            byte[] got = s[1].getInputStream().readAllBytes();
            s[1].getOutputStream().write(9);
            return List.of(got.length, s[0].isOutputShutdown(), s[0].isInputShutdown(), s[0].getInputStream().read(),
                    outcome(_ -> s[0].getOutputStream(), w), outcome(_ -> {
                        s[0].shutdownOutput();
                        return "";
                    }, w));
        });
        add("writing after the output was shut", w -> {
            Socket s = w.pair()[0];
            OutputStream out = s.getOutputStream();
            s.shutdownOutput();
            out.write(1);
            return "";
        });
        add("reading after the input was shut", w -> {
            Socket[] s = w.pair();
            InputStream in = s[0].getInputStream();
            s[1].getOutputStream().write(1);
            s[0].shutdownInput();
            return List.of(in.read(), in.available(), s[0].isInputShutdown(), outcome(_ -> s[0].getInputStream(), w), outcome(_ -> {
                s[0].shutdownInput();
                return "";
            }, w));
        });
        add("reading after a reset", w -> {
            Socket[] s = w.pair();
            s[1].setSoLinger(true, 0);
            s[1].close();
            InputStream in = s[0].getInputStream();
            return List.of(outcome(_ -> in.read(), w), outcome(_ -> in.read(), w));
        });
    }

    private void streams() {
        add("arguments of read", w -> {
            InputStream in = w.pair()[0].getInputStream();
            return each(w, _ -> in.read(new byte[4], -1, 2), _ -> in.read(new byte[4], 3, 2), _ -> in.read(new byte[4], 4, 0),
                    _ -> in.read(null, 0, 1), _ -> in.read(new byte[0]));
        });
        add("arguments of write", w -> {
            OutputStream out = w.pair()[0].getOutputStream();
            return each(w, _ -> write(out, new byte[4], -1, 2), _ -> write(out, new byte[4], 3, 2), _ -> write(out, new byte[4], 4, 0),
                    _ -> write(out, null, 0, 1));
        });
        add("a megabyte both ways at once", w -> {
            Socket[] s = w.pair();
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
        add("what is available", w -> {
            Socket[] s = w.pair();
            int before = s[0].getInputStream().available();
            s[1].getOutputStream().write(new byte[10]);
            int first = s[0].getInputStream().read();
            return List.of(before, first, s[0].getInputStream().available());
        });
        add("bytes are unsigned", w -> {
            Socket[] s = w.pair();
            s[1].getOutputStream().write(0xff);
            s[1].shutdownOutput();
            InputStream in = s[0].getInputStream();
            return List.of(in.read(), in.read(), in.read(), in.read(new byte[3]));
        });
        add("streams are one each", w -> {
            Socket s = w.pair()[0];
            return List.of(s.getInputStream() == s.getInputStream(), s.getOutputStream() == s.getOutputStream());
        });
    }

    private void waits() {
        add("read in time", w -> {
            Socket s = w.pair()[0];
            s.setSoTimeout(20);
            InputStream in = s.getInputStream();
            return List.of(outcome(_ -> in.read(), w), outcome(_ -> in.read(new byte[3]), w), s.isClosed());
        });
        add("read in 1 ms, then what has come", w -> {
            Socket[] s = w.pair();
            s[0].setSoTimeout(1);
            String late = outcome(_ -> s[0].getInputStream().read(), w);
            s[0].setSoTimeout(0);
            s[1].getOutputStream().write(7);
            return List.of(late, s[0].getInputStream().read(), s[0].getSoTimeout());
        });
        add("close while another reads", w -> {
            Socket s = w.pair()[0];
            InputStream in = s.getInputStream();
            CompletableFuture<Integer> read = World.waiting(() -> in.read());
            s.close();
            return outcome(_ -> World.of(read), w);
        });
        add("shut the input while another reads", w -> {
            Socket s = w.pair()[0];
            InputStream in = s.getInputStream();
            CompletableFuture<Integer> read = World.waiting(() -> in.read());
            s.shutdownInput();
            return outcome(_ -> World.of(read), w);
        });
        add("interrupt a virtual thread that reads", w -> {
            Socket s = w.pair()[0];
            InputStream in = s.getInputStream();
            var read = new CompletableFuture<Integer>();
            Thread t = World.waiting(() -> in.read(), read);
            t.interrupt();
            return List.of(outcome(_ -> World.of(read), w), s.isClosed());
        });
    }

    private void options() {
        add("options of a new socket", w -> {
            Socket s = w.socket();
            return List.of(s.getTcpNoDelay(), s.getKeepAlive(), s.getSoLinger(), s.getSoTimeout(), s.getReuseAddress(), s.getOOBInline(),
                    s.getTrafficClass());
        });
        add("options that were set", w -> {
            Socket s = w.socket();
            s.setTcpNoDelay(true);
            s.setKeepAlive(true);
            s.setSoLinger(true, 7);
            s.setSoTimeout(8);
            s.setReuseAddress(true);
            s.setOOBInline(true);
            s.setTrafficClass(0x10);
            List<Object> on = List.of(s.getTcpNoDelay(), s.getKeepAlive(), s.getSoLinger(), s.getSoTimeout(), s.getReuseAddress(),
                    s.getOOBInline(), s.getTrafficClass());
            s.setSoLinger(false, 3);
            s.setTcpNoDelay(false);
            return List.of(on, s.getSoLinger(), s.getTcpNoDelay(), s.getOption(StandardSocketOptions.SO_KEEPALIVE),
                    s.setOption(StandardSocketOptions.TCP_NODELAY, true) == s, s.getTcpNoDelay());
        });
        add("options after connecting", w -> {
            Socket s = w.pair()[0];
            s.setTcpNoDelay(true);
            s.setSoLinger(true, 70_000);
            s.setTrafficClass(0x08);
            return List.of(s.getTcpNoDelay(), s.getSoLinger(), s.getTrafficClass());
        });
        add("values that are none", w -> {
            Socket s = w.socket();
            return each(w, _ -> {
                s.setSoTimeout(-1);
                return "";
            }, _ -> {
                s.setSoLinger(true, -1);
                return "";
            }, _ -> {
                s.setSendBufferSize(0);
                return "";
            }, _ -> {
                s.setReceiveBufferSize(0);
                return "";
            }, _ -> {
                s.setTrafficClass(256);
                return "";
            }, _ -> s.setOption(null, 1), _ -> s.getOption(null), _ -> s.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
        });
        add("the usual options are supported", w -> List.of(w.socket().supportedOptions().containsAll(List.of(
                StandardSocketOptions.TCP_NODELAY, StandardSocketOptions.SO_KEEPALIVE, StandardSocketOptions.SO_LINGER,
                StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_SNDBUF, StandardSocketOptions.SO_REUSEADDR,
                StandardSocketOptions.IP_TOS)), w.server().supportedOptions().containsAll(List.of(
                StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_REUSEADDR))));
    }

    private static Object connect(Socket s, InetSocketAddress to) throws Exception {
        s.connect(to);
        return "connected";
    }

    private static Object write(OutputStream out, byte[] b, int off, int len) throws Exception {
        out.write(b, off, len);
        return "written";
    }
}
