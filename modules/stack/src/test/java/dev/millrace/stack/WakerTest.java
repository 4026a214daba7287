package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.Waits;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Virtual threads that are woken by platform threads: in turn, and each of them.
@Timeout(60)
class WakerTest {
    private static final int CROWD = 500;
    private static final long WORK_NS = 100_000;
    /// Each wakes from a queue of its own, one of which may be the crowd's by chance.
    private static final int PROBERS = 4;
    private static final int PROBES = 25;

    private final RealSurroundings surroundings = new RealSurroundings();
    private final Waits waits = surroundings.waits();
    private final AtomicLong runs = new AtomicLong();
    private final ConcurrentLinkedQueue<Sleeper> asleep = new ConcurrentLinkedQueue<>();
    private volatile boolean over;

    /// A virtual thread that works for a moment each time it is woken.
    private final class Sleeper {
        volatile long asked;
        volatile long answered;
        /// How many had run when it was asked, and the most that ran until it did.
        private volatile long runsBefore;
        volatile long overtaken;
        final Thread thread = Thread.ofVirtual().unstarted(this::run);
        private final boolean returns;

        Sleeper(boolean returns) {
            this.returns = returns;
            thread.start();
        }

        void ask() {
            runsBefore = runs.get();
            asked++;
            waits.unpark(thread);
        }

        private void run() {
            while (!over) {
                if (answered == asked) {
                    waits.park(this, Long.MAX_VALUE);
                    continue;
                }
                overtaken = Math.max(overtaken, runs.get() - runsBefore);
                long until = System.nanoTime() + WORK_NS;
                while (System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
                runs.incrementAndGet();
                answered++;
                if (returns) {
                    asleep.add(this);
                }
            }
        }
    }

    /// As a link's reader under load: somebody to wake at any time.
    private void wakeTheCrowd() {
        while (!over) {
            Sleeper next = asleep.poll();
            if (next == null) {
                Thread.onSpinWait();
            } else {
                next.ask();
            }
        }
    }

    @Test
    void noneWaitsBehindThoseWhomAnotherThreadWakesLater() throws Exception {
        List<Sleeper> all = new ArrayList<>();
        for (int i = 0; i < CROWD; i++) {
            all.add(new Sleeper(true));
        }
        asleep.addAll(all);
        for (int i = 0; i < PROBERS; i++) {
            all.add(new Sleeper(false));
        }
        var most = new AtomicLong();
        Thread reader = Thread.ofPlatform().start(this::wakeTheCrowd);
        try {
            for (Sleeper probe : all.subList(CROWD, CROWD + PROBERS)) {
                Thread prober = Thread.ofPlatform().start(() -> wakeAndCount(probe, most));
                prober.join();
            }
        } finally {
            over = true;
            reader.join();
            all.forEach(s -> waits.unpark(s.thread));
            for (Sleeper s : all) {
                s.thread.join();
            }
            surroundings.close();
        }
        // In a line it is one round of the crowd; the margin is for processors that the machine takes away.
        assertTrue(most.get() <= 6 * CROWD, "overtaken " + most + " times by a crowd of " + CROWD);
    }

    private void wakeAndCount(Sleeper probe, AtomicLong most) {
        for (int i = 0; i < PROBES && most.get() <= 6 * CROWD; i++) {
            probe.ask();
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
            while (probe.answered != probe.asked && System.nanoTime() < until) {
                LockSupport.parkNanos(100_000);
            }
            most.accumulateAndGet(probe.overtaken, Math::max);
        }
    }

    @Test
    void everyWakeArrivesEvenWhenTheRingIsFullOrTheEndHasCome() throws Exception {
        List<Sleeper> all = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            all.add(new Sleeper(false));
        }
        List<Thread> wakers = new ArrayList<>();
        for (int w = 0; w < 3; w++) {
            int first = w * 100;
            wakers.add(Thread.ofPlatform().start(() -> {
                for (int round = 0; round < 50; round++) {
                    for (int i = first; i < first + 100; i++) {
                        all.get(i).ask();
                    }
                }
            }));
        }
        Thread.yield();
        surroundings.close();
        for (Thread t : wakers) {
            t.join();
        }
        for (Sleeper s : all) {
            while (s.answered != s.asked) {
                Thread.onSpinWait();
            }
            assertEquals(50, s.answered);
        }
        over = true;
        for (Sleeper s : all) {
            waits.unpark(s.thread);
            s.thread.join();
        }
    }

    /// A wake that is asked for while the waker stops is done by the one or by the other.
    @Test
    void noWakeIsLostAtTheMomentOfStopping() throws Exception {
        for (int round = 0; round < 1000; round++) {
            var waker = new Waker();
            waker.start();
            var sleeper = new Sleeper(false);
            awaitParked(sleeper.thread);
            var both = new CyclicBarrier(2);
            Thread stopper = Thread.ofPlatform().start(() -> {
                awaitOthers(both);
                waker.stop();
            });
            sleeper.asked++;
            awaitOthers(both);
            for (int i = round % 50; i > 0; i--) {
                Thread.onSpinWait();
            }
            waker.wake(sleeper.thread);
            stopper.join();
            awaitAnswer(sleeper, "round " + round);
            over = true;
            LockSupport.unpark(sleeper.thread);
            sleeper.thread.join();
            over = false;
        }
        surroundings.close();
    }

    /// Whoever runs out of stack in the middle of asking must not keep the waker from those who ask after him.
    @Test
    void whoOverflowsHisStackWhileAskingLeavesTheWakerAtWork() throws Exception {
        var waker = new Waker();
        waker.start();
        List<Sleeper> all = new ArrayList<>();
        for (int round = 0; round < 300; round++) {
            int frames = round;
            var victim = new Sleeper(false);
            Thread diver = new Thread(null, () -> {
                try {
                    dive(waker, victim.thread, frames, 0);
                } catch (StackOverflowError e) {
                    return;
                }
            }, "diver", 200_000);
            diver.start();
            diver.join();
            var sleeper = new Sleeper(false);
            awaitParked(sleeper.thread);
            sleeper.asked++;
            waker.wake(sleeper.thread);
            awaitAnswer(sleeper, "round " + round);
            all.add(sleeper);
        }
        over = true;
        for (Sleeper s : all) {
            LockSupport.unpark(s.thread);
            s.thread.join();
        }
        waker.stop();
        surroundings.close();
    }

    /// Asks again and again from ever deeper until there is no stack left; `offset` makes each end at another place.
    private static long dive(Waker waker, Thread parked, int offset, long depth) {
        if (offset > 0) {
            return dive(waker, parked, offset - 1, depth) + 1;
        }
        waker.wake(parked);
        return dive(waker, parked, 0, depth + 1) + 1;
    }

    private static void awaitOthers(CyclicBarrier barrier) {
        try {
            barrier.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new AssertionError(e);
        }
    }

    private static void awaitParked(Thread thread) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (thread.getState() != Thread.State.WAITING) {
            assertTrue(System.nanoTime() < until, "it does not come to wait");
            Thread.yield();
        }
    }

    private static void awaitAnswer(Sleeper sleeper, String when) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (sleeper.answered != sleeper.asked) {
            assertTrue(System.nanoTime() < until, "a wake was lost: " + when);
            LockSupport.parkNanos(50_000);
        }
    }
}
