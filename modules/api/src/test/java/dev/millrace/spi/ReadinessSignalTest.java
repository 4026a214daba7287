package dev.millrace.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Readiness;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a program's readiness callback may count on, and what it cannot break.
@Timeout(60)
class ReadinessSignalTest {
    private static final Readiness NOTHING = Readiness.of(false, true, false);
    private static final Readiness DATA = Readiness.of(true, true, false);

    private final List<Throwable> failures = new ArrayList<>();
    private volatile Readiness present = NOTHING;

    @Test
    void tellsThePresentReadinessBeforeItReturns() {
        var told = new ArrayList<Readiness>();
        var signal = new ReadinessSignal(() -> present, told::add, failures::add);
        signal.signal();
        present = DATA;
        signal.signal();
        assertEquals(List.of(NOTHING, DATA), told);
        assertEquals(List.of(), failures);
    }

    @Test
    void aSignalFromInsideTheCallbackDoesNotRecurseAndIsNotLost() {
        var told = new ArrayList<Readiness>();
        var depth = new AtomicInteger();
        var self = new ReadinessSignal[1];
        self[0] = new ReadinessSignal(() -> present, r -> {
            assertEquals(1, depth.incrementAndGet(), "the callback ran inside itself");
            told.add(r);
            if (told.size() == 1) {
                present = DATA;
                self[0].signal();
                self[0].signal();
            }
            depth.decrementAndGet();
        }, failures::add);
        self[0].signal();
        assertEquals(List.of(NOTHING, DATA), told, "two signals while it ran are one more call");
        assertEquals(List.of(), failures);
    }

    @Test
    void whatTheCallbackThrowsIsContainedAndItIsCalledAgain() {
        var calls = new AtomicInteger();
        var signal = new ReadinessSignal(() -> present, _ -> {
            switch (calls.incrementAndGet()) {
                case 1 -> throw new IllegalStateException("a mistake");
                case 2 -> throw new AssertionError("a test's");
                case 3 -> throw new StackOverflowError();
                default -> { }
            }
        }, failures::add);
        for (int i = 1; i <= 5; i++) {
            signal.signal();
            assertEquals(i, calls.get());
        }
        assertEquals(3, failures.size());
        assertInstanceOf(StackOverflowError.class, failures.get(2));
    }

    @Test
    void neitherTheSupplierNorTheReportOfAFailureCanEndIt() {
        var calls = new AtomicInteger();
        var broken = new AtomicBoolean(true);
        var signal = new ReadinessSignal(() -> {
            if (broken.get()) {
                throw new OutOfMemoryError("a test's");
            }
            return present;
        }, _ -> calls.incrementAndGet(), _ -> {
            throw new OutOfMemoryError("none left to report");
        });
        signal.signal();
        assertEquals(0, calls.get());
        broken.set(false);
        signal.signal();
        assertEquals(1, calls.get());
    }

    @Test
    void aSlowThreadDoesNotPublishOldReadinessLast() throws Exception {
        var told = new ArrayList<Readiness>();
        var entered = new CountDownLatch(1);
        var goOn = new CountDownLatch(1);
        var signal = new ReadinessSignal(() -> present, r -> {
            synchronized (told) {
                told.add(r);
            }
            if (r == NOTHING) {
                entered.countDown();
                awaitLatch(goOn);
            }
        }, failures::add);
        Thread slow = Thread.ofPlatform().start(signal::signal);
        awaitLatch(entered);
        // The news comes while the slow thread is inside the callback with what was true before.
        present = DATA;
        signal.signal();
        goOn.countDown();
        slow.join();
        assertEquals(List.of(NOTHING, DATA), told);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            assertTrue(latch.await(30, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void manyThreadsNeverMeetInTheCallbackAndTheLastTruthIsToldLast() throws Exception {
        var inside = new AtomicBoolean();
        var met = new AtomicBoolean();
        var truth = new AtomicInteger();
        // What was last told, written and read by whoever is inside, without any synchronization of its own.
        int[] lastTold = {-1};
        for (int round = 0; round < 50; round++) {
            var asked = new int[1];
            var signal = new ReadinessSignal(() -> {
                asked[0] = truth.get();
                return NOTHING;
            }, _ -> {
                met.compareAndSet(false, !inside.compareAndSet(false, true));
                lastTold[0] = asked[0];
                inside.set(false);
            }, failures::add);
            var threads = new ArrayList<Thread>();
            for (int t = 0; t < 4; t++) {
                threads.add(Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 500; i++) {
                        truth.incrementAndGet();
                        signal.signal();
                    }
                }));
            }
            for (Thread t : threads) {
                t.join();
            }
            assertEquals(truth.get(), lastTold[0]);
        }
        assertFalse(met.get(), "two threads were in the callback at once");
        assertEquals(List.of(), failures);
    }
}
