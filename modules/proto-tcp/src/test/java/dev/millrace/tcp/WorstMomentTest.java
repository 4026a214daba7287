package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.TcpListener;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import dev.millrace.spi.IcmpError;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.VirtualTime;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Everything that a connection's shell calls throws once, at each place of a whole life: no lock stays held, nobody who
/// waits is forgotten, and no packet, port or byte is left. A connection that has not failed goes on.
class WorstMomentTest {
    private static final long MS = 1_000_000;
    private static final int PORT = 80;

    /// How the life ends.
    private enum End {
        CLOSE, ABORT, STACK
    }

    private final VirtualTime time = new VirtualTime();
    private final FaultyStack a = new FaultyStack("10.0.0.1", time, Map.of("ecn", "request"));
    private final FaultyStack b = new FaultyStack("10.0.0.2", time, Map.of());
    private final Set<ConnectionEndpoint> seen = new LinkedHashSet<>();
    private final List<Thread> waiting = new ArrayList<>();
    private TcpListener listener;
    private TcpSocket client;
    private TcpSocket server;
    private int sent;
    private int got;
    private boolean unsure;
    /// Whether the life has options and urgent data besides.
    private boolean rich;

    /// Part of a program that hears of what goes wrong, and goes on.
    private interface Step {
        void run() throws Exception;
    }

    private void step(Step step) {
        try {
            step.run();
        } catch (Exception | FaultyStack.Fault e) {
            unsure = true;
        }
        look();
    }

    private void pass(long ms) {
        time.runUntil(time.nanoTime() + ms * MS);
        look();
    }

    private void look() {
        List.of(a, b).forEach(s -> s.tcp.endpoints.forEach(e -> {
            if (e instanceof ConnectionEndpoint c && seen.add(c)) {
                c.wakeups.register(Wakeups.Role.READS, waiter());
            }
        }));
    }

    private Thread waiter() {
        Thread t = Thread.ofVirtual().unstarted(() -> { });
        waiting.add(t);
        return t;
    }

    private void accept() throws Exception {
        if (server == null) {
            server = listener.tryAccept();
        }
    }

    private void connect() throws Exception {
        FaultyStack.join(a, b);
        listener = b.tcp.listen(new InetSocketAddress(PORT), 0);
        client = a.tcp.open();
        client.startConnect(new InetSocketAddress(b.address().toInetAddress(), PORT));
        pass(10);
        accept();
    }

    private void write(TcpSocket from, int n) throws Exception {
        if (from != null) {
            sent += from.tryWrite(ByteBuffer.allocate(n));
        }
    }

    private void read(TcpSocket to) throws Exception {
        var buffer = ByteBuffer.allocate(8192);
        int n;
        while (to != null && (n = to.tryRead(buffer)) > 0) {
            got += n;
            buffer.clear();
        }
    }

    private void talk(TcpSocket from, TcpSocket to, int n) {
        step(() -> write(from, n));
        pass(3);
        step(() -> read(to));
        pass(100);
        step(() -> read(to));
    }

    private void talkUrgently() {
        step(() -> server.onUrgent(() -> b.pass("callback")));
        step(() -> client.setOption(TcpOptions.NOTSENT_LOWAT, 10_000));
        step(() -> sent += client.tryWriteUrgent(ByteBuffer.allocate(3_000)));
        pass(100);
        step(() -> read(server));
        step(() -> server.urgentBytes());
        step(() -> server.info());
        step(() -> client.setOption(TcpOptions.NOTSENT_LOWAT, 0));
    }

