package dev.millrace.internet.waiting;

import dev.millrace.internet.time.Clockwork;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A future whose time is simulated: who waits for it lets others go on, its time-outs are the simulation's, and what it runs
/// later runs as a program.
///
/// @param <T> what it comes to
public class SimulatedFuture<T> extends CompletableFuture<T> {
    private final Clockwork clockwork;
    private final Executor programs;
    private final WaitingLine line;
    /// Whether those in line are told of its end: of most futures nobody waits for that.
    private boolean watched;

    /// @param programs runs what is asynchronous
    public SimulatedFuture(Clockwork clockwork, Executor programs) {
        this.clockwork = clockwork;
        this.programs = programs;
        line = new WaitingLine(clockwork);
    }

    @Override
    public <U> CompletableFuture<U> newIncompleteFuture() {
        return new SimulatedFuture<>(clockwork, programs);
    }

    private void await(long deadlineNs) throws InterruptedException {
        if (!watched) {
            watched = true;
            whenComplete((_, _) -> line.wakeAll());
        }
        while (!isDone() && !line.isOver(deadlineNs)) {
            line.await(deadlineNs);
        }
    }

    @Override
    public Executor defaultExecutor() {
        return programs;
    }

    @Override
    public T get() throws InterruptedException, ExecutionException {
        await(Long.MAX_VALUE);
        return super.get();
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        await(line.deadlineNs(timeout, unit));
        if (!isDone()) {
            throw new TimeoutException("not done after " + timeout + " " + unit.name().toLowerCase(java.util.Locale.ROOT));
        }
        return super.get();
    }

    @Override
    public T join() {
        boolean interrupted = false;
        while (!isDone()) {
            try {
                await(Long.MAX_VALUE);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return super.join();
    }

    @Override
    public CompletableFuture<T> orTimeout(long timeout, TimeUnit unit) {
        clockwork.post(line.deadlineNs(timeout, unit), () -> completeExceptionally(new TimeoutException()));
        return this;
    }

    @Override
    public CompletableFuture<T> completeOnTimeout(T value, long timeout, TimeUnit unit) {
        clockwork.post(line.deadlineNs(timeout, unit), () -> complete(value));
        return this;
    }
}
