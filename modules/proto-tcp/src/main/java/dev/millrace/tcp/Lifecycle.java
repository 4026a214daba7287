package dev.millrace.tcp;

/// How far the life of a connection's endpoint has come. Two parties have to let go of it, the engine and the program;
/// whoever is last releases the memory.
enum Lifecycle {
    /// The engine is made, its ports are reserved, nobody else knows of it.
    NEW,
    /// It stands in the endpoint table, or is about to, and a program holds it, or will.
    OPEN,
    /// The program has let go; the engine finishes by itself.
    ORPHANED,
    /// The engine is done and the place in the table given up; the program may still read what came.
    DETACHED,
    /// Both are done: the memory is given back.
    RELEASED;

    /// Whether the engine is out of the endpoint table and takes no more segments.
    boolean isDetached() {
        return this == DETACHED || this == RELEASED;
    }

    /// Everybody may know of it from here on.
    Lifecycle published() {
        assert this == NEW : this;
        return OPEN;
    }

    /// The program closes its socket.
    Lifecycle letGo() {
        return switch (this) {
            case NEW, OPEN -> ORPHANED;
            case DETACHED -> RELEASED;
            case ORPHANED, RELEASED -> this;
        };
    }

    /// The engine has come to its end.
    Lifecycle ended() {
        return switch (this) {
            case NEW, OPEN -> DETACHED;
            case ORPHANED -> RELEASED;
            case DETACHED, RELEASED -> this;
        };
    }
}
