package dev.millrace.it.schedule;

import dev.millrace.Readiness;
import dev.millrace.Stack;
import dev.millrace.StackConfig;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.spi.MemoryBudget;
import dev.millrace.spi.StackProvider;
import dev.millrace.wire.buffer.Leaks;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.Field;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// What the steps of [WovenShell] work on: two stacks on a wire, a listener, an accepted connection, one that waits to be
/// accepted, a half-open one of a stranger's, and a UDP socket.
final class WovenWorld {
    static final int HOST = 0x0a000001;
    static final int PEER = 0x0a000002;
    static final int STRANGER = 0x0a000063;
    static final int HALF_PORT = 5555;

    final Schedule schedule;
    final WovenTime hostTime;
    final WovenTime peerTime;
    final WovenWire hostWire = new WovenWire();
    final WovenWire peerWire = new WovenWire();
    final List<TcpSocket> sockets = new CopyOnWriteArrayList<>();
    final List<Schedule.Actor> actors = new ArrayList<>();
    Stack host;
    Stack peer;
    TcpListener listener;
    TcpListener peerListener;
    TcpSocket client;
    TcpSocket accepted;
    /// Neither bound nor connected.
    TcpSocket dialing;
    UdpSocket datagrams;
    int clientPort;
    int halfIss;
    private final long packets = Leaks.packets();
    private final long buffers = Leaks.buffers();

    WovenWorld(Schedule schedule) {
        this.schedule = schedule;
        hostTime = new WovenTime(schedule);
        peerTime = new WovenTime(schedule);
    }

    TcpSocket keep(TcpSocket s) {
        sockets.add(s);
        return s;
    }

    /// One of the threads that are under way beside the calling one, or `null`.
    Schedule.Actor another() {
        List<Schedule.Actor> others = actors.stream().filter(a -> a != Points.current()).toList();
        return others.isEmpty() ? null : others.get(schedule.nextInt(others.size()));
    }

    void inject(byte[] frame) {
        hostWire.vnic.inject(frame);
    }

    int sequence(int from, int to) {
        long[] last = hostWire.last(from, to);
        return last == null ? 0 : (int) last[0] - 1;
    }

    boolean runTimer(long until) {
        return hostTime.runNext(until) | peerTime.runNext(until);
    }

    void setUp() throws IOException {
        WovenControl.throwing = false;
        WovenWire.join(hostWire, peerWire);
        StackProvider provider = StackProvider.find();
        host = provider.open(config("host", hostWire, "10.0.0.1/24"), hostTime);
        peer = provider.open(config("peer", peerWire, "10.0.0.2/24"), peerTime);
        listener = host.tcp().listen(new InetSocketAddress("10.0.0.1", 80), 8);
        peerListener = peer.tcp().listen(new InetSocketAddress("10.0.0.2", 90), 8);
        datagrams = host.udp().bind(new InetSocketAddress("10.0.0.1", 53));
        dialing = keep(host.tcp().open());
        client = keep(peer.tcp().open());
        client.connect(new InetSocketAddress("10.0.0.1", 80), Duration.ofSeconds(5));
        clientPort = client.localAddress().getPort();
        accepted = keep(listener.accept());
        client.write(new byte[2000], 0, 2000);
        TcpSocket waiting = keep(peer.tcp().open());
        waiting.connect(new InetSocketAddress("10.0.0.1", 80), Duration.ofSeconds(5));
        inject(WovenFrames.tcp(STRANGER, HOST, HALF_PORT, 80, 1000, 0, WovenFrames.SYN));
        halfIss = (int) hostWire.last(80, HALF_PORT)[0] - 1;
    }

    private static StackConfig config(String name, WovenWire wire, String address) {
        return Stack.builder().name(name).nic("wire", wire, n -> n.address(address)).route("default", "wire")
                .option("tcp", "congestion-control", "throwing").config();
    }

