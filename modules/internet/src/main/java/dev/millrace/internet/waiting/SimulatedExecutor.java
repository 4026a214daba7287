package dev.millrace.internet.waiting;

import dev.millrace.internet.SimulationException;
import dev.millrace.internet.time.Clockwork;
import dev.millrace.internet.time.Gone;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/// Runs tasks as programs of a host, at once or at times, in simulated time.
public final class SimulatedExecutor extends AbstractExecutorService implements ScheduledExecutorService {
    private final Clockwork clockwork;
    private final ThreadFactory threads;
    private final BooleanSupplier alive;
    private final int limit;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private final Set<Thread> running = new LinkedHashSet<>();
    private final Set<Task<?>> scheduled = new LinkedHashSet<>();
    /// Those that run and have a future.
    private final Set<Task<?>> begun = new LinkedHashSet<>();
    private final WaitingLine ended;
    private boolean shutdown;
    /// What has become of its host, in words; `null` while that runs.
    private String gone;

    /// @param threads makes programs of the host
    /// @param alive whether the host still runs what it ran when this was made
    /// @param limit how many run at once at most
    public SimulatedExecutor(Clockwork clockwork, ThreadFactory threads, BooleanSupplier alive, int limit) {
        if (limit < 1) {
            throw new IllegalArgumentException("an executor of " + limit + " threads");
        }
        this.clockwork = clockwork;
        this.threads = threads;
        this.alive = alive;
        this.limit = limit;
        ended = new WaitingLine(clockwork);
    }

    // ---- tasks

    /// What was submitted: a future of which the running can be interrupted.
    private class Task<T> extends SimulatedFuture<T> implements RunnableScheduledFuture<T> {
        private final Callable<T> body;
        /// Zero for once; the time between beginnings if it is positive, else between an end and the next beginning.
        private final long periodNs;
        private long atNs;
        private Thread runner;

        Task(Callable<T> body, long atNs, long periodNs) {
            super(clockwork, SimulatedExecutor.this);
            this.body = Objects.requireNonNull(body);
            this.atNs = atNs;
            this.periodNs = periodNs;
        }

        @Override
        public void run() {
            if (isDone()) {
                return;
            }
            runner = Thread.currentThread();
            begun.add(this);
            try {
                T value = body.call();
                if (periodNs == 0) {
                    complete(value);
                }
            } catch (Throwable t) {
                if (t instanceof Gone e) {
                    throw e;
                }
                completeExceptionally(t);
            } finally {
                runner = null;
                begun.remove(this);
            }
            if (periodNs != 0 && !isDone() && shutdown) {
                cancel(false);
            } else if (periodNs != 0 && !isDone()) {
                atNs = periodNs > 0 ? atNs + periodNs : clockwork.nowNs() - periodNs;
                plan(this);
            }
        }

        @Override
        public boolean cancel(boolean mayInterruptIfRunning) {
            if (isDone()) {
                return false;
            }
            boolean cancelled = super.cancel(mayInterruptIfRunning);
            scheduled.remove(this);
            if (cancelled && mayInterruptIfRunning && runner != null) {
                clockwork.interrupt(runner);
            }
            endIfIdle();
            return cancelled;
        }

        @Override
        public boolean isPeriodic() {
            return periodNs != 0;
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(atNs - clockwork.nowNs(), TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            return Long.compare(getDelay(TimeUnit.NANOSECONDS), other.getDelay(TimeUnit.NANOSECONDS));
        }
    }

    @Override
    protected <T> RunnableFuture<T> newTaskFor(Callable<T> callable) {
        return new Task<>(callable, clockwork.nowNs(), 0);
    }

    @Override
    protected <T> RunnableFuture<T> newTaskFor(Runnable runnable, T value) {
        return newTaskFor(callable(runnable, value));
    }

    private static <T> Callable<T> callable(Runnable runnable, T value) {
        Objects.requireNonNull(runnable);
        return () -> {
            runnable.run();
            return value;
        };
    }

    @Override
    public void execute(Runnable command) {
        Objects.requireNonNull(command);
        checkRunning();
        begin(command);
    }

    private void begin(Runnable command) {
        if (running.size() >= limit) {
            waiting.add(command);
            return;
        }
        Thread worker = threads.newThread(() -> work(command));
        running.add(worker);
        worker.start();
    }

    private void work(Runnable first) {
        Throwable thrown = null;
        for (Runnable r = first; r != null; r = waiting.poll()) {
            try {
                r.run();
            } catch (Gone e) {
                throw e;
            } catch (Throwable t) {
                thrown = thrown == null ? t : thrown;
            }
            // What interrupted one task is not meant for the next.
            Thread.interrupted();
        }
        running.remove(Thread.currentThread());
        endIfIdle();
        // Of a task without a future: the thread fails with it.
        switch (thrown) {
            case null -> {
            }
            case Error e -> throw e;
            case RuntimeException e -> throw e;
            default -> throw new IllegalStateException(thrown);
        }
    }

    // ---- times

