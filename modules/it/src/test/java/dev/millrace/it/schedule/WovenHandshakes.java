package dev.millrace.it.schedule;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.spi.StackProvider;
import dev.millrace.wire.buffer.Leaks;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Memory that ends at one place of a handshake, of an accept, of a listener's end or of TIME-WAIT: what it struck may be
/// lost, and nothing else. Peers connect afterwards, and in the end nothing is left.
public final class WovenHandshakes implements Scenario {
    private static final int HOST = 0x0a000001;
    private static final int STRANGER = 0x0a000063;
    private static final long SECOND = 1_000_000_000L;
    private static final int NONE = 1 << 20;

    private final Map<String, Step> steps = new LinkedHashMap<>();

    private interface Step {
        void run(World w) throws IOException;
    }

    /// For the loader.
    public WovenHandshakes() {
        steps.put("syn", w -> w.syn(1));
        steps.put("ack", w -> w.ack(0));
        steps.put("fast-syn", w -> w.fast(40));
        steps.put("fast-ack", w -> w.ack(30, 1005, WovenFrames.ACK));
        steps.put("fast-rst", w -> w.ack(30, 1005, WovenFrames.RST));
        steps.put("timer", w -> w.runNext(2 * SECOND));
        steps.put("last-timer", w -> {
            for (int i = 0; i < 50 && w.runNext(64 * SECOND); i++) {
            }
        });
        steps.put("accept", w -> w.keep(w.listener.accept()));
        steps.put("callback", w -> w.listener.onReady(_ -> {
        }));
        steps.put("close-listener", w -> w.listener.close());
        steps.put("time-wait", w -> w.closeFirst());
        steps.put("close-stack", w -> w.host.close());
    }

    @Override
    public List<String> actions() {
        return List.copyOf(steps.keySet());
    }

    private static final class World {
        final Schedule schedule;
        final WovenTime time;
        final WovenWire wire = new WovenWire();
        final List<TcpSocket> sockets = new ArrayList<>();
        Stack host;
        TcpListener listener;

        World(Schedule schedule) {
            this.schedule = schedule;
            time = new WovenTime(schedule);
        }

        void keep(TcpSocket s) {
            if (s != null) {
                sockets.add(s);
            }
        }

        void syn(int i) {
            wire.vnic.inject(WovenFrames.tcp(STRANGER, HOST, 6000 + i, 80, 1000, 0, WovenFrames.SYN));
        }

        /// A SYN with four bytes and a valid cookie (RFC 7413).
        void fast(int i) throws IOException {
            wire.vnic.inject(WovenFrames.fastSyn(STRANGER, HOST, 6000 + i, 80, wire.cookie));
        }

        private int iss(int i) {
            long[] last = wire.last(80, 6000 + i);
            return last == null ? 0 : (int) last[0] - 1;
        }

        void ack(int i) {
            wire.vnic.inject(WovenFrames.tcp(STRANGER, HOST, 6000 + i, 80, 1001, iss(i) + 1, WovenFrames.ACK));
        }

        /// The first connection is closed from here, and its peer does the same.
        void closeFirst() throws IOException {
            sockets.getFirst().close();
            ack(10, 1001, WovenFrames.ACK);
            ack(10, 1001, WovenFrames.ACK | WovenFrames.FIN);
        }

        private void ack(int i, int seq, int flags) {
            wire.vnic.inject(WovenFrames.tcp(STRANGER, HOST, 6000 + i, 80, seq, (int) wire.last(80, 6000 + i)[0], flags));
        }

        boolean runNext(long within) {
            return time.runNext(schedule.nowNs() + within);
        }

        void runTimers(long durationNs) {
            long until = schedule.nowNs() + durationNs;
            for (int i = 0; i < 5000; i++) {
                try {
                    if (!time.runNext(until)) {
                        break;
                    }
                } catch (OutOfMemoryError e) {
                    throw new AssertionError("a timer has kept what it was thrown", e);
                }
            }
            schedule.setNowNs(Math.max(schedule.nowNs(), until));
        }

