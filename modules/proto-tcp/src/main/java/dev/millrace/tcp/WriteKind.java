package dev.millrace.tcp;

/// How a program writes.
enum WriteKind {
    PLAIN,
    /// More comes soon, so that a partial segment waits for it.
    MORE,
    /// As urgent data.
    URGENT
}