    private void live(FaultyStack faulty, End end) throws Exception {
        a.lost = Set.of(4, 9, 10, 21);
        b.lost = Set.of(3, 12, 13);
        for (int i = 0; i < 5 && listener == null; i++) {
            step(() -> listener = b.tcp.listen(new InetSocketAddress(PORT), 0));
        }
        listener.onReady(_ -> b.pass("callback"));
        if (rich) {
            step(() -> listener.setOption(TcpOptions.DEFER_ACCEPT, Duration.ofSeconds(1))
                    .setOption(TcpOptions.ADVERTISED_USER_TIMEOUT, Duration.ofSeconds(500)));
        }
        client = a.tcp.open();
        client.onReady(_ -> a.pass("callback"));
        step(() -> client.startConnect(new InetSocketAddress(b.address().toInetAddress(), PORT)));
        pass(10);
        step(this::accept);
        pass(5_000);
        step(this::accept);
        if (rich) {
            talkUrgently();
        }
        talk(client, server, 20_000);
        talk(server, client, 5_000);
        step(() -> faulty.tcp.onError(tooBig(faulty)));
        talk(client, server, 3_000);
        step(() -> client.setOption(StandardSocketOptions.TCP_NODELAY, true));
        step(() -> server.peek(ByteBuffer.allocate(10)));
        switch (end) {
            case CLOSE -> {
                step(() -> server.close());
                pass(100);
                step(() -> client.tryRead(ByteBuffer.allocate(1)));
                step(() -> client.close());
            }
            case ABORT -> step(() -> (faulty == a ? client : server).abort());
            case STACK -> {
                faulty.closing = true;
                step(faulty.tcp::close);
            }
        }
        pass(1_000);
    }

    /// What ICMP says of the faulty stack's connection, and of the oldest segment in flight.
    private IcmpError tooBig(FaultyStack faulty) {
        FaultyStack other = faulty == a ? b : a;
        int[] ports = new int[2];
        int quotedSeq = 0;
        for (ConnectionEndpoint e : seen) {
            if (e.protocol == faulty.tcp) {
                ports[0] = e.localPort();
                ports[1] = e.remotePort;
                quotedSeq = e.gate.inspect(t -> t.sndNxt() - (int) t.info(0).sending().bytesInFlight());
            }
        }
        byte[] quoted = {(byte) (ports[0] >> 8), (byte) ports[0], (byte) (ports[1] >> 8), (byte) ports[1],
            (byte) (quotedSeq >> 24), (byte) (quotedSeq >> 16), (byte) (quotedSeq >> 8), (byte) quotedSeq};
        return new IcmpError(IcmpError.Kind.PACKET_TOO_BIG, 6, faulty.address(), other.address(), quoted, 1000,
                other.address());
    }

    /// Ends what is left and looks at what remains.
    private void judge(String what) throws Exception {
        // Any wait of a program ends by itself in this time, if nothing was forgotten.
        pass(300_000);
        step(() -> read(server));
        step(() -> read(client));
        if (!unsure && client.pendingError().isEmpty() && (server == null || server.pendingError().isEmpty())) {
            assertEquals(sent, got, what + ": bytes that came");
        }
        for (TcpSocket s : new TcpSocket[] {client, server}) {
            if (s != null) {
                s.close();
            }
        }
        listener.close();
        pass(3_600_000);
        for (ConnectionEndpoint e : seen) {
            var free = new boolean[1];
            Thread other = Thread.ofPlatform().start(() -> {
                free[0] = e.gate.tryLock();
                if (free[0]) {
                    e.gate.unlock();
                }
            });
            other.join();
            assertTrue(free[0], what + ": the lock is held");
        }
        for (FaultyStack s : List.of(a, b)) {
            assertEquals(0, s.places(), what + ": places in the endpoint table");
            assertEquals(0, s.reserved(), what + ": bytes of the budget");
        }
        Set<Thread> woken = new LinkedHashSet<>(a.unparked);
        woken.addAll(b.unparked);
        assertTrue(woken.containsAll(waiting), what + ": a thread waits for ever");
    }