        void setUp() throws IOException {
            host = StackProvider.find().open(Stack.builder().name("host").nic("wire", wire, n -> n.address("10.0.0.1/24"))
                    .route("default", "wire").option("tcp", "congestion-control", "newreno").option("tcp", "fast-open", "server").config(), time);
            listener = host.tcp().listen(new InetSocketAddress("10.0.0.1", 80), 8);
            // One that is accepted, two that wait to be, one that is half open.
            for (int i : new int[] {10, 11, 12}) {
                syn(i);
                ack(i);
            }
            keep(listener.tryAccept());
            // And one that was opened fast and waits as well.
            wire.vnic.inject(WovenFrames.fastSyn(STRANGER, HOST, 6029, 80, null));
            int before = host.tcp().connectionCount();
            fast(30);
            check(host.tcp().connectionCount() == before + 1, "the cookie is not valid");
            syn(0);
        }

        /// Somebody else comes when there is memory again.
        void connectAnother() throws IOException {
            int before = host.tcp().connectionCount();
            syn(20);
            ack(20);
            check(host.tcp().connectionCount() == before + 1, "nobody can connect any more");
            TcpSocket next;
            TcpSocket last = null;
            while ((next = listener.tryAccept()) != null) {
                keep(next);
                last = next;
            }
            check(last != null && last.remoteAddress().getPort() == 6020, "who connected is not accepted");
            last.tryWrite(ByteBuffer.allocate(10));
        }
    }

    /// @param actions what is done, and at which allocation there is no memory: `syn 3`; how many there were is left in
    ///     `schedule` for whoever asks
    @Override
    public void run(Schedule schedule, List<String> actions) throws Exception {
        var failed = new boolean[1];
        var actor = schedule.actor(String.join(" ", actions), () -> {
            try {
                failed[0] = run(schedule, actions.getFirst(), Integer.parseInt(actions.get(1)));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        check(!schedule.run().contains(actor), "hangs: " + schedule.describe());
        if (actor.failure != null) {
            throw new AssertionError(actor.failure.getMessage() + " at " + actor.failure.getStackTrace()[1], schedule.struck());
        }
        if (!failed[0]) {
            throw new Exhausted();
        }
    }

    /// There were fewer allocations than that.
    public static final class Exhausted extends Exception {
        private static final long serialVersionUID = 1;
    }

    private boolean run(Schedule schedule, String action, int failing) throws IOException {
        long packets = Leaks.packets();
        long buffers = Leaks.buffers();
        var w = new World(schedule);
        w.setUp();
        schedule.failAllocationAt(failing);
        boolean failed;
        try {
            steps.get(action).run(w);
        } catch (OutOfMemoryError | IOException e) {
            // An answer.
        } finally {
            failed = schedule.hasFailed();
            schedule.failAllocationAt(NONE);
        }
        if (action.equals("close-listener") || action.equals("close-stack")) {
            check(!w.listener.isOpen(), "the listener is open");
        } else {
            w.connectAnother();
            w.runTimers(70 * SECOND);
            int before = w.host.tcp().connectionCount();
            w.ack(0);
            w.ack(1);
            check(w.host.tcp().connectionCount() == before, "a half-open record is left after a minute");
            w.listener.close();
        }
        for (TcpSocket s : w.sockets) {
            s.abort();
        }
        w.runTimers(7200 * SECOND);
        check(w.time.pending() == 0, "timers are left");
        int left = w.host.tcp().connectionCount();
        check(left == 0, left + " connections are left");
        if (!action.equals("close-stack")) {
            // The port is free.
            w.host.tcp().listen(new InetSocketAddress("10.0.0.1", 80), 8).close();
        }
        w.host.close();
        check(Leaks.packets() == packets, Leaks.packets() - packets + " packets are left");
        check(Leaks.buffers() == buffers, Leaks.buffers() - buffers + " buffers are left");
        return failed;
    }

    private static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }
}
