package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.NicConfig;
import dev.millrace.Stack;
import dev.millrace.StackConfig;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.spi.Clock;
import dev.millrace.spi.Link;
import dev.millrace.spi.StackProvider;
import dev.millrace.spi.Surroundings;
import dev.millrace.spi.Timers;
import dev.millrace.spi.Waits;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/// Each of these fails: what the timers of a neighbour throw once, for want of memory, costs more than a packet.
class SendingFaultTest {
    private final List<Map.Entry<Vnic, byte[]>> wire = new ArrayList<>();
    private final List<Vnic> vnics = new ArrayList<>();
    private boolean noMemory;
    private long nowNs;
    private int thrown;

    private final class Time implements Surroundings, Timers {
        private final class Due implements Timer {
            private final Task task;
            private long deadline = Long.MAX_VALUE;

            private Due(Task task) {
                this.task = task;
            }

            @Override
            public void set(long deadlineNs) {
                failIfNeighbour();
                deadline = deadlineNs;
            }

            @Override
            public void cancel() {
                deadline = Long.MAX_VALUE;
            }
        }

        private final List<Due> all = new ArrayList<>();
        private final SplittableRandom random = new SplittableRandom(1);

        private void failIfNeighbour() {
            if (noMemory && StackWalker.getInstance().walk(s -> s.anyMatch(f -> f.getClassName().endsWith(".NeighborEntry")))) {
                thrown++;
                throw new OutOfMemoryError("a test's");
            }
        }

        void pass() {
            for (Due d : List.copyOf(all)) {
                if (d.deadline <= nowNs) {
                    d.deadline = Long.MAX_VALUE;
                    try {
                        d.task.run(nowNs);
                    } catch (OutOfMemoryError e) {
                        // Told to who lets time pass.
                    }
                }
            }
        }

        @Override
        public Timer create(Task task) {
            failIfNeighbour();
            var due = new Due(task);
            all.add(due);
            return due;
        }

        @Override
        public Clock clock() {
            return (Clock) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Clock.class},
                    (_, m, _) -> m.getReturnType() == long.class ? (Object) nowNs : null);
        }

        @Override
        public Timers timers() {
            return this;
        }

        @Override
        public Waits waits() {
            return (Waits) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {Waits.class},
                    (_, m, _) -> m.getReturnType() == boolean.class ? (Object) true
                            : m.getReturnType() == long.class ? (Object) 0L : null);
        }

        @Override
        public RandomGenerator random() {
            return random;
        }

        @Override
        public boolean isStepped() {
            return true;
        }

        @Override
        public boolean isTimerThread() {
            return false;
        }

        @Override
        public void close() {
        }
    }

    private Stack stack(int i, Time time) throws IOException {
        var vnic = new Vnic(Link.Medium.ETHERNET, 1500, true);
        vnics.add(vnic);
        vnic.onTransmit(f -> wire.add(Map.entry(vnic, f)));
        var nic = new NicConfig("e", "", vnic, 0, List.of(Cidr.parse("10.0.0." + i + "/24")), null,
                Map.of("mac", "02:00:00:00:00:0" + i));
        return StackProvider.find().open(new StackConfig("s" + i, List.of(nic), List.of(), List.of(), Map.of()), time);
    }

    private void carry() {
        while (!wire.isEmpty()) {
            var next = wire.removeFirst();
            vnics.stream().filter(v -> v != next.getKey()).forEach(v -> v.inject(next.getValue()));
        }
    }

    @Test
    void fragmentsThatCannotLeaveAreGivenBack() throws Exception {
        var leaks = new LeakCheck();
        try (Stack near = stack(1, new Time()); UdpSocket from = near.udp().bind(0)) {
            noMemory = true;
            assertThrows(OutOfMemoryError.class,
                    () -> from.send(ByteBuffer.allocate(4_000), new InetSocketAddress("10.0.0.2", 7)));
            noMemory = false;
        }
        leaks.close();
    }

    @Test
    void aConnectionOutlivesAQuestionThatFails() throws Exception {
        var time = new Time();
        try (Stack near = stack(1, time); Stack far = stack(2, new Time()); TcpListener listener = far.tcp().listen(80);
                TcpSocket client = near.tcp().open()) {
            client.startConnect(new InetSocketAddress("10.0.0.2", 80));
            carry();
            assertTrue(client.finishConnect());
            client.tryWrite(ByteBuffer.allocate(1));
            noMemory = true;
            for (int i = 0; i < 2_000 && thrown == 0; i++) {
                nowNs += 10_000_000;
                time.pass();
                wire.clear();
            }
            noMemory = false;
            assertEquals(1, thrown);
            assertEquals(1, client.tryWrite(ByteBuffer.allocate(1)), "near: " + near.counters().get("failures"));
        }
    }
}
