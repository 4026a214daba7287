package dev.millrace.cli.services;

/// What the services run on.
enum ThreadKind {
    /// Virtual threads.
    VIRTUAL,
    /// Platform threads.
    PLATFORM;

    void start(String name, Runnable task) {
        if (this == VIRTUAL) {
            Thread.ofVirtual().name(name).start(task);
        } else {
            Thread.ofPlatform().daemon().name(name).start(task);
        }
    }
}
