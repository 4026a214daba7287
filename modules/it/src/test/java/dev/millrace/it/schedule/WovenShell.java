package dev.millrace.it.schedule;

import dev.millrace.Stack;
import dev.millrace.StackConfig;
import dev.millrace.TcpListener;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import dev.millrace.spi.MemoryBudget;
import dev.millrace.spi.StackProvider;
import dev.millrace.wire.buffer.Leaks;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;

/// The shell of TCP under a schedule: a stack with a listener, an accepted connection, one that waits to be accepted, a
/// half-open one, and its peer on the other end of a wire. Everything that can befall them happens at once.
public final class WovenShell implements Scenario {
    private static final int HOST = 0x0a000001;
    private static final int PEER = 0x0a000002;
    private static final int STRANGER = 0x0a000063;
    private static final int HALF_PORT = 5555;
    private static final long SECOND = 1_000_000_000L;
    private static final Set<String> FAULTS = Set.of("callback", "control", "link", "memory");

    private final Map<String, Step> steps = new LinkedHashMap<>();

    private interface Step {
        void run(World w) throws Exception;
    }

    /// For the loader.
    public WovenShell() {
        steps.put("open", w -> {
            TcpSocket s = w.keep(w.host.tcp().open());
            s.bind(new InetSocketAddress("10.0.0.1", 7000));
            s.startConnect(new InetSocketAddress("10.0.0.2", 90));
            s.close();
        });
        steps.put("accept", w -> w.keep(w.listener.accept()).setReadTimeout(Duration.ofSeconds(1)));
        steps.put("connect", w -> {
            TcpSocket s = w.keep(w.peer.tcp().open());
            s.connect(new InetSocketAddress("10.0.0.1", 80), Duration.ofSeconds(5));
            s.write(new byte[100], 0, 100);
            s.close();
        });
        steps.put("connect-out", w -> {
            TcpSocket s = w.keep(w.host.tcp().open());
            s.connect(new InetSocketAddress("10.0.0.2", 90), Duration.ofSeconds(5));
            s.write(new byte[3000], 0, 3000);
        });
        steps.put("close-socket", w -> w.accepted.close());
        steps.put("close-peer", w -> w.client.close());
        steps.put("abort", w -> w.accepted.abort());
        steps.put("close-listener", w -> w.listener.close());
        steps.put("close-stack", w -> w.host.close());
        steps.put("icmp", w -> {
            w.inject(WovenFrames.unreachable(PEER, HOST, PEER, 4, 600, 80, w.clientPort, w.sequence(80, w.clientPort)));
            w.inject(WovenFrames.unreachable(PEER, HOST, STRANGER, 1, 0, 80, HALF_PORT, w.halfIss));
        });
        steps.put("syn", w -> {
            for (int i = 0; i < 3; i++) {
                w.inject(WovenFrames.tcp(STRANGER, HOST, 6000 + i, 80, 1000, 0, WovenFrames.SYN));
            }
            w.inject(WovenFrames.tcp(PEER, HOST, w.clientPort, 80, 77, 0, WovenFrames.SYN));
        });
        steps.put("half-ack", w ->
                w.inject(WovenFrames.tcp(STRANGER, HOST, HALF_PORT, 80, 1001, w.halfIss + 1, WovenFrames.ACK)));
        steps.put("half-data", w -> {
            w.inject(WovenFrames.tcp(STRANGER, HOST, HALF_PORT, 80, 1001, w.halfIss + 1, WovenFrames.ACK));
            w.inject(WovenFrames.tcp(STRANGER, HOST, HALF_PORT, 80, 1001, w.halfIss + 1,
                    WovenFrames.ACK | WovenFrames.FIN));
        });
        steps.put("rst", w -> {
            long[] last = w.peerWire.last(w.clientPort, 80);
            w.inject(WovenFrames.tcp(PEER, HOST, w.clientPort, 80, (int) last[0], 0, WovenFrames.RST));
            w.inject(WovenFrames.tcp(STRANGER, HOST, HALF_PORT, 80, 1001, 0, WovenFrames.RST));
        });
        steps.put("timer", w -> {
            long until = w.schedule.nowNs() + 2 * SECOND;
            for (int i = 0; i < 20 && w.runTimer(until); i++) {
            }
        });
        steps.put("interrupt", w -> {
            List<Schedule.Actor> others = w.actors.stream().filter(a -> a != Points.current()).toList();
            if (!others.isEmpty()) {
                w.schedule.interrupt(others.get(w.schedule.nextInt(others.size())));
            }
        });
        steps.put("option", w -> {
            w.accepted.setOption(StandardSocketOptions.SO_RCVBUF, 4096);
            w.accepted.setOption(TcpOptions.CORK, true);
            w.listener.setOption(StandardSocketOptions.TCP_NODELAY, true);
            w.accepted.setOption(TcpOptions.CORK, false);
        });
        steps.put("callback", w -> {
            w.accepted.onReady(_ -> {
                throw new AssertionError("as the schedule wants it");
            });
            w.listener.onReady(_ -> {
                throw new AssertionError("as the schedule wants it");
            });
            w.client.write(new byte[10], 0, 10);
        });
        steps.put("control", w -> {
            WovenControl.throwing = true;
            w.accepted.write(new byte[5000], 0, 5000);
        });
        steps.put("link", w -> {
            w.hostWire.throwing = true;
            w.accepted.write(new byte[5000], 0, 5000);
        });
        steps.put("memory", w -> {
            w.schedule.failAllocation(80);
            try {
                w.client.write(new byte[3000], 0, 3000);
                w.accepted.write(new byte[3000], 0, 3000);
                w.inject(WovenFrames.tcp(STRANGER, HOST, HALF_PORT, 80, 1001, w.halfIss + 1, WovenFrames.ACK));
                w.accepted.tryRead(ByteBuffer.allocate(100));
                w.accepted.close();
            } finally {
                w.schedule.stopFailing();
            }
        });
        steps.put("read", w -> {
            w.accepted.setReadTimeout(Duration.ofSeconds(3));
            for (int i = 0; i < 3 && w.accepted.read(new byte[700], 0, 700) >= 0; i++) {
            }
        });
        steps.put("write", w -> w.accepted.write(new byte[20_000], 0, 20_000));
        steps.put("peer-write", w -> w.client.write(new byte[5000], 0, 5000));
        steps.put("shutdown", w -> {
            w.accepted.shutdownOutput();
            w.accepted.peek(ByteBuffer.allocate(10));
            w.accepted.shutdownInput();
        });
    }

