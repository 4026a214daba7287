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
    private static final InetSocketAddress DISCARD = new InetSocketAddress(World.HERE, 9);

    MulticastSocketParityTest() {
        states();
        groups();
        options();
        datagrams();
    }

    @Override
    World kernel() {
        return DatagramWorld.ofKernel();
    }

    @Override
    World stack() throws IOException {
        return DatagramWorld.ofStack();
    }

    private interface MulticastCase {
        Object run(DatagramWorld w) throws Exception;
    }

    private void multicast(String name, MulticastCase c) {
        add(name, w -> c.run((DatagramWorld) w));
    }

    private void states() {
        multicast("a new socket", w -> {
            MulticastSocket s = w.multicast(null);
            return List.of(s.isBound(), s.isConnected(), s.isClosed(), s.getPort(), s.getLocalPort(), "" + s.getInetAddress(),
                    s.getLocalAddress().isAnyLocalAddress(), "" + s.getRemoteSocketAddress(), "" + s.getLocalSocketAddress(),
                    "" + s.getChannel(), s.getReuseAddress(), s.getBroadcast(), s.getTimeToLive(), s.getTTL(), s.getLoopbackMode(),
                    s.getSoTimeout(), s.getTrafficClass());
        });
        multicast("a bound socket", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            return List.of(s.isBound(), s.getLocalPort() > 0, s.getLocalAddress().isAnyLocalAddress(),
                    outcome(_ -> done(() -> s.bind(null)), w));
        });
        multicast("two share a port", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            MulticastSocket t = w.multicast(new InetSocketAddress(s.getLocalPort()));
            DatagramSocket alone = w.datagrams();
            return List.of(s.getLocalPort() == t.getLocalPort(), outcome(_ -> done(() -> alone.bind(s.getLocalSocketAddress())), w));
        });
        multicast("a connected socket", w -> {
            MulticastSocket s = w.multicast(null);
            s.connect(World.HERE, 9);
            String on = s.isConnected() + " " + s.getPort() + " " + s.getInetAddress() + " " + s.getRemoteSocketAddress() + " "
                    + s.getLocalAddress();
            s.connect(new InetSocketAddress(World.HERE, 10));
            int second = s.getPort();
            s.disconnect();
            return List.of(on, second, s.isConnected(), s.getPort());
        });
        multicast("a closed socket", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.close();
            s.close();
            return each(w, _ -> s.isClosed(), _ -> s.isBound(), _ -> s.getLocalPort(), _ -> s.getLocalAddress(),
                    _ -> s.getLocalSocketAddress());
        });
        multicast("calls on a closed socket", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.close();
            return each(w, _ -> s.getTimeToLive(), _ -> done(() -> s.setTimeToLive(1)), _ -> s.getTTL(),
                    _ -> done(() -> s.setTTL((byte) 1)),
                    _ -> done(() -> s.joinGroup(GROUP)), _ -> done(() -> s.leaveGroup(GROUP)),
                    _ -> done(() -> s.joinGroup(new InetSocketAddress(GROUP, 0), w.loopback())),
                    _ -> done(() -> s.leaveGroup(new InetSocketAddress(GROUP, 0), w.loopback())), _ -> s.getNetworkInterface(),
                    _ -> done(() -> s.setNetworkInterface(w.loopback())), _ -> s.getInterface(),
                    _ -> done(() -> s.setInterface(World.HERE)),
                    _ -> s.getLoopbackMode(), _ -> done(() -> s.setLoopbackMode(true)), _ -> done(() -> s.send(packet("x", DISCARD))),
                    _ -> done(() -> s.send(packet("x", DISCARD), (byte) 1)), _ -> receive(s), _ -> s.getReuseAddress(),
                    _ -> s.getSoTimeout(),
                    _ -> s.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        });
    }

    private void groups() {
        multicast("who has joined receives", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.loopback());
            w.multicast(null).send(packet("to the group", new InetSocketAddress(GROUP, s.getLocalPort())));
            return receive(s);
        });
        multicast("who sends receives, too", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.loopback());
            s.send(packet("mine", new InetSocketAddress(GROUP, s.getLocalPort())));
            return receive(s);
        });
        multicast("all who have joined receive", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            MulticastSocket t = w.multicast(new InetSocketAddress(s.getLocalPort()));
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.loopback());
            t.joinGroup(new InetSocketAddress(GROUP, 0), w.loopback());
            w.multicast(null).send(packet("to all", new InetSocketAddress(GROUP, s.getLocalPort())));
            return List.of(receive(s), receive(t));
        });
        multicast("who has left does not receive", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.loopback());
            s.joinGroup(new InetSocketAddress(OTHER_GROUP, 0), w.loopback());
            s.leaveGroup(new InetSocketAddress(GROUP, 0), w.loopback());
            MulticastSocket from = w.multicast(null);
            from.send(packet("to the group", new InetSocketAddress(GROUP, s.getLocalPort())));
            from.send(packet("to the other", new InetSocketAddress(OTHER_GROUP, s.getLocalPort())));
            return receive(s);
        });
        multicast("joined twice, left twice", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            var group = new InetSocketAddress(GROUP, 0);
            s.joinGroup(group, w.loopback());
            return each(w, _ -> done(() -> s.joinGroup(group, w.loopback())), _ -> done(() -> s.leaveGroup(group, w.loopback())),
                    _ -> done(() -> s.leaveGroup(group, w.loopback())));
        });
        multicast("joined by its address alone", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            return each(w, _ -> done(() -> s.joinGroup(GROUP)), _ -> done(() -> s.joinGroup(GROUP)), _ -> done(() -> s.leaveGroup(GROUP)),
                    _ -> done(() -> s.leaveGroup(GROUP)));
        });
        multicast("groups that are none", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            return each(w, _ -> done(() -> s.joinGroup(null)), _ -> done(() -> s.joinGroup(World.HERE)),
                    _ -> done(() -> s.leaveGroup(null)),
                    _ -> done(() -> s.leaveGroup(World.HERE)), _ -> done(() -> s.joinGroup(null, null)),
                    _ -> done(() -> s.joinGroup(new OtherAddress(), null)), _ -> done(() -> s.joinGroup(DISCARD, null)),
                    _ -> done(() -> s.joinGroup(InetSocketAddress.createUnresolved("no.such.invalid", 0), null)),
                    _ -> done(() -> s.leaveGroup(new OtherAddress(), null)), _ -> done(() -> s.leaveGroup(DISCARD, null)));
        });
        multicast("joins before it is bound", w -> {
            MulticastSocket s = w.multicast(null);
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.loopback());
            boolean before = s.isBound();
            s.bind(new InetSocketAddress(0));
            w.multicast(null).send(packet("to the group", new InetSocketAddress(GROUP, s.getLocalPort())));
            return List.of(before, receive(s));
        });
    }

    private void options() {
        multicast("the time to live", w -> {
            MulticastSocket s = w.multicast(null);
            s.setTimeToLive(255);
            byte as = s.getTTL();
            s.setTTL((byte) 0x80);
            int unsigned = s.getTimeToLive();
            s.setTimeToLive(0);
            return List.of(as, unsigned, s.getTimeToLive(), outcome(_ -> done(() -> s.setTimeToLive(256)), w),
                    outcome(_ -> done(() -> s.setTimeToLive(-1)), w), s.isBound(), s.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
        });
        multicast("loopback", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            boolean off = s.getLoopbackMode();
            s.setLoopbackMode(true);
            boolean option = s.getOption(StandardSocketOptions.IP_MULTICAST_LOOP);
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.loopback());
            boolean now = s.getLoopbackMode();
            s.setLoopbackMode(false);
            return List.of(off, option, now, s.getLoopbackMode());
        });
        multicast("options stay when it is bound", w -> {
            MulticastSocket s = w.multicast(null);
            s.setTimeToLive(7);
            s.setLoopbackMode(true);
            s.setSoTimeout(5);
            s.setTrafficClass(0x10);
            s.bind(new InetSocketAddress(0));
            return List.of(s.getTimeToLive(), s.getLoopbackMode(), s.getSoTimeout(), s.getTrafficClass(), s.getReuseAddress());
        });
        multicast("interfaces that are none", w -> {
            MulticastSocket s = w.multicast(null);
            return each(w, _ -> done(() -> s.setInterface(null)), _ -> s.setOption(StandardSocketOptions.TCP_NODELAY, true),
                    _ -> s.getOption(StandardSocketOptions.TCP_NODELAY), _ -> s.setOption(null, 1),
                    _ -> s.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, false) == s);
        });
    }

    private void datagrams() {
        multicast("with a time to live of its own", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.joinGroup(new InetSocketAddress(GROUP, 0), w.loopback());
            MulticastSocket from = w.multicast(null);
            from.setTimeToLive(3);
            from.send(packet("to the group", new InetSocketAddress(GROUP, s.getLocalPort())), (byte) 0xff);
            return List.of(receive(s), from.getTimeToLive());
        });
        multicast("to one host, with a time to live of its own", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            MulticastSocket from = w.multicast(null);
            from.send(packet("to one", new InetSocketAddress(World.HERE, s.getLocalPort())), (byte) 5);
            from.connect(World.HERE, s.getLocalPort());
            from.send(new DatagramPacket("to the peer".getBytes(UTF_8), 11), (byte) 5);
            return List.of(receive(s), receive(s), from.getTimeToLive());
        });
        multicast("to nowhere, with a time to live of its own", w -> {
            MulticastSocket connected = w.multicast(null);
            connected.connect(DISCARD);
            MulticastSocket s = w.multicast(null);
            return each(w, _ -> done(() -> s.send(new DatagramPacket(new byte[1], 1), (byte) 1)),
                    _ -> done(() -> s.send(packet("x", new InetSocketAddress(World.HERE, 0)), (byte) 1)),
                    _ -> done(() -> connected.send(packet("x", new InetSocketAddress(GROUP, 9)), (byte) 1)),
                    _ -> done(() -> connected.send(packet("x", new InetSocketAddress(World.HERE, 10)), (byte) 1)));
        });
        multicast("in time", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            s.setSoTimeout(10);
            return List.of(outcome(_ -> receive(s), w), s.isClosed());
        });
        multicast("closed while another receives", w -> {
            MulticastSocket s = w.multicast(new InetSocketAddress(0));
            CompletableFuture<Object> got = World.waiting(() -> receive(s));
            s.close();
            return outcome(_ -> World.of(got), w);
        });
    }

    private interface Action {
        void run() throws Exception;
    }

    private static Object done(Action a) throws Exception {
        a.run();
        return "done";
    }

    private static DatagramPacket packet(String text, SocketAddress to) {
        return new DatagramPacket(text.getBytes(UTF_8), text.length(), to);
    }

    private static Object receive(DatagramSocket s) throws IOException {
        var p = new DatagramPacket(new byte[100], 100);
        s.receive(p);
        return new String(p.getData(), p.getOffset(), p.getLength(), UTF_8);
    }
}
