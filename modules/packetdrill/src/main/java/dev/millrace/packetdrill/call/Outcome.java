package dev.millrace.packetdrill.call;

/// What a call has come to.
///
/// @param value what it returns; -1 with an error
/// @param error the error, or `null`
record Outcome(long value, Errno error) {
    static Outcome of(long value) {
        return new Outcome(value, null);
    }

    static Outcome of(Errno error) {
        return new Outcome(-1, error);
    }

    /// As a script has it.
    @Override
    public String toString() {
        return error == null ? "" + value : "-1 " + error.name();
    }
}
