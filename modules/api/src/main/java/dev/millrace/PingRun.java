package dev.millrace;

import java.io.IOException;

/// A ping that was begun. Any thread may call any method.
public interface PingRun extends AutoCloseable {
    /// What was counted so far.
    PingStatistics statistics();

    /// Waits until all requests were sent and answered or given up, or the run is closed, and the listener has been told.
    ///
    /// @throws java.nio.channels.ClosedChannelException if the stack was closed before ([ErrorCode#STACK_CLOSED]), or the
    ///     thread is interrupted ([ErrorCode#INTERRUPTED]), which closes the run
    PingStatistics await() throws IOException;

    /// Whether nothing more is sent or waited for.
    boolean isDone();

    /// Ends the run: nothing more is sent, and replies are no longer heard. Those who wait get what was counted.
    @Override
    void close();
}
