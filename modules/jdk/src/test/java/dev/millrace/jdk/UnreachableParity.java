package dev.millrace.jdk;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.List;

/// What comes of an address to which no packet gets. A loopback has none such, so that who has a path of the kind that is meant here runs
/// the cases: a router at its other end says what [Way] tells.
public final class UnreachableParity extends Parity {
    /// Where packets end.
    public enum Way {
        /// The sender has no route.
        NO_ROUTE_HERE("203.0.113.1", null, "2001:db8:bad::1", null),
        /// The router has none.
        NO_ROUTE_THERE("10.6.1.1", "net-unreachable", "fd06:1::1", "no-route"),
        /// The router does not find the host.
        NO_HOST("10.6.2.1", "host-unreachable", "fd06:2::1", "addr-unreachable"),
        /// The router must not.
        PROHIBITED("10.6.3.1", "admin-prohibited", "fd06:3::1", "adm-prohibited"),
        /// Nobody listens.
        NO_PORT("10.6.4.1", "port-unreachable", "fd06:4::1", "port-unreachable"),
        /// The protocol is not known.
        NO_PROTOCOL("10.6.5.1", "proto-unreachable", null, null);

        private final String v4;
        private final String code4;
        private final String v6;
        private final String code6;

        Way(String v4, String code4, String v6, String code6) {
            this.v4 = v4;
            this.code4 = code4;
            this.v6 = v6;
            this.code6 = code6;
        }

        /// What the router answers, as `iptables` calls it; `null` for nothing.
        public String code(boolean six) {
            return six ? code6 : code4;
        }

        /// An address there; `null` if there is no such thing.
        public String address(boolean six) {
            return six ? v6 : v4;
        }
    }

    /// How long one waits for what does not come: a test on a busy machine misses a fault then, and finds none that is not there.
    private static final int SHORT_MS = 100;
    private static final int LONG_MS = 50_000;

    public UnreachableParity() {
        for (Way way : Way.values()) {
            for (boolean six : new boolean[] {false, true}) {
                if (way.address(six) == null) {
                    continue;
                }
                String about = " " + way + (six ? " over IPv6" : "");
                var to = new InetSocketAddress(way.address(six), 9);
                connecting(about, to);
                if (!six) {
                    moreConnecting(about, to);
                }
                datagrams(about, to, way);
                if (way == Way.PROHIBITED || way == Way.NO_PORT || way == Way.NO_PROTOCOL) {
                    sendingAgain(about, to);
                }
            }
        }
        lost();
    }

    private void connecting(String about, InetSocketAddress to) {
        add("a socket connects to" + about, w -> {
            Socket s = w.socket();
            return List.of(connecting(w, s, to, 0), s.isClosed(), s.isConnected(), s.isBound());
        });
        add("a channel that does not block connects to" + about, w -> {
            SocketChannel c = w.nonBlocking();
            Selector s = w.selector();
            SelectionKey k = c.register(s, SelectionKey.OP_CONNECT);
            String began = outcome(_ -> c.connect(to), w);
            if (!c.isConnectionPending()) {
                return List.of(began, c.isOpen(), k.isValid());
            }
            return List.of(began, s.select(LONG_MS), outcome(_ -> k.isConnectable(), w), outcome(_ -> c.finishConnect(), w), c.isOpen());
        });
    }

    private void moreConnecting(String about, InetSocketAddress to) {
        add("a socket connects in time to" + about, w -> {
            Socket s = w.socket();
            return List.of(connecting(w, s, to, LONG_MS), s.isClosed());
        });
        add("the socket of a channel connects in time to" + about, w -> {
            Socket s = w.channel().socket();
            return List.of(connecting(w, s, to, LONG_MS), s.isClosed(), s.getChannel().isOpen());
        });
        add("a channel connects to" + about, w -> {
            SocketChannel c = w.channel();
            return List.of(outcome(_ -> c.connect(to), w), c.isOpen(), outcome(_ -> c.finishConnect(), w));
        });
    }

    private static String connecting(World w, Socket s, SocketAddress to, int ms) {
        return outcome(_ -> {
            s.connect(to, ms);
            return "connected";
        }, w);
    }

