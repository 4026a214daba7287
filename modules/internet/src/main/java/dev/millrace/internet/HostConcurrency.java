package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork;
import dev.millrace.internet.waiting.SimulatedExecutor;
import dev.millrace.internet.waiting.SimulatedFuture;
import dev.millrace.internet.waiting.SimulatedLatch;
import dev.millrace.internet.waiting.SimulatedQueue;
import dev.millrace.internet.waiting.SimulatedSemaphore;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/// What programs of a host wait in besides sockets: of the simulation in simulated time, the JDK's own in real time.
final class HostConcurrency {
    /// A pool of the JDK's grows to its core size only.
    private static final int MOST_CORE_THREADS = 64;

    private final Internet internet;
    private final Host host;
    private final WeakList<ExecutorService> executors = new WeakList<>();

    HostConcurrency(Internet internet, Host host) {
        this.internet = internet;
        this.host = host;
    }

    private Clockwork clockwork() {
        return internet.clockwork();
    }

    private boolean isSimulated() {
        return clockwork().isVirtual();
    }

    <T> T await(Future<T> future) throws InterruptedException, ExecutionException {
        if (isSimulated() && !(future instanceof Program || future instanceof SimulatedFuture)) {
            awaitForeign(future);
        }
        return future.get();
    }

    /// Waits for what the simulation did not make. Messages know it by this method's name: see `Watchdog.awaitsForeign`.
    private void awaitForeign(Future<?> future) throws InterruptedException, ExecutionException {
        if (future instanceof CompletionStage<?> stage) {
            var ended = this.<Object>future();
            stage.whenComplete((_, _) -> ended.complete(null));
            ended.get();
        } else {
            clockwork().runUntil(future::isDone, Long.MAX_VALUE);
        }
    }

    <T> CompletableFuture<T> future() {
        return isSimulated() ? new SimulatedFuture<>(clockwork(), r -> host.threads().newThread(r).start()) : new CompletableFuture<>();
    }

    ScheduledExecutorService executor(int threads) {
        if (isSimulated()) {
            Object mine = host.ownerOfPrograms();
            return executors.add(new SimulatedExecutor(clockwork(), host.threads(),
                    () -> mine == host.ownerOfPrograms() && host.isOpen(), threads));
        }
        var pool = new ScheduledThreadPoolExecutor(Math.min(threads, MOST_CORE_THREADS), host.threads());
        pool.setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
        return executors.add(pool);
    }

    /// Who waits for what executors were to do is told that nothing comes of it. A crash may come after a close.
    void endExecutors(boolean killed) {
        String why = "its host \"" + host.name() + "\" " + (killed ? "has crashed" : "is closed");
        for (ExecutorService e : executors.used()) {
            if (e instanceof SimulatedExecutor s) {
                s.hostIsGone(why, killed);
            } else if (killed) {
                e.shutdownNow();
            } else {
                e.shutdown();
            }
        }
    }

    <E> BlockingQueue<E> queue(int capacity) {
        return isSimulated() ? new SimulatedQueue<>(clockwork(), capacity) : new LinkedBlockingQueue<>(capacity);
    }

    CountDownLatch latch(int count) {
        return isSimulated() ? new SimulatedLatch(clockwork(), count) : new CountDownLatch(count);
    }

    Semaphore semaphore(int permits) {
        return isSimulated() ? new SimulatedSemaphore(clockwork(), permits) : new Semaphore(permits);
    }

    Lock lock() {
        return isSimulated() ? internet.programs().lock() : new ReentrantLock();
    }
}