    private <T> ScheduledFuture<T> plan(Task<T> task) {
        scheduled.add(task);
        clockwork.post(task.atNs, () -> {
            if (scheduled.remove(task) && !task.isDone() && alive.getAsBoolean()) {
                begin(task);
            }
        });
        return task;
    }

    private long atNs(long delay, TimeUnit unit) {
        return ended.deadlineNs(delay, unit);
    }

    private void checkRunning() {
        if (shutdown) {
            throw new RejectedExecutionException(gone != null ? gone : "the executor is shut down");
        }
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
        return schedule(callable(command, null), delay, unit);
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> callable, long delay, TimeUnit unit) {
        checkRunning();
        return plan(new Task<>(callable, atNs(delay, unit), 0));
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(Runnable command, long initialDelay, long period, TimeUnit unit) {
        return repeat(command, initialDelay, unit, positive(unit.toNanos(period)));
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(Runnable command, long initialDelay, long delay, TimeUnit unit) {
        return repeat(command, initialDelay, unit, -positive(unit.toNanos(delay)));
    }

    private static long positive(long nanos) {
        if (nanos <= 0) {
            throw new IllegalArgumentException("a period must be positive");
        }
        return nanos;
    }

    private ScheduledFuture<?> repeat(Runnable command, long initialDelay, TimeUnit unit, long periodNs) {
        checkRunning();
        return plan(new Task<>(callable(command, null), atNs(initialDelay, unit), periodNs));
    }

    // ---- several at once

    @Override
    public <T> List<Future<T>> invokeAll(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException {
        long deadline = ended.deadlineNs(timeout, unit);
        var futures = new ArrayList<Future<T>>();
        try {
            tasks.forEach(t -> futures.add(submit(t)));
            for (Future<T> f : futures) {
                try {
                    f.get(deadline - clockwork.nowNs(), TimeUnit.NANOSECONDS);
                } catch (ExecutionException | CancellationException e) {
                    // Whoever asks for it gets it from the future.
                    continue;
                } catch (TimeoutException e) {
                    break;
                }
            }
            return futures;
        } finally {
            futures.forEach(f -> f.cancel(true));
        }
    }

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks) throws InterruptedException, ExecutionException {
        try {
            return any(tasks, Long.MAX_VALUE);
        } catch (TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public <T> T invokeAny(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
            throws InterruptedException, ExecutionException, TimeoutException {
        return any(tasks, ended.deadlineNs(timeout, unit));
    }

    private <T> T any(Collection<? extends Callable<T>> tasks, long deadlineNs)
            throws InterruptedException, ExecutionException, TimeoutException {
        if (tasks.isEmpty()) {
            throw new IllegalArgumentException("no tasks");
        }
        var done = new SimulatedQueue<Task<T>>(clockwork, Integer.MAX_VALUE);
        var futures = new ArrayList<Task<T>>();
        ExecutionException last = null;
        try {
            for (Callable<T> c : tasks) {
                var task = new Task<T>(c, clockwork.nowNs(), 0);
                task.whenComplete((_, _) -> done.add(task));
                futures.add(task);
                execute(task);
            }
            for (int i = 0; i < futures.size(); i++) {
                Task<T> next = done.poll(deadlineNs - clockwork.nowNs(), TimeUnit.NANOSECONDS);
                if (next == null) {
                    throw new TimeoutException();
                }
                try {
                    return next.get();
                } catch (ExecutionException e) {
                    last = e;
                }
            }
            throw last;
        } finally {
            futures.forEach(f -> f.cancel(true));
        }
    }

    // ---- the end

    @Override
    public void shutdown() {
        shutdown = true;
        List.copyOf(scheduled).stream().filter(Task::isPeriodic).forEach(t -> t.cancel(false));
        endIfIdle();
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutdown = true;
        var never = new ArrayList<Runnable>(waiting);
        never.addAll(scheduled);
        waiting.clear();
        scheduled.clear();
        List.copyOf(running).forEach(clockwork::interrupt);
        endIfIdle();
        return never;
    }

    /// Its host runs nothing new: what was not begun fails. Of a host that has crashed what runs fails, too, since it never
    /// goes on.
    ///
    /// @param why what has become of the host, in words
    public void hostIsGone(String why, boolean crashed) {
        gone = gone == null ? why : gone;
        shutdown = true;
        var never = new LinkedHashSet<Task<?>>(scheduled);
        scheduled.clear();
        if (crashed) {
            waiting.forEach(r -> {
                if (r instanceof Task<?> t) {
                    never.add(t);
                }
            });
            waiting.clear();
            never.addAll(begun);
            begun.clear();
            running.clear();
        }
        never.forEach(t -> t.completeExceptionally(new SimulationException(why)));
        endIfIdle();
    }

    @Override
    public boolean isShutdown() {
        return shutdown;
    }

    @Override
    public boolean isTerminated() {
        return shutdown && running.isEmpty() && waiting.isEmpty() && scheduled.isEmpty();
    }

    private void endIfIdle() {
        if (isTerminated()) {
            ended.wakeAll();
        }
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
        long deadline = ended.deadlineNs(timeout, unit);
        while (!isTerminated() && !ended.isOver(deadline)) {
            ended.await(deadline);
        }
        return isTerminated();
    }
}