    private void datagrams(String about, InetSocketAddress to, Way way) {
        // What a route that may come back causes is no reason to tell (RFC 1122 §4.1.3.3 leaves it open).
        boolean passes = way == Way.NO_ROUTE_THERE || way == Way.NO_HOST || way == Way.NO_ROUTE_HERE;
        int ms = passes ? SHORT_MS : LONG_MS;
        add("a socket sends a datagram to" + about, w -> {
            DatagramSocket s = w.datagrams();
            s.setSoTimeout(SHORT_MS);
            return each(w, _ -> sent(s, new DatagramPacket(new byte[1], 1, to)), _ -> sent(s, new DatagramPacket(new byte[1], 1, to)),
                    _ -> received(s));
        });
        add("a socket that is connected sends a datagram to" + about, w -> {
            DatagramSocket s = w.datagrams();
            String connected = outcome(_ -> {
                s.connect(to);
                return "connected";
            }, w);
            if (!s.isConnected()) {
                return List.of(connected, s.isClosed());
            }
            s.setSoTimeout(ms);
            return each(w, _ -> sent(s, new DatagramPacket(new byte[1], 1)), _ -> received(s), _ -> s.isClosed());
        });
        add("a channel connects and sends a datagram to" + about, w -> {
            DatagramChannel c = w.datagramChannel();
            Selector s = w.selector();
            return each(w, _ -> c.connect(to) == c, _ -> c.isConnected(), _ -> c.write(ByteBuffer.allocate(1)),
                    _ -> c.configureBlocking(false) == c, _ -> c.register(s, SelectionKey.OP_READ).interestOps(), _ -> s.select(ms),
                    _ -> c.read(ByteBuffer.allocate(1)), _ -> c.read(ByteBuffer.allocate(1)), _ -> c.isOpen());
        });
    }

    /// What is told to who sends again.
    private void sendingAgain(String about, InetSocketAddress to) {
        add("a channel writes again to" + about, w -> {
            DatagramChannel c = w.datagramChannel().connect(to);
            c.write(ByteBuffer.allocate(1));
            awaitError(w, c);
            return each(w, _ -> c.write(ByteBuffer.allocate(1)), _ -> c.isOpen());
        });
        add("a channel sends again to" + about, w -> {
            DatagramChannel c = w.datagramChannel().connect(to);
            c.send(ByteBuffer.allocate(1), to);
            awaitError(w, c);
            return each(w, _ -> c.send(ByteBuffer.allocate(1), to), _ -> c.isOpen());
        });
        add("a channel receives from" + about, w -> {
            DatagramChannel c = w.datagramChannel().connect(to);
            c.write(ByteBuffer.allocate(1));
            return each(w, _ -> c.receive(ByteBuffer.allocate(1)), _ -> c.isOpen());
        });
        add("a channel reads into many from" + about, w -> {
            DatagramChannel c = w.datagramChannel().connect(to);
            c.write(new ByteBuffer[] {ByteBuffer.allocate(1)});
            return each(w, _ -> c.read(new ByteBuffer[] {ByteBuffer.allocate(1), ByteBuffer.allocate(1)}), _ -> c.isOpen());
        });
        add("the socket of a channel sends again to" + about, w -> {
            DatagramChannel c = w.datagramChannel().connect(to);
            c.write(ByteBuffer.allocate(1));
            awaitError(w, c);
            c.configureBlocking(true);
            return each(w, _ -> sent(c.socket(), new DatagramPacket(new byte[1], 1)));
        });
    }

    private static void awaitError(World w, DatagramChannel c) throws Exception {
        DatagramChannelParity.awaitReadable(w.here, c);
    }

    /// Of peers that get out of reach. Neither end waits long before it gives up.
    private void lost() {
        add("a channel reads from who says nothing any more", w -> {
            SocketChannel c = w.channels()[0];
            w.cut();
            c.write(ByteBuffer.allocate(1));
            return List.of(outcome(_ -> c.read(ByteBuffer.allocate(1)), w), c.isOpen(), c.isConnected());
        });
        add("a socket reads from who says nothing any more", w -> {
            Socket s = w.pair()[0];
            w.cut();
            s.setSoTimeout(LONG_MS);
            s.getOutputStream().write(1);
            return List.of(outcome(_ -> s.getInputStream().read(), w), s.isClosed(), s.isConnected());
        });
        add("a socket writes to who says nothing any more", w -> {
            Socket s = w.pair()[0];
            w.cut();
            return outcome(_ -> {
                while (true) {
                    s.getOutputStream().write(new byte[64 * 1024]);
                }
            }, w);
        });
        add("a selector hears of who says nothing any more", w -> {
            SocketChannel c = w.channels()[0];
            c.configureBlocking(false);
            Selector s = w.selector();
            SelectionKey k = c.register(s, SelectionKey.OP_READ);
            w.cut();
            c.write(ByteBuffer.allocate(1));
            return each(w, _ -> s.select(LONG_MS), _ -> k.readyOps(), _ -> c.read(ByteBuffer.allocate(1)), _ -> k.isValid());
        });
    }

    private static Object sent(DatagramSocket s, DatagramPacket p) throws Exception {
        s.send(p);
        return "sent";
    }

    private static Object received(DatagramSocket s) throws Exception {
        s.receive(new DatagramPacket(new byte[1], 1));
        return "received";
    }
}
