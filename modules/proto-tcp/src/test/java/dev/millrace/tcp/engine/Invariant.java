package dev.millrace.tcp.engine;

import java.util.function.Supplier;

/// One of the invariants of docs/tcp.md, checked on one engine from outside and after every step. What it knows of the past
/// it has seen on the wire or in calls itself; of the engine's own variables it asks only those that the invariant is about.
abstract class Invariant {
    /// What the engine is asked to do.
    enum Cause {
        OPEN, SEGMENT, BATCH_END, TIMER, WRITE, READ, SHUTDOWN_OUTPUT, SHUTDOWN_INPUT, CLOSE, ABORT, OPTIONS, PATH, ICMP, POLL
    }

    final int number;
    private final String words;
    Watch w;
    TcpConnection c;

    /// @param number as in docs/tcp.md
    Invariant(int number, String words) {
        this.number = number;
        this.words = words;
    }

    final void watch(Watch watch) {
        w = watch;
        c = watch.c;
    }

    /// The engine is about to be asked; of a segment, `w.in` has it.
    void before(Cause cause) {
    }

    /// It was asked; `w.result` and `w.dropped` have the answer. What it has to send is not polled yet.
    void after(Cause cause) {
    }

    /// It has sent `w.out`.
    void sent() {
    }

    /// It has nothing more to send.
    void atRest() {
    }

    /// The conversation is over, and the engine was released.
    void atEnd() {
    }

    final void hold(boolean condition, String what) {
        if (!condition) {
            fail(what);
        }
    }

    final void hold(boolean condition, Supplier<String> what) {
        if (!condition) {
            fail(what.get());
        }
    }

    final void fail(String what) {
        throw new Broken(number, "invariant " + number + " (" + words + ") does not hold for " + w.name + ": " + what);
    }

    /// An invariant does not hold.
    static final class Broken extends AssertionError {
        private static final long serialVersionUID = 1;

        final int number;

        Broken(int number, String message) {
            super(message);
            this.number = number;
        }
    }
}