    @ParameterizedTest
    @CsvSource({"true, CLOSE, 1, false", "false, CLOSE, 1, false", "true, ABORT, 1, false", "false, ABORT, 1, false",
            "true, STACK, 1, false", "false, STACK, 1, false", "true, CLOSE, 3, false", "false, CLOSE, 3, false",
            "true, STACK, 3, false", "false, STACK, 3, false", "true, CLOSE, 1, true", "false, CLOSE, 1, true",
            "false, ABORT, 1, true", "false, STACK, 1, true", "false, CLOSE, 3, true"})
    void everythingThrowsOnce(boolean atClient, End end, int failures, boolean richer) throws Exception {
        var faults = new ArrayList<String>();
        var problems = new ArrayList<String>();
        for (int n = 0; ; n++) {
            var life = new WorstMomentTest();
            life.rich = richer;
            FaultyStack faulty = atClient ? life.a : life.b;
            FaultyStack.join(life.a, life.b);
            faulty.failFrom = faulty.calls + n;
            faulty.failures = failures;
            try (var _ = new LeakCheck()) {
                life.live(faulty, end);
                life.judge("call " + n);
            } catch (Throwable e) {
                problems.add(n + " (" + faulty.failed + "): " + e.getMessage());
            }
            if (faulty.failed == null) {
                break;
            }
            faults.add(faulty.failed);
        }
        assertTrue(faults.size() > 100, faults.size() + " faults only: " + faults);
        assertEquals(List.of(), problems, problems.size() + " of " + faults.size() + " lives");
    }

    /// A conversation in which a congestion control is told of everything that there is to tell.
    private void eventfulLife() throws Exception {
        connect();
        talk(client, server, 5_000);
        a.marked = a.following(1);
        talk(client, server, 5_000);
        a.late = a.following(1);
        talk(client, server, 20_000);
        a.lost = a.following(6);
        talk(client, server, 5_000);
        pass(5_000);
        step(() -> read(server));
        a.lost = Set.of(a.following(1).iterator().next() + 2);
        talk(client, server, 20_000);
        step(() -> write(client, 20_000));
        step(() -> a.tcp.onError(tooBig(a)));
        pass(100);
        step(() -> read(server));
        talk(server, client, 5_000);
    }

    static List<String> callsOfACongestionControl() {
        return java.util.Arrays.stream(dev.millrace.spi.CongestionControl.class.getDeclaredMethods())
                .filter(m -> !m.isSynthetic()).map(m -> "congestion." + m.getName()).sorted().toList();
    }

    @ParameterizedTest
    @MethodSource("callsOfACongestionControl")
    void everyCallOfACongestionControlMayThrow(String call) throws Exception {
        try (var _ = new LeakCheck()) {
            a.refused = call;
            step(this::eventfulLife);
            assertNull(a.refused, "was never called");
            assertTrue(a.told.stream().anyMatch(t -> t instanceof FaultyStack.Fault f && f.getMessage().equals(call)),
                    () -> "told " + a.told);
            unsure = true;
            judge(call);
        }
    }

    @Test
    void aLifeFullOfEventsIsWhole() throws Exception {
        try (var _ = new LeakCheck()) {
            eventfulLife();
            assertEquals(80_000, got);
            assertEquals(List.of(), a.told);
            judge("no fault");
        }
    }

    @Test
    void lifeWithoutFaultsIsWhole() throws Exception {
        FaultyStack.join(a, b);
        live(a, End.CLOSE);
        judge("no fault");
        assertEquals(28_000, got);
        assertEquals(List.of(), a.told);
    }

    @Test
    void richLifeWithoutFaultsIsWhole() throws Exception {
        rich = true;
        FaultyStack.join(a, b);
        live(a, End.CLOSE);
        judge("no fault");
        // What the wire loses is another packet here: the last one, which comes again when the server has closed.
        assertEquals(31_000, sent);
        assertTrue(got >= 30_000, "got " + got);
        assertEquals(List.of(), a.told);
        assertEquals(List.of(), b.told);
    }

