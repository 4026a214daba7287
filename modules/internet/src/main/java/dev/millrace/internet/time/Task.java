package dev.millrace.internet.time;

import dev.millrace.spi.Timers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/// A program's thread in an Internet.
public final class Task {
    /// In simulated time: whether it waits, could go on, or has the turn.
    enum State { RUNNABLE, RUNNING, PARKED, DONE, DEAD }

    private final Object owner;
    private final String name;
    private final long number;
    Thread thread;
    // Only simulated time uses the rest; the thread that has the turn reads and writes it.
    State state = State.RUNNABLE;
    /// Its program starts the thread.
    boolean startedByProgram;
    /// Somebody let it go on before it parked.
    boolean permit;
    /// What wakes it when its deadline comes.
    Timers.Timer alarm;
    /// The lock that it waits for, or `null`.
    ReentrantLock wanted;
    /// Who waits for its end.
    final List<Thread> joiners = new ArrayList<>(1);
    /// Nothing is left for it to wait for: it should end soon.
    boolean hurried;
    /// An interrupt came from within the simulation, which has let it go on already.
    volatile boolean interruptKnown;

    /// @param owner what it belongs to
    Task(Object owner, String name, long number) {
        this.owner = owner;
        this.name = name;
        this.number = number;
    }

    /// What it belongs to.
    public Object owner() {
        return owner;
    }

    /// Its name.
    public String name() {
        return name;
    }

    /// Its number, in the order in which tasks were started.
    public long number() {
        return number;
    }

    /// The thread it runs on.
    public Thread thread() {
        return thread;
    }

    @Override
    public String toString() {
        return name;
    }
}
