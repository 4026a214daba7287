package dev.millrace.tcp.engine;

import static dev.millrace.tcp.engine.TcpBench.MS;
import static dev.millrace.tcp.engine.TcpBench.ackOf;
import static dev.millrace.tcp.engine.TcpBench.establish;
import static dev.millrace.tcp.engine.TcpBench.syn;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/// Whatever a sender is doing, whatever changes around it: once the change is over something useful goes out within a
/// stated time, and in the end every byte arrives.
class RecoveryMeetsChangeTest {
    private static final int BYTES = 30_000;
    /// How long a change lasts.
    private static final long LASTS_MS = 5_000;

    enum Doing { OPEN, FAST_RECOVERY, SACK_RECOVERY, RTO_RECOVERY, PERSIST, CORK, CLOSING }

    enum Change {
        WINDOW_0(0), WINDOW_1(1), WINDOW_BELOW_MSS(700), WINDOW_DOUBLED(64_000),
        MTU_DOWN(32_000), MTU_UP(32_000), ROUTE_RENEWED(32_000), OUTAGE(32_000), OUTAGE_THEN_RENEWED(32_000);

        final int window;

        Change(int window) {
            this.window = window;
        }

        boolean loses() {
            return this == OUTAGE || this == OUTAGE_THEN_RENEWED;
        }
    }

    /// A peer that takes a segment as a whole or not at all, and answers each.
    private static final class Peer {
        final TcpBench b;
        final boolean[] got = new boolean[BYTES + 2];
        int next = 1;
        int window = 32_000;
        boolean deaf;
        long lastUsefulMs = -1;
        boolean finSeen;

        Peer(TcpBench b) {
            this.b = b;
        }

        /// Takes and answers until nothing more is sent.
        void converse() {
            int rounds = 0;
            while (!b.sent.isEmpty()) {
                assertTrue(++rounds < 10_000, "an endless conversation");
                TcpBench.Out o = b.next();
                if (deaf) {
                    continue;
                }
                boolean whole = o.len() > 0 && o.seq() + o.len() <= next + window;
                for (int i = 0; whole && i < o.len(); i++) {
                    got[o.seq() + i] = true;
                }
                if (whole && o.seq() <= next && o.seq() + o.len() > next) {
                    lastUsefulMs = o.atMs();
                }
                while (next <= BYTES && got[next]) {
                    next++;
                }
                finSeen |= (o.flags() & 1) != 0 && o.seq() + o.len() == BYTES + 1 && next == BYTES + 1;
                b.recv(ackOf(next + (finSeen ? 1 : 0)).win(window));
            }
        }

        void live(long ms) {
            for (long t = 0; t < ms; t += 10) {
                b.after(10);
                converse();
            }
        }
    }

    @TestFactory
    List<DynamicTest> somethingUsefulGoesOutSoonAndAllArrives() {
        var tests = new ArrayList<DynamicTest>();
        for (Doing doing : Doing.values()) {
            for (Change change : Change.values()) {
                tests.add(DynamicTest.dynamicTest(doing + " meets " + change, () -> meet(doing, change)));
            }
        }
        assertEquals(7 * 9, tests.size());
        return tests;
    }

    private static void meet(Doing doing, Change change) {
        TcpBench.In syn = syn().mss(1400);
        TcpBench b = establish(new TcpBench(), doing == Doing.SACK_RECOVERY ? syn.sackOk() : syn);
        Peer peer = new Peer(b);
        begin(b, doing);
        change(b, peer, change, true);
        if (!change.loses()) {
            b.recv(ackOf(peer.next).win(peer.window));
        }
        peer.converse();
        peer.live(LASTS_MS);
        int before = peer.next;
        long end = (b.nowNs - b.epochNs) / MS;
        change(b, peer, change, false);
        if (!change.loses()) {
            // The peer tells its window.
            b.recv(ackOf(peer.next).win(peer.window));
        }
        peer.converse();
        if (before <= BYTES) {
            // Plainly: twice the timeout, which is 200 ms here. Who was not told that an outage is over tries as often as
            // backing off lets him: it takes no longer than the outage took.
            long bound = change == Change.OUTAGE ? LASTS_MS + 500 : 2 * 210;
            long limit = end + bound;
            while (peer.next == before && (b.nowNs - b.epochNs) / MS <= limit) {
                peer.live(10);
            }
            assertTrue(peer.next > before && peer.lastUsefulMs <= limit, "nothing useful for " + bound + " ms after the change;"
                    + " stands at " + before + ": " + b.tcp.info(b.nowNs));
        }
        b.tcp.ownOptions().cork = false;
        b.tcp.optionsChanged(b.nowNs);
        b.drain();
        peer.converse();
        peer.live(30_000);
        assertEquals(BYTES + 1, peer.next, () -> "not all has arrived: " + b.tcp.info(b.nowNs));
        assertEquals(0, b.tcp.unsentOrUnacked());
        b.end();
    }

    private static void begin(TcpBench b, Doing doing) {
        switch (doing) {
            case OPEN -> b.write(BYTES);
            case FAST_RECOVERY -> {
                b.write(BYTES).recv(ackOf(1)).recv(ackOf(1)).recv(ackOf(1));
                assertEquals(LossRecovery.Phase.FAST_RECOVERY, b.tcp.recovery.phase());
            }
            case SACK_RECOVERY -> {
                b.write(BYTES).recv(ackOf(1).sack(1001, 2001)).recv(ackOf(1).sack(1001, 3001))
                        .recv(ackOf(1).sack(1001, 4001));
                assertEquals(LossRecovery.Phase.SACK_RECOVERY, b.tcp.recovery.phase());
            }
            case RTO_RECOVERY -> {
                b.write(BYTES).after(250);
                assertEquals(LossRecovery.Phase.RTO_RECOVERY, b.tcp.recovery.phase());
            }
            case PERSIST -> {
                b.recv(ackOf(1).win(0)).write(BYTES);
                assertTrue(b.tcp.timers.isSet(ConnectionTimers.PERSIST));
            }
            case CORK -> {
                b.tcp.ownOptions().cork = true;
                b.write(700).write(BYTES - 700);
            }
            case CLOSING -> b.write(BYTES).shutdown();
        }
        // What was sent so far is lost.
        b.forget();
    }

    private static void change(TcpBench b, Peer peer, Change change, boolean begins) {
        peer.window = begins ? change.window : 32_000;
        peer.deaf = begins && change.loses();
        switch (change) {
            case MTU_DOWN -> b.tcp.setPath(begins ? 560 : 1000, 0, b.nowNs);
            case MTU_UP -> b.tcp.setPath(begins ? 1400 : 1000, 0, b.nowNs);
            case ROUTE_RENEWED -> b.tcp.setPath(1000, 0, b.nowNs);
            case OUTAGE_THEN_RENEWED -> {
                if (!begins) {
                    b.tcp.setPath(1000, 0, b.nowNs);
                }
            }
            default -> { }
        }
        b.drain();
    }
}