    /// Everything is closed; whoever waits is to find out.
    void closeSockets() throws IOException {
        for (TcpSocket s : sockets) {
            s.info();
            s.close();
        }
        listener.close();
        peerListener.close();
        datagrams.close();
    }

    void runTimers(long durationNs) {
        long until = schedule.nowNs() + durationNs;
        for (int i = 0; runTimer(until); i++) {
            check(i < 5000, "timers go on for ever");
        }
    }

    /// With nobody under way.
    void checkNobodyWaitsForWhatIsThere() {
        Readiness ready = accepted.readiness();
        for (Schedule.Actor a : actors) {
            if (a.isParked()) {
                check(!a.name.equals("read") || !ready.readable(), "read waits, and the socket is readable");
                check(!a.name.equals("write") || !ready.writable(), "write waits, and the socket is writable");
                check(!a.name.equals("dial") || !dialing.isConnected(), "connect waits, and the socket is connected");
            }
        }
    }

    /// With nobody under way: what was delivered to a connection was seen by it, since nobody comes to look. Only the end of
    /// everything would, and hide it.
    void checkNoMailIsLeft() throws ReflectiveOperationException {
        for (Stack s : List.of(host, peer)) {
            var connections = new ArrayList<>();
            Object table = field(s.tcp(), "endpoints");
            var forEach = table.getClass().getDeclaredMethod("forEach", Consumer.class);
            forEach.setAccessible(true);
            forEach.invoke(table, (Consumer<Object>) connections::add);
            for (Object c : connections) {
                if (c.getClass().getSimpleName().equals("ConnectionEndpoint")) {
                    int mail = (int) field(field(field(c, "gate"), "inbox"), "size");
                    check(mail == 0, mail + " packets were delivered to a connection of " + s.name() + ", and nobody looks");
                }
            }
        }
    }

    /// With the stacks still open, unless closing one was a step.
    ///
    /// @param faults whether something was to fail
    void checkNothingIsLeft(boolean faults) throws ReflectiveOperationException {
        for (Stack s : List.of(host, peer)) {
            check(s.tcp().connectionCount() == 0, s.name() + " has " + s.tcp().connectionCount() + " connections left");
            check(s.udp().socketCount() == 0, s.name() + " has " + s.udp().socketCount() + " UDP sockets left");
            check(ports(s.tcp()).isEmpty(), s.name() + " has ports left: " + ports(s.tcp()).keySet());
            check(ports(s.udp()).isEmpty(), s.name() + " has UDP ports left: " + ports(s.udp()).keySet());
            long budget = budget(s).reserved();
            check(budget == 0, s.name() + " holds " + budget + " bytes of its budget");
            Map<String, Long> failures = s.counters().getOrDefault("failures", Map.of());
            check(faults || failures.values().stream().allMatch(n -> n == 0), "something threw inside: " + failures);
        }
    }

    /// With the stacks closed.
    void checkEnd() {
        check(hostTime.pending() == 0 && peerTime.pending() == 0, "timers are left");
        long lost = Leaks.packets() - packets;
        long lostBuffers = Leaks.buffers() - buffers;
        check(lost == 0 && lostBuffers == 0, lost + " packets and " + lostBuffers + " buffers are left; with "
                + "-Dmillrace.buffers.debug=true they were " + Leaks.owners().stream().map(WovenWorld::trace).toList());
    }

    private static String trace(Throwable t) {
        var text = new StringWriter();
        t.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static MemoryBudget budget(Stack stack) throws ReflectiveOperationException {
        var memory = stack.getClass().getDeclaredMethod("memory");
        memory.setAccessible(true);
        return (MemoryBudget) memory.invoke(stack);
    }

    private static Map<?, ?> ports(Object protocol) throws ReflectiveOperationException {
        return (Map<?, ?>) field(field(protocol, "endpoints"), "portUses");
    }

    private static Object field(Object of, String name) throws ReflectiveOperationException {
        Field f = of.getClass().getDeclaredField(name);
        f.setAccessible(true);
        return f.get(of);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
