package dev.millrace.it.schedule;

import dev.millrace.CaptureRequest;
import dev.millrace.Cidr;
import dev.millrace.Nic;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/// The shell of TCP under a schedule: a stack with a listener, an accepted connection, one that waits to be accepted, a
/// half-open one, and its peer on the other end of a wire. Everything that can befall them happens at once.
public final class WovenShell implements Scenario {
    private static final int HOST = WovenWorld.HOST;
    private static final int PEER = WovenWorld.PEER;
    private static final int STRANGER = WovenWorld.STRANGER;
    private static final int HALF_PORT = WovenWorld.HALF_PORT;
    private static final long SECOND = 1_000_000_000L;
    private static final Set<String> FAULTS = Set.of("callback", "control", "link", "capture", "memory", "memory-of-another");

    /// Not for every combination: what others do, in few steps.
    private static final Set<String> DIRECTED = Set.of("accept-on", "accept-briefly", "connect-late", "read-on", "peer-piece");

    private final Map<String, Step> steps = new LinkedHashMap<>();

    private interface Step {
        void run(WovenWorld w) throws Exception;
    }

    /// For the loader.
    public WovenShell() {
        steps.put("open", w -> {
            TcpSocket s = w.keep(w.host.tcp().open());
            s.bind(new InetSocketAddress("10.0.0.1", 7000));
            s.startConnect(new InetSocketAddress("10.0.0.2", 90));
            s.close();
        });
        steps.put("dial", w -> {
            w.dialing.bind(new InetSocketAddress("10.0.0.1", 7001));
            w.dialing.connect(new InetSocketAddress("10.0.0.2", 90), Duration.ofSeconds(5));
        });
        steps.put("close-dialing", w -> w.dialing.close());
        steps.put("accept", w -> w.keep(w.listener.accept()).setReadTimeout(Duration.ofSeconds(1)));
        steps.put("accept-on", w -> {
            // One waits already.
            w.listener.setAcceptTimeout(Duration.ZERO);
            w.keep(w.listener.accept());
            w.keep(w.listener.accept());
        });
        steps.put("accept-briefly", w -> {
            w.listener.setAcceptTimeout(Duration.ofNanos(1));
            w.keep(w.listener.accept());
            w.keep(w.listener.accept());
        });
        steps.put("connect-late", w -> {
            // When the time-outs that began before are over.
            for (long until = w.schedule.nowNs() + 1; w.schedule.nowNs() < until;) {
                Points.current().park(until);
            }
            TcpSocket s = w.keep(w.peer.tcp().open());
            s.connect(new InetSocketAddress("10.0.0.1", 80), Duration.ofSeconds(5));
        });
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
        steps.put("stray", w -> {
            w.inject(WovenFrames.echo(STRANGER, HOST, 100));
            w.inject(WovenFrames.udp(STRANGER, HOST, 4000, 54, 30));
            w.inject(WovenFrames.udp(STRANGER, HOST, 4000, 53, 30));
            w.inject(WovenFrames.tcp(STRANGER, HOST, 4000, 81, 1, 1, WovenFrames.ACK));
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
            Schedule.Actor other = w.another();
            if (other != null) {
                w.schedule.interrupt(other);
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
            w.schedule.failAllocation(Points.current(), 10 << w.schedule.nextInt(6));
            w.client.write(new byte[3000], 0, 3000);
            w.accepted.write(new byte[3000], 0, 3000);
            w.inject(WovenFrames.tcp(STRANGER, HOST, HALF_PORT, 80, 1001, w.halfIss + 1, WovenFrames.ACK));
            w.accepted.tryRead(ByteBuffer.allocate(100));
            w.accepted.close();
        });
        // The same for who happens to be under way.
        steps.put("memory-of-another", w -> {
            Schedule.Actor other = w.another();
            if (other != null) {
                w.schedule.failAllocation(other, 10 << w.schedule.nextInt(6));
            }
        });
        steps.put("read", w -> {
            // More than there is; without a time-out, which would make good a wake-up that was lost.
            for (int i = 0; i < 5 && w.accepted.read(new byte[600], 0, 600) >= 0; i++) {
            }
        });
        steps.put("read-on", w -> {
            // What is there, and then what comes.
            w.accepted.read(new byte[5000], 0, 5000);
            w.accepted.read(new byte[5000], 0, 5000);
        });
        steps.put("peer-piece", w -> {
            w.client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            w.client.write(new byte[600], 0, 600);
            w.client.write(new byte[600], 0, 600);
        });
        steps.put("write", w -> w.accepted.write(new byte[20_000], 0, 20_000));
        steps.put("peer-write", w -> {
            w.client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            // One piece of news after the other, and then many at once.
            for (int i = 0; i < 5; i++) {
                w.client.write(new byte[600], 0, 600);
            }
            w.client.write(new byte[3000], 0, 3000);
        });
        steps.put("shutdown", w -> {
            w.accepted.shutdownOutput();
            w.accepted.peek(ByteBuffer.allocate(10));
            w.accepted.shutdownInput();
        });
        steps.put("look", w -> {
            w.accepted.readiness();
            w.accepted.peek(ByteBuffer.allocate(10));
            w.accepted.available();
            w.accepted.pendingError();
            w.accepted.info();
            w.accepted.isOpen();
        });
        steps.put("linger", w -> {
            w.accepted.setOption(StandardSocketOptions.SO_LINGER, 1);
            w.accepted.close();
        });
        steps.put("capture", w -> {
            int[] lines = {0};
            w.host.capture(CaptureRequest.lines(_ -> {
                if (++lines[0] == 3) {
                    throw new IllegalStateException("as the schedule wants it");
                }
            }));
            w.client.write(new byte[3000], 0, 3000);
        });
        steps.put("nic", w -> {
            Nic nic = w.host.nics().getFirst();
            try {
                if (nic.removeAddress(Cidr.parse("10.0.0.1/24"))) {
                    w.accepted.write(new byte[100], 0, 100);
                    nic.addAddress(Cidr.parse("10.0.0.1/24"));
                }
            } catch (IllegalStateException closed) {
                // An answer, if the stack is.
                if (w.host.isOpen()) {
                    throw closed;
                }
            }
        });
        steps.put("udp", w -> {
            try (UdpSocket s = w.peer.udp().connect(new InetSocketAddress("10.0.0.1", 53))) {
                s.send(ByteBuffer.allocate(50), null);
                s.setReadTimeout(Duration.ofSeconds(1));
                s.receive(ByteBuffer.allocate(100));
            }
        });
        steps.put("udp-receive", w -> {
            w.datagrams.setReadTimeout(Duration.ofSeconds(1));
            ByteBuffer b = ByteBuffer.allocate(100);
            InetSocketAddress from = w.datagrams.receive(b);
            w.datagrams.send(b.flip(), from);
        });
        steps.put("udp-close", w -> w.datagrams.close());
    }

    @Override
    public List<String> actions() {
        return steps.keySet().stream().filter(s -> !DIRECTED.contains(s)).toList();
    }

    @Override
    public void run(Schedule schedule, List<String> actions) throws Exception {
        var w = new WovenWorld(schedule);
        alone(schedule, "set-up", w::setUp);
        w.actors.clear();
        schedule.begin();
        for (String action : actions) {
            w.actors.add(schedule.actor(action, () -> attempt(() -> steps.get(action).run(w))));
        }
        do {
            schedule.run();
            schedule.stir();
            w.checkNobodyWaitsForWhatIsThere();
            w.checkNoMailIsLeft();
        } while (schedule.expire());
        schedule.stopFailing();
        var closer = schedule.actor("clean-up", () -> attempt(w::closeSockets));
        List<Schedule.Actor> left = schedule.run();
        check(left.isEmpty(), "hang after everything was closed: ", schedule::describe);
        checkFailure(closer, false);
        alone(schedule, "time", () -> w.runTimers(7200 * SECOND));
        boolean faults = actions.stream().anyMatch(FAULTS::contains);
        alone(schedule, "look", () -> w.checkNothingIsLeft(faults));
        alone(schedule, "ends", () -> {
            w.host.close();
            w.peer.close();
        });
        w.checkEnd();
        for (Schedule.Actor a : w.actors) {
            checkFailure(a, actions.stream().anyMatch(s -> s.startsWith("memory")));
        }
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

    private static void alone(Schedule schedule, String name, Attempt body) {
        var actor = schedule.actor(name, () -> {
            try {
                body.run();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        List<Schedule.Actor> left = schedule.run();
        check(!left.contains(actor), name + " hangs: ", schedule::describe);
        checkFailure(actor, false);
    }

    /// @param mayLackMemory whether no memory is an answer
    private static void checkFailure(Schedule.Actor a, boolean mayLackMemory) {
        Throwable t = a.failure;
        if (t instanceof AssertionError e) {
            throw e;
        }
        if (t != null && !(t instanceof OutOfMemoryError && mayLackMemory)) {
            throw new AssertionError(a.name + " was thrown something that is no answer", t);
        }
    }

    private static void check(boolean holds, String otherwise, Supplier<String> more) {
        if (!holds) {
            throw new AssertionError(otherwise + more.get());
        }
    }
}
