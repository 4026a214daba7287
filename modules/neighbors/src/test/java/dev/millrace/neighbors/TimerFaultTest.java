package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.NicAddress.State;
import dev.millrace.spi.Clock;
import dev.millrace.spi.Counters;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.PacketList;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the timer of a NIC does fails once, for want of memory: it is done later, and nothing is taken for done.
class TimerFaultTest {
    private static final IpAddress A = IpAddress.parse("fd00::1");
    private static final IpAddress B = IpAddress.parse("fd00::2");
    private static final IpAddress GROUP = IpAddress.parse("ff02::77");

    private final RandomGenerator chance = new SplittableRandom(1);
    private final List<IpAddress> claimed = new ArrayList<>();
    private long nowNs;
    private long deadlineNs = Long.MAX_VALUE;
    private Timers.Task task;
    private boolean noMemory;
    private int failures;
    private int sent;

    @SuppressWarnings("unchecked")
    private <T> T proxy(Class<T> type, java.lang.reflect.InvocationHandler handler) {
        return (T) Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {type}, handler);
    }

    private final Timers.Timer timer = new Timers.Timer() {
        @Override
        public void set(long deadline) {
            deadlineNs = deadline;
        }

        @Override
        public void cancel() {
            deadlineNs = Long.MAX_VALUE;
        }
    };

    private final NicPort nic = proxy(NicPort.class, (_, m, args) -> switch (m.getName()) {
        case "isUp" -> true;
        case "name" -> "e";
        case "stationAddress" -> 0x0200_0000_0001L;
        case "transmit" -> {
            sent += ((PacketList) args[0]).size();
            ((PacketList) args[0]).releaseAll();
            yield null;
        }
        default -> null;
    });

    private final NetworkContext context = proxy(NetworkContext.class, (_, m, args) -> switch (m.getName()) {
        case "clock" -> proxy(Clock.class, (_, _, _) -> nowNs);
        case "timers" -> proxy(Timers.class, (_, _, created) -> {
            task = (Timers.Task) created[0];
            return timer;
        });
        case "random" -> (RandomGenerator) () -> {
            if (noMemory) {
                throw new OutOfMemoryError("a test's");
            }
            return chance.nextLong();
        };
        case "counters" -> proxy(Counters.class, (_, _, _) -> proxy(Counters.Counter.class, (_, _, _) -> null));
        case "addressState" -> State.TENTATIVE;
        case "addressDetails", "addresses" -> List.of();
        case "addressChecked" -> {
            if (noMemory) {
                throw new OutOfMemoryError("a test's");
            }
            claimed.add((IpAddress) args[1]);
            yield null;
        }
        case "failed" -> {
            failures++;
            yield null;
        }
        default -> null;
    });

    private final Turn turn = new Turn(context);

    private void pass(long ms) {
        long end = nowNs + ms * 1_000_000;
        for (int i = 0; deadlineNs <= end; i++) {
            assertTrue(i < 1_000, "it has no rest");
            nowNs = Math.max(nowNs, deadlineNs);
            deadlineNs = Long.MAX_VALUE;
            task.run(nowNs);
        }
        nowNs = end;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1_050, 2_050})
    void addressesAreAskedForNevertheless(int after) {
        var dad = new DuplicateDetection(context, nic, turn, new Questions(context), 2, _ -> { });
        dad.start(A);
        dad.start(B);
        pass(after);
        noMemory = true;
        pass(10_000);
        assertTrue(failures > 0);
        noMemory = false;
        pass(10_000);
        assertEquals(2, claimed.size(), claimed.toString());
        assertTrue(claimed.containsAll(List.of(A, B)));
        assertEquals(4, sent, "questions");
    }

    @Test
    void groupsAreReportedNevertheless() {
        var groups = new MldReporter(context, nic, turn);
        groups.join(GROUP);
        noMemory = true;
        pass(2_000);
        assertTrue(failures > 0);
        noMemory = false;
        pass(5_000);
        assertEquals(2, sent, "reports of the change");
    }
}
