package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.VirtualTime;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// As [WorstMomentTest], for connections that are opened fast: everything that their shells call throws once, at each place of
/// several lives. No lock, place, byte or packet is left, the listener's queue is empty in the end, and who comes afterwards
/// is served.
class FastOpenWorstMomentTest {
    private static final long MS = 1_000_000;
    private static final int PORT = 80;

    private final VirtualTime time = new VirtualTime();
    private final FaultyStack a = new FaultyStack("10.0.0.1", time, Map.of("fast-open", "both"));
    private final FaultyStack b = new FaultyStack("10.0.0.2", time, Map.of("fast-open", "both", "fast-open-queue", "5"));
    private final Set<ConnectionEndpoint> seen = new LinkedHashSet<>();
    private final List<TcpSocket> sockets = new ArrayList<>();
    private TcpListener listener;

    private interface Step {
        void run() throws Exception;
    }

    private void step(Step step) {
        try {
            step.run();
        } catch (Exception | FaultyStack.Fault e) {
            // A program that goes on.
        }
        look();
    }

    private void pass(long ms) {
        time.runUntil(time.nanoTime() + ms * MS);
        look();
    }

    private void look() {
        List.of(a, b).forEach(s -> s.tcp.endpoints.forEach(e -> {
            if (e instanceof ConnectionEndpoint c) {
                seen.add(c);
            }
        }));
    }

    private TcpSocket connect() throws IOException {
        TcpSocket s = a.tcp.open();
        sockets.add(s);
        s.startConnect(new InetSocketAddress(b.address().toInetAddress(), PORT));
        return s;
    }

    private void serve() throws IOException {
        TcpSocket s;
        while ((s = listener.tryAccept()) != null) {
            sockets.add(s);
            s.tryRead(ByteBuffer.allocate(5_000));
            s.tryWrite(ByteBuffer.allocate(3_000));
        }
    }

    /// A connection that brings a cookie, one that uses it, and three that come to nothing: whose SYN, whose SYN,ACK is lost, and
    /// that is thrown away.
    private void live(boolean stackCloses, FaultyStack faulty) throws Exception {
        for (int i = 0; i < 5 && listener == null; i++) {
            step(() -> listener = b.tcp.listen(new InetSocketAddress(PORT), 0));
        }
        step(this::connect);
        pass(10);
        step(this::serve);
        for (int trouble = 0; trouble < 4; trouble++) {
            int t = trouble;
            step(() -> {
                TcpSocket s = connect();
                // The last: after that Fast Open rests.
                a.lost = t == 3 ? a.following(1) : Set.of();
                b.lost = t == 1 ? b.following(1) : Set.of();
                s.tryWrite(ByteBuffer.allocate(2_000));
                if (t == 2) {
                    pass(1);
                    s.abort();
                }
            });
            pass(2);
            step(this::serve);
            pass(3_000);
            step(this::serve);
            step(() -> sockets.getLast().tryRead(ByteBuffer.allocate(5_000)));
        }
        if (stackCloses) {
            faulty.closing = true;
            step(faulty.tcp::close);
        }
    }

    private void judge(boolean stackClosed) throws Exception {
        a.lost = Set.of();
        b.lost = Set.of();
        if (!stackClosed) {
            // Somebody comes when nothing is wrong any more.
            TcpSocket s = connect();
            s.tryWrite(ByteBuffer.allocate(7));
            pass(300_000);
            int before = sockets.size();
            serve();
            assertTrue(sockets.size() > before, "who comes afterwards is not served");
        }
        for (TcpSocket s : sockets) {
            s.abort();
        }
        pass(120_000);
        assertEquals(0, ((ListenEndpoint) listener).openedFast(), "the queue");
        listener.close();
        pass(3_600_000);
        for (ConnectionEndpoint e : seen) {
            var free = new boolean[1];
            Thread.ofPlatform().start(() -> {
                free[0] = e.gate.tryLock();
                if (free[0]) {
                    e.gate.unlock();
                }
            }).join();
            assertTrue(free[0], "the lock is held");
        }
        for (FaultyStack s : List.of(a, b)) {
            assertEquals(0, s.places(), "places in the endpoint table");
            assertEquals(0, s.reserved(), "bytes of the budget");
        }
    }

    @ParameterizedTest
    @CsvSource({"true, false, 1", "false, false, 1", "true, true, 1", "false, true, 1", "false, false, 3"})
    void everythingThrowsOnce(boolean atClient, boolean stackCloses, int failures) {
        var faults = new ArrayList<String>();
        var problems = new ArrayList<String>();
        for (int n = 0; ; n++) {
            var life = new FastOpenWorstMomentTest();
            FaultyStack faulty = atClient ? life.a : life.b;
            FaultyStack.join(life.a, life.b);
            faulty.failFrom = faulty.calls + n;
            faulty.failures = failures;
            try (var _ = new LeakCheck()) {
                life.live(stackCloses, faulty);
                faulty.failFrom = Integer.MAX_VALUE;
                life.judge(stackCloses);
            } catch (Throwable e) {
                problems.add(n + " (" + faulty.failed + "): " + e);
            }
            if (faulty.failed == null) {
                break;
            }
            faults.add(faulty.failed);
        }
        assertTrue(faults.size() > 100, faults.size() + " faults only: " + faults);
        assertEquals(List.of(), problems, problems.size() + " of " + faults.size() + " lives");
    }

    @Test
    void livesWithoutFaultsAreWhole() throws Exception {
        FaultyStack.join(a, b);
        try (var _ = new LeakCheck()) {
            live(false, a);
            assertEquals(3, b.tcp.counters.counter("fast-open-passive").value(), "all but the one whose SYN was lost");
            judge(false);
            assertEquals(List.of(), a.told);
            assertEquals(List.of(), b.told);
        }
    }
}
