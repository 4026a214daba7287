package dev.millrace.cli.tun;

/// What the doctor found out about one thing.
///
/// @param level how bad it is
/// @param check what was looked at
/// @param why one line about it
/// @param command what mends it, or empty
record Finding(Level level, String check, String why, String command) {
    /// How bad it is.
    enum Level {
        /// As it should be.
        OK,
        /// Works, but not in all cases or not well.
        WARNING,
        /// Does not work.
        PROBLEM
    }

    static Finding ok(String check, String why) {
        return new Finding(Level.OK, check, why, "");
    }

    static Finding warning(String check, String why, String command) {
        return new Finding(Level.WARNING, check, why, command);
    }

    static Finding problem(String check, String why, String command) {
        return new Finding(Level.PROBLEM, check, why, command);
    }
}
