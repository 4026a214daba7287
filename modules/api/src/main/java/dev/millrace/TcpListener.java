package dev.millrace;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.time.Duration;
import java.util.Set;
import java.util.function.Consumer;

/// A listening TCP port. Any thread may call any method; several threads may accept at once.
public interface TcpListener extends AutoCloseable {
    /// Waits for a connection.
    ///
    /// @throws java.net.SocketTimeoutException if [#setAcceptTimeout] has passed
    /// @throws java.nio.channels.ClosedChannelException if the listener is closed, now or while waiting
    /// @throws java.nio.channels.ClosedByInterruptException if the thread is interrupted, which closes the listener
    TcpSocket accept() throws IOException;

    /// The next connection if one is waiting, else `null`.
    ///
    /// @throws java.nio.channels.ClosedChannelException if the listener is closed
    TcpSocket tryAccept() throws IOException;

    /// How long [#accept()] waits; zero is for ever.
    void setAcceptTimeout(Duration timeout);

    /// Has `listener` called whenever there may be a connection to accept or the listener was closed. The call comes on
    /// whatever thread found out, without a lock; it must not block. One callback at most; `null` removes it.
    void onReady(Consumer<Readiness> listener);

    /// The present readiness, for those who poll: readable if there is a connection to accept.
    Readiness readiness();

    /// Sets an option that connections accepted from now on begin with; see [#supportedOptions()].
    ///
    /// @throws UnsupportedOperationException if the option is not supported
    /// @throws IllegalArgumentException if the value is out of range
    <T> TcpListener setOption(SocketOption<T> option, T value) throws IOException;

    /// The value of an option.
    <T> T getOption(SocketOption<T> option) throws IOException;

    /// Those of a [TcpSocket].
    Set<SocketOption<?>> supportedOptions();

    /// The address and port, the port chosen if it was 0.
    InetSocketAddress localAddress();

    /// Whether [#close()] has not been called.
    boolean isOpen();

    /// Stops listening. Connections not yet accepted are reset (RFC 9293 §3.10.4); accepted ones go on.
    @Override
    void close();
}
