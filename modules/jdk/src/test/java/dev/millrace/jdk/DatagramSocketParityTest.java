package dev.millrace.jdk;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// The same for [DatagramSocket].
@Timeout(120)
class DatagramSocketParityTest extends Parity {
    DatagramSocketParityTest() {
        states();
        datagrams();
        options();
    }

    private void states() {
        add("a new socket", w -> {
            DatagramSocket s = w.datagrams();
            return List.of(s.isBound(), s.isConnected(), s.isClosed(), s.getPort(), s.getLocalPort(), "" + s.getInetAddress(),
                    s.getLocalAddress().isAnyLocalAddress(), "" + s.getRemoteSocketAddress(), "" + s.getLocalSocketAddress(),
                    "" + s.getChannel());
        });
        add("a bound socket", w -> {
            DatagramSocket s = w.receiving();
            return List.of(s.isBound(), s.isConnected(), s.getLocalPort() > 0, "" + s.getLocalAddress(), outcome(_ -> {
                s.bind(null);
                return "";
            }, w));
        });
        add("a connected socket", w -> {
            DatagramSocket s = w.datagrams();
            s.connect(w.discard());
            List<Object> on = List.of(s.isBound(), s.isConnected(), s.getPort(), "" + s.getInetAddress(), "" + s.getLocalAddress(),
                    "" + s.getRemoteSocketAddress());
            s.disconnect();
            s.disconnect();
            return List.of(on, s.isConnected(), s.getPort(), "" + s.getInetAddress());
        });
        add("a closed socket", w -> {
            DatagramSocket s = w.receiving();
            s.close();
            s.close();
            return List.of(s.isClosed(), s.isBound(), s.isConnected(), s.getLocalPort(), "" + s.getLocalAddress(),
                    "" + s.getLocalSocketAddress());
        });
        add("calls on a closed socket", w -> {
            DatagramSocket s = w.receiving();
            s.close();
            return each(w, _ -> receive(s, packet(5)), _ -> send(s, to(w.discard(), "x")), _ -> s.getSoTimeout(),
                    _ -> s.getReceiveBufferSize(), _ -> s.getBroadcast(), _ -> connect(s, w.discard()), _ -> {
                        s.setSoTimeout(1);
                        return "";
                    });
        });
        add("addresses that are none", w -> each(w, _ -> connect(w.datagrams(), new OtherAddress()), _ -> connect(w.datagrams(), null),
                _ -> connect(w.datagrams(), InetSocketAddress.createUnresolved("no.such.invalid", 9)), _ -> {
                    w.datagrams().bind(new OtherAddress());
                    return "";
                }, _ -> {
                    w.datagrams().bind(InetSocketAddress.createUnresolved("no.such.invalid", 9));
                    return "";
                }, _ -> {
                    w.datagrams().bind(new InetSocketAddress("203.0.113.9", 0));
                    return "";
                }, _ -> {
                    w.datagrams().bind(w.receiving().getLocalSocketAddress());
                    return "";
                }, _ -> {
                    w.datagrams().connect(w.there.v4, 70_000);
                    return "";
                }, _ -> {
                    w.datagrams().connect(null, 7);
                    return "";
                }));
    }

