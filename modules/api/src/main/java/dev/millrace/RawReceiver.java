package dev.millrace;

import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/// What raw sockets have in common: a bounded queue of what came. Who reads too slowly loses packets, which are counted, and
/// holds nobody up. Any thread may call any method; blocking calls end as those of [UdpSocket] do.
///
/// @param <T> what it receives
public interface RawReceiver<T> extends AutoCloseable {
    /// Waits for the next.
    ///
    /// @throws java.net.SocketTimeoutException if [#setReadTimeout] has passed
    /// @throws java.nio.channels.ClosedChannelException if the socket or the stack is closed, or the thread is interrupted,
    ///     which closes the socket
    T receive() throws IOException;

    /// As [#receive] without waiting: `null` if there is none.
    T tryReceive() throws IOException;

    /// Has `listener` called whenever something may be there, or the socket was closed. The call comes on whatever thread
    /// found out, without a lock; it must not block. One callback at most; `null` removes it.
    void onReady(Consumer<Readiness> listener);

    /// How long [#receive] waits; zero is for ever.
    void setReadTimeout(Duration timeout);

    /// How much may wait to be received: 4 MiB to begin with, packets counted with what they cost beside their bytes.
    ///
    /// @param bytes 4096 to 1 GiB
    void setReceiveBuffer(int bytes);

    /// Packets thrown away because the queue, or the stack's memory, was full.
    long dropped();

    /// Whether [#close()] has not been called.
    boolean isOpen();

    /// Closes the socket; what was not yet received is lost.
    @Override
    void close();
}
