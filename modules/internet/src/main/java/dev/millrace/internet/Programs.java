package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork;
import dev.millrace.internet.waiting.SimulatedLock;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// The programs of an Internet's hosts: those that run, and those that have failed without anybody asking how. Any thread may
/// call any method; in simulated time, whichever has the turn.
final class Programs {
    private final Clockwork clockwork;
    private final Set<Program<?>> all = ConcurrentHashMap.newKeySet();
    private final AtomicLong numbers = new AtomicLong();
    private final WeakList<SimulatedLock> locks = new WeakList<>();

    Programs(Clockwork clockwork) {
        this.clockwork = clockwork;
    }

    <T> Program<T> start(Host host, String name, Callable<T> body) {
        var program = new Program<>(host, name, clockwork, numbers.getAndIncrement(), body, all::remove);
        all.add(program);
        program.start();
        return program;
    }

    /// A thread that is no program has failed.
    void threadFailed(Host host, String name, Throwable failure) {
        Program<Void> program = Program.failed(host, name, clockwork, numbers.getAndIncrement(), failure, all::remove);
        all.add(program);
        program.tellOfFailure();
    }

    /// A lock that a crash of its owner's host is to free.
    SimulatedLock lock() {
        return locks.add(new SimulatedLock(clockwork));
    }

    /// A host dies: what belongs to this life of it goes no further.
    void end(Host host, Object owner) {
        String why = "its host \"" + host.name() + "\" has crashed, " + Duration.ofNanos(clockwork.nowNs()) + " after the beginning";
        all.stream().filter(p -> p.belongsTo(owner) && !p.isDone()).sorted(Comparator.comparing(Program::number))
                .forEach(p -> p.end(why));
        clockwork.end(owner);
        locks.used().forEach(SimulatedLock::ownerMayBeGone);
    }

    /// Those that have failed without anybody asking how, in the order in which they began.
    List<Program<?>> failures() {
        return all.stream().filter(Program::failedUnseen).sorted(Comparator.comparing(Program::number)).<Program<?>>map(p -> p).toList();
    }
}
