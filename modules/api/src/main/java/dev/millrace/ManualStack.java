package dev.millrace;

/// A stack without threads and clock: its caller says what time it is and lets it work.
///
/// Everything that a threaded stack would do by itself happens inside [#step]. Calls to sockets and links take effect
/// at once, on the calling thread, at the time of the last step. Calls that would block wait for another thread to
/// step; `try...` calls never wait. One thread at a time.
public interface ManualStack extends Stack {
    /// Lets time be `nowNs` and runs every timer that is due. Time never goes back: an earlier `nowNs` counts as the
    /// latest one given.
    ///
    /// If a timer's task throws, the others that are due run nevertheless, and time is `nowNs` afterwards; then what it threw
    /// is thrown here, with what others threw suppressed in it.
    ///
    /// @param nowNs nanoseconds since the stack was opened
    void step(long nowNs);

    /// When the stack next wants to be stepped, in nanoseconds since it was opened, or [Long#MAX_VALUE] if only input
    /// can make it do something.
    long nextDeadlineNs();

    /// The time of the last step, in nanoseconds since the stack was opened.
    long nowNs();
}
