package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork;
import dev.millrace.internet.time.Gone;
import dev.millrace.internet.time.Task;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/// A program that runs on a [Host], and what it came to. In simulated time it runs while somebody lets time pass, as [#get()]
/// does. Any thread may call any method; in simulated time, whichever has the turn.
///
/// @param <T> what it returns
public final class Program<T> implements Future<T> {
    private final Host host;
    private final Clockwork clockwork;
    private final String name;
    private final Callable<T> body;
    private final Consumer<Program<T>> onEnd;
    private final Life owner;
    private final long number;
    private volatile Task task;
    private volatile boolean done;
    private volatile boolean fetched;
    private long endedNs;
    private volatile CompletableFuture<T> future;
    private T result;
    private Throwable failure;

    /// @param number in the order of their starts
    /// @param onEnd told when it has ended, and nobody needs to be told of it
    Program(Host host, String name, Clockwork clockwork, long number, Callable<T> body,
            Consumer<Program<T>> onEnd) {
        this.number = number;
        this.host = host;
        this.owner = host.ownerOfPrograms();
        this.name = name;
        this.clockwork = clockwork;
        this.body = body;
        this.onEnd = onEnd;
    }

    /// A thread of a host that has failed: as a program of that name.
    static Program<Void> failed(Host host, String name, Clockwork clockwork, long number, Throwable failure,
            Consumer<Program<Void>> onEnd) {
        var program = new Program<Void>(host, name, clockwork, number, () -> null, onEnd);
        program.task = clockwork.current();
        program.failure = failure;
        program.endedNs = clockwork.nowNs();
        program.done = true;
        return program;
    }

    void start() {
        task = clockwork.start(owner, name, this::run);
    }

    /// In the order of their starts.
    long number() {
        return number;
    }

    private void run() {
        T returned = null;
        Throwable thrown = null;
        try {
            returned = owner.call(body);
        } catch (Gone e) {
            // Whoever ended it has told so.
            throw e;
        } catch (Throwable t) {
            thrown = t;
        }
        // How a program ends whose host was closed is no news.
        if (finish(returned, thrown, !belongsTo(host.ownerOfPrograms()) || !host.isOpen())) {
            if (failure == null || fetched) {
                onEnd.accept(this);
            } else {
                tellOfFailure();
            }
        }
    }

    /// In real time its host may crash while it ends; `false` if it has ended already.
    private boolean finish(T returned, Throwable thrown, boolean noNews) {
        synchronized (this) {
            if (done) {
                return false;
            }
            result = returned;
            failure = thrown;
            fetched |= noNews;
            endedNs = clockwork.nowNs();
            done = true;
        }
        completeFuture();
        return true;
    }

    /// Whoever lets time pass hears of it, unless somebody asks before.
    void tellOfFailure() {
        clockwork.failed(task, () -> host.endsAtFailure() && failedUnseen() ? new SimulationException(
                "\"" + name + "\" failed " + Duration.ofNanos(endedNs) + " after the beginning: " + failure, failure) : null);
    }

    private void completeFuture() {
        CompletableFuture<T> f = future;
        if (f != null) {
            if (failure == null) {
                f.complete(result);
            } else {
                f.completeExceptionally(failure);
            }
        }
    }

    /// The same as a future with stages, whose time is simulated as well: who waits for it lets others go on.
    public CompletableFuture<T> toCompletableFuture() {
        boolean first;
        synchronized (this) {
            first = future == null;
            if (first) {
                future = host.future();
            }
        }
        if (first) {
            // Whoever has it is told how this ends.
            fetched();
            if (done) {
                completeFuture();
            }
        }
        return future;
    }

    /// Its host has crashed: it goes no further.
    void end(String why) {
        if (finish(null, new SimulationException(why), true)) {
            onEnd.accept(this);
        }
    }

    boolean belongsTo(Object someOwner) {
        return owner == someOwner;
    }

    /// The host it runs on.
    public Host host() {
        return host;
    }

    /// Its name: the host's, and a number.
    public String name() {
        return name;
    }

    /// Whether it has ended, in whatever way.
    @Override
    public boolean isDone() {
        return done;
    }

    /// How it failed, or `null` if it did not, or not yet.
    public Throwable failure() {
        fetched();
        return failure;
    }

    /// How much simulated time had passed when it ended; zero before that.
    public Duration endedAt() {
        return Duration.ofNanos(endedNs);
    }

    private void fetched() {
        fetched = true;
        if (done) {
            onEnd.accept(this);
        }
    }

    /// Whether it failed and nobody has asked.
    boolean failedUnseen() {
        return done && failure != null && !fetched;
    }

    /// Waits until it has ended and returns what it returned.
    ///
    /// @throws ExecutionException if it failed; the cause says how
    /// @throws SimulationException if it cannot end: nothing is left that could happen in simulated time
    @Override
    public T get() throws InterruptedException, ExecutionException {
        clockwork.join(task, Long.MAX_VALUE);
        return outcome();
    }

    /// The same, for so long at most.
    ///
    /// @throws TimeoutException if it has not ended by then
    public T get(Duration timeout) throws InterruptedException, ExecutionException, TimeoutException {
        if (!clockwork.join(task, clockwork.nowNs() + timeout.toNanos())) {
            throw new TimeoutException(name() + " has not ended after " + timeout);
        }
        return outcome();
    }

    @Override
    public T get(long timeout, TimeUnit unit) throws InterruptedException, ExecutionException, TimeoutException {
        return get(Duration.ofNanos(unit.toNanos(timeout)));
    }

    /// Interrupts it, if it has not ended; what it does then is its affair.
    ///
    /// @param mayInterruptIfRunning if not, nothing happens
    /// @return whether it was interrupted
    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean now = mayInterruptIfRunning && !done;
        if (now) {
            interrupt();
        }
        return now;
    }

    /// Always `false`: a program that was interrupted has ended in its own way.
    @Override
    public boolean isCancelled() {
        return false;
    }

    private T outcome() throws ExecutionException {
        fetched();
        if (failure != null) {
            throw new ExecutionException("\"" + name() + "\" failed: " + failure, failure);
        }
        return result;
    }

    /// Interrupts it.
    public void interrupt() {
        clockwork.interrupt(task);
    }

    @Override
    public String toString() {
        return name() + (!done ? "" : failure == null ? " (done)" : " (failed " + endedAt() + " after the beginning: " + failure + ")");
    }
}