    @Test
    void congestionControlThatClosesItsStackLeavesNothing() throws Exception {
        try (var _ = new LeakCheck()) {
            connect();
            talk(client, server, 3_000);
            a.insideEngine = () -> {
                a.closing = true;
                a.tcp.close();
            };
            step(() -> write(client, 3_000));
            assertEquals(0, a.places());
            assertTrue(client.pendingError().orElseThrow() == ErrorCode.STACK_CLOSED, "pending error");
            pass(100);
            assertEquals(ErrorCode.CONNECTION_RESET, server.pendingError().orElseThrow());
            unsure = true;
            judge("closed from inside");
        }
    }

    @Test
    void congestionControlMustNotUseItsSocket() throws Exception {
        try (var _ = new LeakCheck()) {
            connect();
            var thrown = new ArrayList<Throwable>();
            a.insideEngine = () -> thrown.add(assertThrows(IllegalStateException.class, client::close));
            write(client, 3_000);
            pass(100);
            assertEquals(1, thrown.size());
            assertTrue(client.pendingError().isEmpty(), "the connection goes on");
            unsure = true;
            judge("used from inside");
        }
    }

    /// The peer's reset is told when what came before it has been shown, not before.
    @Test
    void peekShowsWhatIsLeftOfAConnectionThatFailed() throws Exception {
        connect();
        write(client, 100);
        pass(10);
        assertEquals(60, server.peek(ByteBuffer.allocate(60)));
        client.abort();
        pass(10);
        assertEquals(ErrorCode.CONNECTION_RESET, server.pendingError().orElseThrow());
        int shown = server.peek(ByteBuffer.allocate(200));
        assertTrue(shown >= 60, shown + " bytes are shown");
        assertEquals(shown, server.tryRead(ByteBuffer.allocate(200)));
        assertThrows(SocketException.class, () -> server.tryRead(ByteBuffer.allocate(200)));
    }

    /// Who waits in one role is not forgotten because another thread waits in another.
    @Test
    void connectAndLingerDoNotShareAPlace() {
        var wakeups = new Wakeups();
        Thread connects = waiter();
        Thread closes = waiter();
        wakeups.register(Wakeups.Role.CONNECTS, connects);
        wakeups.register(Wakeups.Role.CLOSES, closes);
        wakeups.withdraw(Wakeups.Role.CLOSES, closes);
        wakeups.wakeAll(a.tcp);
        assertEquals(Set.of(connects), a.unparked);
    }

    /// A wake-up takes out whom it wakes, and nobody who came after.
    @Test
    void registrationIsNeverLost() throws Exception {
        var wakeups = new Wakeups();
        var turn = new AtomicInteger();
        int rounds = 100_000;
        Thread waker = Thread.ofPlatform().start(() -> {
            for (int i = 1; i <= rounds; i++) {
                while (turn.get() != i) {
                    if (Thread.interrupted()) {
                        return;
                    }
                    Thread.onSpinWait();
                }
                wakeups.wake(Wakeups.READABLE, a.tcp);
                turn.set(-i);
            }
        });
        try {
            meet(wakeups, turn, rounds, waiter(), waiter());
        } finally {
            waker.interrupt();
            waker.join();
        }
    }

    private void meet(Wakeups wakeups, AtomicInteger turn, int rounds, Thread first, Thread second) {
        for (int i = 1; i <= rounds; i++) {
            a.unparked.clear();
            wakeups.register(Wakeups.Role.READS, first);
            turn.set(i);
            // Late by a little more each time, so that all moments of the wake-up are met.
            for (int spin = 0; spin < i % 64; spin++) {
                Thread.onSpinWait();
            }
            wakeups.register(Wakeups.Role.READS, second);
            while (turn.get() != -i) {
                Thread.onSpinWait();
            }
            if (!a.unparked.contains(second)) {
                wakeups.wake(Wakeups.READABLE, a.tcp);
                assertTrue(a.unparked.contains(second), "round " + i + ": a thread waits for ever");
            }
        }
    }
}