    @Override
    public List<String> actions() {
        return List.copyOf(steps.keySet());
    }

    /// What the steps work on.
    private static final class World {
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
        int clientPort;
        int halfIss;

        World(Schedule schedule) {
            this.schedule = schedule;
            hostTime = new WovenTime(schedule);
            peerTime = new WovenTime(schedule);
        }

        TcpSocket keep(TcpSocket s) {
            sockets.add(s);
            return s;
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
        }

        void runTimers(long durationNs) {
            long until = schedule.nowNs() + durationNs;
            for (int i = 0; runTimer(until); i++) {
                check(i < 5000, "timers go on for ever");
            }
        }
    }

    @Override
    public void run(Schedule schedule, List<String> actions) throws Exception {
        long packets = Leaks.packets();
        long buffers = Leaks.buffers();
        var w = new World(schedule);
        alone(schedule, "set-up", w::setUp);
        for (String action : actions) {
            w.actors.add(schedule.actor(action, () -> act(w, action)));
        }
        schedule.run();
        while (schedule.expireParked()) {
            schedule.run();
        }
        var closer = schedule.actor("clean-up", () -> attempt(w::closeSockets));
        List<Schedule.Actor> left = schedule.run();
        check(left.isEmpty(), "hang after everything was closed: " + schedule.describe());
        check(closer.failure == null, "clean-up failed: " + closer.failure);
        alone(schedule, "time", () -> w.runTimers(7200 * SECOND));
        check(w.host.tcp().connectionCount() == 0, "host has " + w.host.tcp().connectionCount() + " connections left");
        check(w.peer.tcp().connectionCount() == 0, "peer has " + w.peer.tcp().connectionCount() + " connections left");
        checkFailures(w, actions);
        check(budget(w.host).reserved() == 0, "host holds " + budget(w.host).reserved() + " bytes of its budget");
        check(budget(w.peer).reserved() == 0, "peer holds " + budget(w.peer).reserved() + " bytes of its budget");
        alone(schedule, "ends", () -> {
            w.host.close();
            w.peer.close();
        });
        check(w.hostTime.pending() == 0 && w.peerTime.pending() == 0, "timers are left");
        check(Leaks.packets() == packets, Leaks.packets() - packets + " packets are left");
        check(Leaks.buffers() == buffers, Leaks.buffers() - buffers + " buffers are left");
        for (Schedule.Actor a : w.actors) {
            checkAllowed(a, actions);
        }
    }

    private void act(World w, String action) {
        attempt(() -> steps.get(action).run(w));
    }

    private interface Attempt {
        void run() throws Exception;
    }

    /// Sockets that are closed under their user throw IOExceptions: those are answers.
    private static void attempt(Attempt a) {
        try {
            a.run();
        } catch (IOException expected) {
            // An answer.
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static void alone(Schedule schedule, String name, Attempt body) throws InterruptedException {
        var actor = schedule.actor(name, () -> {
            try {
                body.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        List<Schedule.Actor> left = schedule.run();
        check(!left.contains(actor), name + " hangs: " + schedule.describe());
        if (actor.failure != null) {
            throw new AssertionError(name + " failed", actor.failure);
        }
    }

    private static void checkFailures(World w, List<String> actions) {
        if (actions.stream().noneMatch(FAULTS::contains)) {
            Map<String, Long> failures = w.host.counters().getOrDefault("failures", Map.of());
            check(failures.values().stream().allMatch(n -> n == 0), "something threw inside: " + failures);
        }
    }

    private static void checkAllowed(Schedule.Actor a, List<String> actions) {
        if (a.failure == null || a.failure instanceof OutOfMemoryError && actions.contains("memory")) {
            return;
        }
        throw new AssertionError(a.name + " was thrown something that is no answer", a.failure);
    }

    private static MemoryBudget budget(Stack stack) throws ReflectiveOperationException {
        var memory = stack.getClass().getDeclaredMethod("memory");
        memory.setAccessible(true);
        return (MemoryBudget) memory.invoke(stack);
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
