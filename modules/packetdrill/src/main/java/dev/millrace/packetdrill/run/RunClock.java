package dev.millrace.packetdrill.run;

import dev.millrace.ManualStack;
import dev.millrace.packetdrill.script.ScriptSyntaxException;

/// The time of a script, which is the stack's: it passes from one thing that happens to the next.
final class RunClock {
    /// When scripts begin on the stack's clock, so that nothing depends on its beginning.
    static final long START_NS = 10_000_000_000L;
    /// Timers of one stack that may run out between two events.
    private static final int MAX_STEPS = 10_000_000;

    private final ManualStack stack;
    private final AfterStep afterStep;

    /// What is to be looked at whenever something has happened.
    interface AfterStep {
        void look() throws SkipException, ScriptSyntaxException;

        /// When it wants to look next although nothing happens, on the stack's clock.
        long deadlineNs();
    }

    /// What is waited for.
    interface Condition {
        boolean holds();
    }

    RunClock(ManualStack stack, AfterStep afterStep) {
        this.stack = stack;
        this.afterStep = afterStep;
        stack.step(START_NS);
    }

    /// Nanoseconds since the script began.
    long nowNs() {
        return stack.nowNs() - START_NS;
    }

    /// Lets time pass. What the stack does at the very end happens after what the script does then: it has come first.
    void advance(long toNs) throws SkipException, ScriptSyntaxException {
        long to = toNs + START_NS;
        pass(to - 1, () -> false);
        stack.step(stack.nextDeadlineNs() == to ? to - 1 : to);
    }

    /// Lets time pass until something is there, and to a time at most.
    void advance(long toNs, Condition until) throws SkipException, ScriptSyntaxException {
        pass(toNs + START_NS, until);
        if (!until.holds()) {
            stack.step(toNs + START_NS);
        }
    }

    private void pass(long to, Condition until) throws SkipException, ScriptSyntaxException {
        for (int i = 0; !until.holds(); i++) {
            long next = Math.min(stack.nextDeadlineNs(), afterStep.deadlineNs());
            if (next > to) {
                return;
            }
            if (i == MAX_STEPS) {
                throw new IllegalStateException("the stack's timers do not come to rest");
            }
            stack.step(next);
            afterStep.look();
        }
    }
}
