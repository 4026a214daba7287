package dev.millrace.spi;

/// The bytes that sockets of one stack may hold in all. Any thread may call any method.
public interface MemoryBudget {
    /// Takes `bytes` from the budget, or returns `false` and takes nothing if that is more than is left.
    boolean tryReserve(long bytes);

    /// Gives bytes back.
    void release(long bytes);

    /// The bytes taken at present.
    long reserved();

    /// The whole budget in bytes.
    long limit();
}