    private void datagrams() {
        add("there and back", w -> {
            DatagramSocket a = w.receiving();
            DatagramSocket b = w.peer();
            a.send(to(b.getLocalSocketAddress(), "hello"));
            DatagramPacket p = packet(100);
            b.receive(p);
            boolean from = p.getSocketAddress().equals(a.getLocalSocketAddress());
            p.setData("ok".getBytes());
            b.send(p);
            DatagramPacket answer = packet(100);
            a.receive(answer);
            return List.of(from, text(answer));
        });
        add("what does not fit is cut", w -> {
            DatagramSocket a = w.receiving();
            DatagramSocket b = w.peer();
            a.send(to(b.getLocalSocketAddress(), "0123456789"));
            a.send(to(b.getLocalSocketAddress(), "next"));
            DatagramPacket p = packet(4);
            b.receive(p);
            String first = text(p);
            b.receive(p);
            return List.of(first, text(p));
        });
        add("one packet for all", w -> {
            DatagramSocket a = w.receiving();
            DatagramSocket b = w.peer();
            DatagramPacket p = packet(20);
            var all = new java.util.ArrayList<String>();
            for (String s : new String[] {"a", "longer", "", "the longest"}) {
                a.send(to(b.getLocalSocketAddress(), s));
                b.receive(p);
                all.add(text(p) + "/" + p.getLength());
            }
            p.setLength(3);
            a.send(to(b.getLocalSocketAddress(), "cut now"));
            b.receive(p);
            all.add(text(p));
            return all;
        });
        add("into the middle of an array", w -> {
            DatagramSocket a = w.receiving();
            DatagramSocket b = w.peer();
            var p = new DatagramPacket("..........".getBytes(), 3, 4);
            a.send(to(b.getLocalSocketAddress(), "abcdef"));
            b.receive(p);
            return List.of(new String(p.getData()), p.getOffset(), p.getLength());
        });
        add("connected", w -> {
            DatagramSocket a = w.receiving();
            DatagramSocket b = w.peer();
            DatagramSocket c = w.peer();
            a.connect(b.getLocalSocketAddress());
            c.send(to(a.getLocalSocketAddress(), "of a stranger"));
            b.send(to(a.getLocalSocketAddress(), "of the peer"));
            DatagramPacket p = packet(100);
            a.receive(p);
            a.send(new DatagramPacket("to the peer".getBytes(), 11));
            DatagramPacket q = packet(100);
            b.receive(q);
            return List.of(text(p), text(q), outcome(_ -> send(a, to(c.getLocalSocketAddress(), "x")), w));
        });
        add("to nowhere in particular", w -> each(w, _ -> send(w.datagrams(), packet(3)),
                _ -> send(w.datagrams(), new DatagramPacket(new byte[3], 3, w.there.v4, 0)), _ -> send(w.datagrams(), null)));
        add("nobody listens", w -> {
            DatagramSocket a = w.receiving();
            InetSocketAddress gone;
            try (DatagramSocket b = w.there.datagrams(w.there.at(0))) {
                gone = (InetSocketAddress) b.getLocalSocketAddress();
            }
            a.connect(gone);
            a.setSoTimeout(5000);
            a.send(new DatagramPacket(new byte[1], 1));
            return outcome(_ -> receive(a, packet(3)), w);
        });
        add("too long", w -> {
            DatagramSocket a = w.receiving();
            return send(a, new DatagramPacket(new byte[66_000], 65_508, a.getLocalSocketAddress()));
        });
        add("in time", w -> {
            DatagramSocket a = w.receiving();
            a.setSoTimeout(10);
            return List.of(outcome(_ -> receive(a, packet(3)), w), a.isClosed(), a.getSoTimeout());
        });
        add("closed while another receives", w -> {
            DatagramSocket a = w.receiving();
            CompletableFuture<Object> got = World.waiting(() -> receive(a, packet(3)));
            a.close();
            return outcome(_ -> World.of(got), w);
        });
        add("a socket that was not bound gets a port when it sends", w -> {
            DatagramSocket a = w.datagrams();
            DatagramSocket b = w.peer();
            a.send(to(b.getLocalSocketAddress(), "x"));
            return List.of(a.isBound(), a.getLocalPort() > 0, a.getLocalAddress().isAnyLocalAddress());
        });
    }

    private void options() {
        add("options", w -> {
            DatagramSocket s = w.datagrams();
            boolean broadcast = s.getBroadcast();
            s.setBroadcast(false);
            s.setTrafficClass(0x10);
            s.setReuseAddress(true);
            s.setSoTimeout(7);
            boolean bound = s.isBound();
            s.bind(w.here.at(0));
            return List.of(broadcast, bound, s.getBroadcast(), s.getTrafficClass(), s.getReuseAddress(), s.getSoTimeout(),
                    s.setOption(StandardSocketOptions.SO_BROADCAST, true) == s, s.getBroadcast());
        });
        add("values that are none", w -> {
            DatagramSocket s = w.datagrams();
            return each(w, _ -> {
                s.setSoTimeout(-1);
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
            }, _ -> s.setOption(null, 1), _ -> s.getOption(null), _ -> s.getOption(StandardSocketOptions.TCP_NODELAY));
        });
        add("a group that is none", w -> each(w, _ -> {
            w.receiving().joinGroup(new OtherAddress(), null);
            return "";
        }));
        add("IPv6", w -> {
            DatagramSocket a = w.keep(w.here.datagrams(w.here.at6(0)));
            DatagramSocket b = w.keep(w.there.datagrams(w.there.at6(0)));
            a.send(to(b.getLocalSocketAddress(), "six"));
            DatagramPacket p = packet(9);
            b.receive(p);
            return List.of(text(p), "" + p.getAddress());
        });
    }

    private static DatagramPacket packet(int bytes) {
        return new DatagramPacket(new byte[bytes], bytes);
    }

    private static DatagramPacket to(SocketAddress to, String text) {
        return new DatagramPacket(text.getBytes(), text.length(), to);
    }

    private static String text(DatagramPacket p) {
        return new String(p.getData(), p.getOffset(), p.getLength());
    }

    private static Object send(DatagramSocket s, DatagramPacket p) throws Exception {
        s.send(p);
        return "sent";
    }

    private static Object receive(DatagramSocket s, DatagramPacket p) throws Exception {
        s.receive(p);
        return text(p);
    }

    private static Object connect(DatagramSocket s, SocketAddress to) throws Exception {
        s.connect(to);
        return "connected";
    }
}
