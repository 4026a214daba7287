package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.OptionValues;
import dev.millrace.spi.Counters;
import dev.millrace.spi.MemoryBudget;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.Timers;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.VirtualTime;
import dev.millrace.wire.buffer.Packet;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Every call that reassembly makes of its stack throws once, one after the other: nothing leaks, no memory stays reserved, no
/// lock stays held, and what comes afterwards is reassembled.
class ReassemblyFaultTest {
    /// Whose calls may throw; packets are the wire's, and what tells of failures must not fail itself.
    private static final Set<Class<?>> FAULTY = Set.of(NetworkContext.class, Timers.class, Timers.Timer.class,
            MemoryBudget.class, Counters.class, Counters.Counter.class);

    private static final class Fault extends Error {
        private static final long serialVersionUID = 1;

        Fault(String call) {
            super(call);
        }
    }

    private int calls;
    private int failing;
    private String failed;

    /// `real`, with calls that throw when their turn comes.
    private <T> T faulty(Class<T> type, T real) {
        return type.cast(Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {type}, (_, method, args) -> {
            if (method.getName().equals("failed")) {
                return null;
            }
            if (method.getDeclaringClass() != Object.class && calls++ == failing) {
                failed = type.getSimpleName() + "." + method.getName();
                throw new Fault(failed);
            }
            Object result;
            try {
                result = method.invoke(real, args);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
            Class<?> returned = method.getReturnType();
            return FAULTY.contains(returned) ? wrap(returned, result) : result;
        }));
    }

    private <T> Object wrap(Class<T> type, Object real) {
        return faulty(type, type.cast(real));
    }

    private void receive(NetworkProtocol ip, FakeNic nic, byte[] bytes) {
        // As the stack does it: who has the packet in hand when something is thrown, ends it.
        Packet p = Packet.copyOf(bytes);
        p.holdFor(this);
        try {
            ip.receive(nic, p);
        } catch (Fault f) {
            if (p.isHeldBy(this)) {
                p.release();
            }
        }
    }

    private void passTime(VirtualTime time, long seconds) {
        try {
            time.runUntil(time.nanoTime() + seconds * 1_000_000_000L);
        } catch (Fault f) {
            assertEquals(failed, f.getMessage());
        }
    }

    /// One life of it: datagrams that become whole, overlap, lack a fragment, come too often, are too many; its end.
    private void live(IpBench bench, NetworkProtocol ip) {
        byte[] packet = bench.fromPeer().udp(1, 2, new byte[3000]);
        List<byte[]> pieces = Cuts.every(1000, bench, 1, packet);
        for (byte[] piece : pieces) {
            receive(ip, bench.nic, piece);
        }
        receive(ip, bench.nic, pieces.get(0));
        receive(ip, bench.nic, pieces.get(0));
        passTime(bench.time, 70);
        List<byte[]> others = Cuts.every(1000, bench, 2, packet);
        receive(ip, bench.nic, others.get(1));
        receive(ip, bench.nic, Cuts.every(600, bench, 2, packet).get(2));
        receive(ip, bench.nic, others.get(0));
        // Too large for a small buffer, so that few of them fill the memory.
        for (int id = 10; id < 14; id++) {
            receive(ip, bench.nic, Cuts.every(2400, bench, id, packet).get(0));
        }
        passTime(bench.time, 70);
        receive(ip, bench.nic, others.get(2));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void everyCallThrowsOnce(int version) {
        var seen = new ArrayList<String>();
        for (failing = 0; failing == seen.size(); failing++) {
            var leaks = new LeakCheck();
            var bench = new IpBench(version);
            var factory = version == 4 ? new Ipv4Factory() : new Ipv6Factory();
            calls = Integer.MIN_VALUE;
            NetworkProtocol ip = factory.create(faulty(NetworkContext.class, bench.network),
                    OptionValues.check(factory.name(), factory.options(), Map.of("reassembly-memory", "256KiB")));
            calls = 0;
            failed = null;
            live(bench, ip);
            if (failed != null) {
                seen.add(failed);
            } else {
                for (String outcome : List.of("reassembled", "reassembly-timeout", "reassembly-overlap", "reassembly-full", "reassembly-duplicate")) {
                    assertTrue(bench.count(outcome) > 0, "no " + outcome);
                }
            }
            calls = Integer.MIN_VALUE;
            requireHealth(bench, ip);
            calls = 0;
            int fault = failing;
            failing = failed == null ? Integer.MAX_VALUE : fault % 2;
            try {
                ip.close();
            } catch (Fault f) {
                assertEquals(failed, f.getMessage());
            }
            failing = fault;
            String last = failed;
            assertDoesNotThrow(leaks::close, () -> last + ", call " + fault);
        }
        assertTrue(seen.size() > 100, seen.size() + " calls");
        assertTrue(seen.containsAll(List.of("MemoryBudget.tryReserve", "MemoryBudget.release", "Timers.create", "Timer.set",
                "NetworkContext.drop", "NetworkContext.deliver")), () -> Set.copyOf(seen).toString());
    }

    /// After the fault: datagrams are made whole as ever, and in the end nothing is reserved but what a release that threw
    /// has kept.
    private void requireHealth(IpBench bench, NetworkProtocol ip) {
        boolean kept = "MemoryBudget.release".equals(failed) || "NetworkContext.memory".equals(failed);
        bench.network.deliveries().clear();
        byte[] packet = bench.fromPeer().udp(1, 2, new byte[3000]);
        for (byte[] piece : Cuts.every(1000, bench, 100, packet)) {
            receive(ip, bench.nic, piece);
        }
        assertEquals(1, bench.network.deliveries().size(), failed);
        bench.time.runUntil(bench.time.nanoTime() + 70_000_000_000L);
        assertTrue(kept || bench.network.memory().reserved() == 0, failed + " leaves memory reserved");
    }
}
