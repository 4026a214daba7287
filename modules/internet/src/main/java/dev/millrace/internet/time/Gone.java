package dev.millrace.internet.time;

/// Ends a thread whose host has crashed, or whose simulation has failed. Not an exception, so that programs that catch those
/// end as well.
public final class Gone extends Error {
    private static final long serialVersionUID = 1;

    Gone() {
        super("this program's host has crashed, or its simulation is over", null, false, false);
    }
}
