package dev.millrace.internet;

/// A simulation cannot go on, because of what a program in it or around it does: it blocks where the simulation cannot see
/// it, waits for what can never come, or never ends. The message names the program and says what to do.
public final class SimulationException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /// With a message.
    public SimulationException(String message) {
        super(message);
    }

    /// With a message and the place in the program that it is about, as the stack trace of `cause`.
    public SimulationException(String message, Throwable cause) {
        super(message, cause);
    }
}
