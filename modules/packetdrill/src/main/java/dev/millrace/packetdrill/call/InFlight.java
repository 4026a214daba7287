package dev.millrace.packetdrill.call;

import dev.millrace.packetdrill.run.MismatchException;
import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.packetdrill.script.Action;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import java.io.IOException;

/// A call that has begun and, until it has an outcome, waits.
public final class InFlight {
    private final Action.Call call;
    private final String text;
    private final Attempt attempt;
    private final Check check;
    private final boolean waits;
    private final long deadlineNs;
    private final Outcome atDeadline;
    private Outcome outcome;

    /// Looks at what else a call has to tell, once it has come to something.
    interface Check {
        /// What is different from what the script expects, in words, or `null`.
        String difference(Outcome outcome) throws IOException, SkipException, ScriptSyntaxException, MismatchException;
    }

    /// @param text the call as it is written
    /// @param waits whether it waits until all is done
    /// @param deadlineNs when it waits no longer, on the stack's clock, or `Long.MAX_VALUE`
    /// @param atDeadline what it then returns
    InFlight(Action.Call call, String text, Attempt attempt, Check check, boolean waits, long deadlineNs, Outcome atDeadline) {
        this.call = call;
        this.text = text;
        this.attempt = attempt;
        this.check = check;
        this.waits = waits;
        this.deadlineNs = deadlineNs;
        this.atDeadline = atDeadline;
    }

    /// Whether it has come to something. Tries if it has not.
    ///
    /// @param nowNs on the stack's clock
    public boolean poll(long nowNs) throws SkipException, ScriptSyntaxException {
        if (outcome == null) {
            try {
                outcome = attempt.attempt(waits);
            } catch (SkipException e) {
                throw new SkipException(call.at(), e.getMessage());
            } catch (IOException | RuntimeException e) {
                outcome = Outcome.of(errno(e));
            }
            if (outcome == null && nowNs >= deadlineNs) {
                outcome = atDeadline;
            }
        }
        return outcome != null;
    }

    private Errno errno(Exception e) throws SkipException {
        Errno errno = Errno.of(e);
        if (errno == null) {
            if (e instanceof UnsupportedOperationException) {
                throw new SkipException(call.at(), e.getMessage());
            }
            throw e instanceof RuntimeException r ? r : new IllegalStateException(text + ": " + e, e);
        }
        return errno;
    }

    /// When it waits no longer, on the stack's clock, or `Long.MAX_VALUE`.
    public long deadlineNs() {
        return outcome == null ? deadlineNs : Long.MAX_VALUE;
    }

    /// Looks whether it has come to what the script expects.
    public void check() throws MismatchException, SkipException, ScriptSyntaxException {
        boolean same = outcome.error() == null ? call.errno().isEmpty() && outcome.value() == call.result()
                : !call.errno().isEmpty() ? outcome.error().isCalled(call.errno()) : call.result() == -1;
        if (!same) {
            throw new MismatchException(call.resultAt(), call.name() + " returned " + outcome, text, "= " + outcome);
        }
        String difference;
        try {
            difference = check.difference(outcome);
        } catch (SkipException e) {
            throw e.at() == null ? new SkipException(call.at(), e.getMessage()) : e;
        } catch (IOException | RuntimeException e) {
            throw new SkipException(call.at(), "what " + call.name() + " tells cannot be had: " + e.getMessage());
        }
        if (difference != null) {
            throw new MismatchException(call.at(), call.name() + ": " + difference, text, "");
        }
    }

    /// The call.
    public Action.Call call() {
        return call;
    }

    /// The call as it is written.
    public String text() {
        return text;
    }
}
