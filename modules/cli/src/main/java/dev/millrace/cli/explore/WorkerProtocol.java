package dev.millrace.cli.explore;

/// The first byte of each message between the command and its workers.
final class WorkerProtocol {
    // ---- to a worker: a test's id and name follow

    /// First and last seed, whether to check, whether to go on after a failure.
    static final int RUN = 'r';
    /// A seed, and how many runs that may take.
    static final int SHRINK = 's';

    // ---- from a worker

    /// A seed begins.
    static final int BEGINS = 'b';
    /// A [SeedFailure].
    static final int FAILED = 'f';
    /// The chunk is done.
    static final int DONE = 'd';
    /// A [Shrunk].
    static final int SHRUNK = 'k';
    /// How many events are left.
    static final int EVENTS = 'e';
    /// Why the test cannot be run, or not be shrunk.
    static final int PROBLEM = 'p';

    /// How a worker exits that has told why.
    static final int EXIT_TOLD = 70;

    private WorkerProtocol() {
    }
}
