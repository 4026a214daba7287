package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.LeakCheck;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Waits that cross with crashes, ends, signals and threads from outside: nobody waits for ever.
@Timeout(60)
class CrossedWaitsTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final LeakCheck leaks = new LeakCheck();
    private final Internet net = Internet.virtualTime(9);

    @AfterEach
    void end() {
        net.close();
        leaks.close();
    }

    @Test
    void whoSignalsAndWaitsDoesNotTakeItsOwnSignal() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Lock lock = a.lock();
        Condition changed = lock.newCondition();
        int[] whose = new int[1];
        var players = new Program<?>[2];
        for (int i = 0; i < 2; i++) {
            int me = i;
            players[i] = a.run(() -> {
                for (int n = 0; n < 5; n++) {
                    lock.lock();
                    try {
                        while (whose[0] != me) {
                            changed.await();
                        }
                        whose[0] = 1 - me;
                        changed.signal();
                    } finally {
                        lock.unlock();
                    }
                }
            });
        }
        players[0].get();
        players[1].get();
    }

    @Test
    void aSignalIsForWhoWaitedAlready() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Lock lock = a.lock();
        Condition changed = lock.newCondition();
        boolean[] woken = new boolean[1];
        Program<Void> first = a.run(() -> {
            lock.lock();
            changed.await();
            woken[0] = true;
            lock.unlock();
        });
        net.runFor(SECOND);
        Program<Boolean> second = a.call(() -> {
            lock.lock();
            changed.signal();
            boolean came = changed.await(1, TimeUnit.SECONDS);
            lock.unlock();
            return came;
        });
        assertFalse(second.get());
        assertTrue(woken[0]);
        first.get();
    }

    @Test
    void tasksOfACrashedHostFail() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        var executor = a.executor(1);
        Future<?> running = executor.submit(() -> {
            a.sleep(Duration.ofSeconds(10));
            return 1;
        });
        Future<Integer> waiting = executor.submit(() -> 1);
        ScheduledFuture<Integer> later = executor.schedule(() -> 1, 5, TimeUnit.SECONDS);
        net.runFor(SECOND);
        a.crash();
        for (Future<?> f : java.util.List.of(running, waiting, later)) {
            var e = assertThrows(ExecutionException.class, () -> f.get(20, TimeUnit.SECONDS));
            assertTrue(e.getCause().getMessage().contains("has crashed"), e.toString());
        }
        assertEquals(SECOND, net.now());
        assertThrows(RejectedExecutionException.class, () -> executor.submit(() -> 1));
        assertThrows(RejectedExecutionException.class, () -> executor.schedule(() -> 1, 1, TimeUnit.SECONDS));
        executor.close();
        assertTrue(executor.isTerminated());
        assertEquals(SECOND, net.now());
    }

    @Test
    void whoWaitsForAnExecutorOfAHostThatIsClosedOrCrashesGoesOn() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Host b = net.host("b", "10.0.0.2");
        var ofA = a.executor();
        ofA.submit(() -> {
            a.sleep(Duration.ofSeconds(50));
            return 1;
        });
        Program<Void> closing = b.run(ofA::close);
        net.at(SECOND).crash("a");
        closing.get();
        assertEquals(SECOND, net.now());
        var ofB = b.executor();
        ScheduledFuture<Integer> never = ofB.schedule(() -> 1, 5, TimeUnit.SECONDS);
        b.close();
        ofB.shutdown();
        assertTrue(ofB.awaitTermination(20, TimeUnit.SECONDS));
        assertThrows(Exception.class, () -> never.get(20, TimeUnit.SECONDS));
    }

    @Test
    void aTaskThatShutsItsExecutorDownIsNotRepeatedAndEnds() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        var executor = a.executor();
        Future<?> repeated = executor.scheduleAtFixedRate(executor::shutdown, 1, 1, TimeUnit.SECONDS);
        assertThrows(CancellationException.class, () -> repeated.get(10, TimeUnit.SECONDS));
        assertTrue(executor.isTerminated());
    }

    @Test
    void aLockOfWhoHasCrashedIsFree() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        Host b = net.host("b", "10.0.0.2");
        for (Lock lock : java.util.List.of(a.lock(), b.lock())) {
            a.run(() -> {
                lock.lock();
                lock.lock();
                a.sleep(Duration.ofSeconds(50));
            });
            net.runFor(SECOND);
            Program<Void> waiting = b.run(lock::lockInterruptibly);
            net.runFor(SECOND);
            assertFalse(waiting.isDone());
            a.restart();
            waiting.get(SECOND);
        }
    }

    @Test
    void threadsFromOutsideAreRefused() throws Exception {
        Host a = net.host("a", "10.0.0.1");
        BlockingQueue<Integer> queue = a.queue();
        CountDownLatch latch = a.latch(1);
        var thrown = new AtomicReference<Throwable>();
        var other = new AtomicReference<Throwable>();
        a.run(() -> {
            Thread t = new Thread(() -> {
                thrown.set(caught(() -> queue.add(1)));
                other.set(caught(latch::countDown));
            });
            t.start();
            // By the wall clock: the turn stays here meanwhile.
            while (t.isAlive()) {
                Thread.onSpinWait();
            }
        }).get();
        assertTrue(thrown.get() instanceof SimulationException, "" + thrown.get());
        assertTrue(other.get() instanceof SimulationException, "" + other.get());
        assertTrue(queue.isEmpty());
        assertEquals(1, latch.getCount());
    }

    private static Throwable caught(Runnable r) {
        try {
            r.run();
            return null;
        } catch (Throwable t) {
            return t;
        }
    }
}
