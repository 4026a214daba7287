package dev.millrace.jdk;

import dev.millrace.Stack;
import dev.millrace.spi.Clock;
import dev.millrace.spi.Waits;
import java.util.concurrent.TimeUnit;

/// How those who use a stack wait, and the clock they wait by: the real ones, or a simulation's.
record Waiting(Waits waits, Clock clock) {
    static Waiting of(Stack stack) {
        return new Waiting(part(stack, Waits.class), part(stack, Clock.class));
    }

    /// By the wall clock, for those who belong to no stack.
    static Waiting real() {
        var wall = new WallClock();
        return new Waiting(wall, wall);
    }

    private static <T> T part(Stack stack, Class<T> type) {
        return stack.service(type).orElseThrow(() -> new UnsupportedOperationException(
                "this stack does not tell how its callers wait (Stack.service has no " + type.getName() + ")"));
    }

    /// When a time-out that begins now is over; `Long.MAX_VALUE` for one of 0.
    ///
    /// @param timeoutMs in milliseconds, 0 or more
    long deadline(long timeoutMs) {
        if (timeoutMs == 0) {
            return Long.MAX_VALUE;
        }
        long now = clock.nanoTime();
        long deadline = now + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
        return deadline < now ? Long.MAX_VALUE : deadline;
    }

    /// What remains until a deadline in milliseconds, for who can wait no shorter: one at least; 0 for ever.
    long remainingMs(long deadlineNs) {
        return deadlineNs == Long.MAX_VALUE ? 0
                : Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNs - clock.nanoTime() + 999_999));
    }

    boolean isOver(long deadlineNs) {
        return deadlineNs != Long.MAX_VALUE && clock.nanoTime() - deadlineNs >= 0;
    }
}
