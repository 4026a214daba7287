package dev.millrace.jdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// What multicast sockets of a stack do is what the kernel's do on its loopback NIC.
@Timeout(60)
@SuppressWarnings({"deprecation", "removal"})
class MulticastSocketParityTest extends Parity {
    private static final InetAddress GROUP = InetAddress.ofLiteral("239.1.2.3");
    private static final InetAddress OTHER_GROUP = InetAddress.ofLiteral("239.1.2.4");

    MulticastSocketParityTest() {
        states();
        groups();
        options();
        datagrams();
    }

    private void states() {
        add("a new socket", w -> {
            MulticastSocket s = w.multicast(null);
            return List.of(s.isBound(), s.isConnected(), s.isClosed(), s.getPort(), s.getLocalPort(), "" + s.getInetAddress(),
                    s.getLocalAddress().isAnyLocalAddress(), "" + s.getRemoteSocketAddress(), "" + s.getLocalSocketAddress(),
                    "" + s.getChannel(), s.getReuseAddress(), s.getBroadcast(), s.getTimeToLive(), s.getTTL(), s.getLoopbackMode(),
                    s.getSoTimeout(), s.getTrafficClass());
        });
        add("a bound socket", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            return List.of(s.isBound(), s.getLocalPort() > 0, s.getLocalAddress().isAnyLocalAddress(),
                    outcome(done(() -> s.bind(null)), w));
        });
        add("two share a port", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            MulticastSocket t = w.multicast(new InetSocketAddress(s.getLocalPort()));
            DatagramSocket alone = w.datagrams();
            return List.of(s.getLocalPort() == t.getLocalPort(), outcome(done(() -> alone.bind(s.getLocalSocketAddress())), w));
        });
        add("a connected socket", w -> {
            MulticastSocket s = w.multicast(null);
            s.connect(w.there.v4, 9);
            String on = s.isConnected() + " " + s.getPort() + " " + s.getInetAddress() + " " + s.getRemoteSocketAddress() + " "
                    + s.getLocalAddress();
            s.connect(w.there.at(10));
            int second = s.getPort();
            s.disconnect();
            return List.of(on, second, s.isConnected(), s.getPort());
        });
        add("a closed socket", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.close();
            s.close();
            return each(w, _ -> s.isClosed(), _ -> s.isBound(), _ -> s.getLocalPort(), _ -> s.getLocalAddress(),
                    _ -> s.getLocalSocketAddress());
        });
        add("calls on a closed socket", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.close();
            return each(w, _ -> s.getTimeToLive(), done(() -> s.setTimeToLive(1)), _ -> s.getTTL(),
                    done(() -> s.setTTL((byte) 1)),
                    done(() -> s.joinGroup(GROUP)), done(() -> s.leaveGroup(GROUP)),
                    done(() -> s.joinGroup(new InetSocketAddress(GROUP, 0), w.here.nic())),
                    done(() -> s.leaveGroup(new InetSocketAddress(GROUP, 0), w.here.nic())), _ -> s.getNetworkInterface(),
                    done(() -> s.setNetworkInterface(w.here.nic())), _ -> s.getInterface(),
                    doneAt(w.here, () -> s.setInterface(w.here.v4)),
                    _ -> s.getLoopbackMode(), done(() -> s.setLoopbackMode(true)), done(() -> s.send(packet("x", w.discard()))),
                    done(() -> s.send(packet("x", w.discard()), (byte) 1)), _ -> receive(s), _ -> s.getReuseAddress(),
                    _ -> s.getSoTimeout(),
                    _ -> s.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        });
    }

    private void groups() {
        add("who has joined receives", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.here.nic());
            w.peerMulticast(null).send(packet("to the group", new InetSocketAddress(GROUP, s.getLocalPort())));
            return receive(s);
        });
        add("who sends receives, too", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.here.nic());
            s.send(packet("mine", new InetSocketAddress(GROUP, s.getLocalPort())));
            return receive(s);
        });
        add("all who have joined receive", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            MulticastSocket t = w.multicast(new InetSocketAddress(s.getLocalPort()));
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.here.nic());
            t.joinGroup(new InetSocketAddress(GROUP, 0), w.here.nic());
            w.peerMulticast(null).send(packet("to all", new InetSocketAddress(GROUP, s.getLocalPort())));
            return List.of(receive(s), receive(t));
        });
        add("who has left does not receive", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.here.nic());
            s.joinGroup(new InetSocketAddress(OTHER_GROUP, 0), w.here.nic());
            s.leaveGroup(new InetSocketAddress(GROUP, 0), w.here.nic());
            MulticastSocket from = w.peerMulticast(null);
            from.send(packet("to the group", new InetSocketAddress(GROUP, s.getLocalPort())));
            from.send(packet("to the other", new InetSocketAddress(OTHER_GROUP, s.getLocalPort())));
            return receive(s);
        });
        add("joined twice, left twice", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            var group = new InetSocketAddress(GROUP, 0);
            s.joinGroup(group, w.here.nic());
            return each(w, done(() -> s.joinGroup(group, w.here.nic())), done(() -> s.leaveGroup(group, w.here.nic())),
                    done(() -> s.leaveGroup(group, w.here.nic())));
        });
        add("joined by its address alone", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            // The JDK asks for the interface, whose names are those of the calling thread's namespace.
            return each(w, doneAt(w.here, () -> s.joinGroup(GROUP)), doneAt(w.here, () -> s.joinGroup(GROUP)),
                    doneAt(w.here, () -> s.leaveGroup(GROUP)), doneAt(w.here, () -> s.leaveGroup(GROUP)));
        });
        add("groups that are none", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            return each(w, done(() -> s.joinGroup(null)), done(() -> s.joinGroup(w.here.v4)),
                    done(() -> s.leaveGroup(null)),
                    done(() -> s.leaveGroup(w.here.v4)), done(() -> s.joinGroup(null, null)),
                    done(() -> s.joinGroup(new OtherAddress(), null)), done(() -> s.joinGroup(w.discard(), null)),
                    done(() -> s.joinGroup(InetSocketAddress.createUnresolved("no.such.invalid", 0), null)),
                    done(() -> s.leaveGroup(new OtherAddress(), null)), done(() -> s.leaveGroup(w.discard(), null)));
        });
        add("joins before it is bound", w -> {
            MulticastSocket s = w.multicast(null);
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.here.nic());
            boolean before = s.isBound();
            s.bind(new InetSocketAddress(0));
            w.peerMulticast(null).send(packet("to the group", new InetSocketAddress(GROUP, s.getLocalPort())));
            return List.of(before, receive(s));
        });
    }

    private void options() {
        add("the time to live", w -> {
            MulticastSocket s = w.multicast(null);
            s.setTimeToLive(255);
            byte as = s.getTTL();
            s.setTTL((byte) 0x80);
            int unsigned = s.getTimeToLive();
            s.setTimeToLive(0);
            return List.of(as, unsigned, s.getTimeToLive(), outcome(done(() -> s.setTimeToLive(256)), w),
                    outcome(done(() -> s.setTimeToLive(-1)), w), s.isBound(), s.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        });
        add("loopback", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            boolean off = s.getLoopbackMode();
            s.setLoopbackMode(true);
            boolean option = s.getOption(StandardSocketOptions.IP_MULTICAST_LOOP);
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.here.nic());
            boolean now = s.getLoopbackMode();
            s.setLoopbackMode(false);
            return List.of(off, option, now, s.getLoopbackMode());
        });
        add("options stay when it is bound", w -> {
            MulticastSocket s = w.multicast(null);
            s.setTimeToLive(7);
            s.setLoopbackMode(true);
            s.setSoTimeout(5);
            s.setTrafficClass(0x10);
            s.bind(new InetSocketAddress(0));
            return List.of(s.getTimeToLive(), s.getLoopbackMode(), s.getSoTimeout(), s.getTrafficClass(), s.getReuseAddress());
        });
        add("interfaces that are none", w -> {
            MulticastSocket s = w.multicast(null);
            return each(w, done(() -> s.setInterface(null)), _ -> s.setOption(StandardSocketOptions.TCP_NODELAY, true),
                    _ -> s.getOption(StandardSocketOptions.TCP_NODELAY), _ -> s.setOption(null, 1),
                    _ -> s.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false) == s);
        });
    }

    private void datagrams() {
        add("with a time to live of its own", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.here.nic());
            MulticastSocket from = w.peerMulticast(null);
            from.setTimeToLive(3);
            from.send(packet("to the group", new InetSocketAddress(GROUP, s.getLocalPort())), (byte) 0xff);
            return List.of(receive(s), from.getTimeToLive());
        });
        add("to one host, with a time to live of its own", w -> {
            MulticastSocket s = w.peerMulticast(new InetSocketAddress(0));
            MulticastSocket from = w.multicast(null);
            from.send(packet("to one", new InetSocketAddress(w.there.v4, s.getLocalPort())), (byte) 5);
            from.connect(w.there.v4, s.getLocalPort());
            from.send(new DatagramPacket("to the peer".getBytes(UTF_8), 11), (byte) 5);
            return List.of(receive(s), receive(s), from.getTimeToLive());
        });
        add("to nowhere, with a time to live of its own", w -> {
            MulticastSocket connected = w.multicast(null);
            connected.connect(w.discard());
            MulticastSocket s = w.multicast(null);
            return each(w, done(() -> s.send(new DatagramPacket(new byte[1], 1), (byte) 1)),
                    done(() -> s.send(packet("x", w.there.at(0)), (byte) 1)),
                    done(() -> connected.send(packet("x", new InetSocketAddress(GROUP, 9)), (byte) 1)),
                    done(() -> connected.send(packet("x", w.there.at(10)), (byte) 1)));
        });
        add("in time", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.setSoTimeout(10);
            return List.of(outcome(_ -> receive(s), w), s.isClosed());
        });
        add("closed while another receives", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            CompletableFuture<Object> got = World.waiting(() -> receive(s));
            s.close();
            return outcome(_ -> World.of(got), w);
        });
    }

    private static DatagramPacket packet(String text, SocketAddress to) {
        return new DatagramPacket(text.getBytes(UTF_8), text.length(), to);
    }

    private static Object receive(DatagramSocket s) throws IOException {
        var p = new DatagramPacket(new byte[100], 100);
        s.receive(p);
        return new String(p.getData(), p.getOffset(), p.getLength(), UTF_8);
    }

    /// The same where the names of interfaces are those of the end's namespace.
    private static Case doneAt(End end, Action action) {
        return _ -> end.call(() -> {
            action.run();
            return "done";
        });
    }
}
