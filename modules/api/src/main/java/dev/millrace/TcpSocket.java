package dev.millrace;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// A TCP connection, or the beginnings of one.
///
/// Any thread may call any method; one reading and one writing thread never wait for each other. A blocking call ends
/// with [java.nio.channels.ClosedByInterruptException] when its thread is interrupted, which closes the socket, and with
/// [java.nio.channels.AsynchronousCloseException] when another thread closes it. Every exception carries an [ErrorCode].
public interface TcpSocket extends AutoCloseable {
    /// Binds to one of the stack's addresses before connecting.
    ///
    /// @param local the address, or the unspecified one; port 0 chooses an ephemeral port at connect time
    /// @throws java.net.BindException if the address is not the stack's or the port is taken
    void bind(InetSocketAddress local) throws IOException;

    /// Connects and waits; see [Tcp#connect]. With [TcpOptions#FAST_OPEN_CONNECT] it may return before anything was sent.
    void connect(InetSocketAddress remote, Duration timeout) throws IOException;

    /// Sends the SYN and returns; [#onReady] tells when it has come to something, [#finishConnect()] to what.
    void startConnect(InetSocketAddress remote) throws IOException;

    /// Whether the connection stands: `true` if it does, `false` if it is still being tried.
    ///
    /// @throws IOException if the attempt has failed
    boolean finishConnect() throws IOException;

    /// Whether the connection stands or stood.
    boolean isConnected();

    /// Waits for data and moves it to `dst`. Returns how many bytes (at least one if `dst` has room), or -1 at the end
    /// of the stream.
    ///
    /// @throws java.net.SocketTimeoutException if [#setReadTimeout] has passed
    /// @throws java.net.SocketException `Connection reset` if the peer reset the connection
    int read(ByteBuffer dst) throws IOException;

    /// As [#read(ByteBuffer)], for an array.
    int read(byte[] dst, int offset, int length) throws IOException;

    /// Moves what data there is to `dst` and returns how many bytes, 0 if there is none yet, or -1 at the end of the
    /// stream. Never waits: 0 also while another thread reads, and [#onReady] calls when it has ended.
    int tryRead(ByteBuffer dst) throws IOException;

    /// Copies what can be read without waiting to `dst`, leaves it to be read, and returns how many bytes; 0 if there is
    /// nothing yet or another thread is reading, -1 at the end of the stream.
    int peek(ByteBuffer dst) throws IOException;

    /// The bytes that can be read without waiting.
    int available() throws IOException;

    /// Writes all of `src`, waiting for room where needed, and returns how many bytes that was.
    ///
    /// @throws java.net.SocketException `Connection reset` or `Broken pipe` if the connection is gone
    int write(ByteBuffer src) throws IOException;

    /// As [#write(ByteBuffer)], with more to come soon (MSG_MORE of other systems): a partial segment waits for the next write,
    /// at most 200 ms.
    int writeMore(ByteBuffer src) throws IOException;

    /// Gathers: writes all of several buffers, one after the other and without a segment's end between them, and returns how
    /// many bytes that was.
    ///
    /// @throws IndexOutOfBoundsException if the array has no such range
    long write(ByteBuffer[] srcs, int offset, int length) throws IOException;

    /// As [#write(ByteBuffer)], for an array.
    void write(byte[] src, int offset, int length) throws IOException;

    /// Writes what there is room for and returns how many bytes. Never waits: 0 also while another thread writes, and
    /// [#onReady] calls when it has ended.
    int tryWrite(ByteBuffer src) throws IOException;

    /// As [#tryWrite(ByteBuffer)], for several buffers, one after the other.
    ///
    /// @throws IndexOutOfBoundsException if the array has no such range
    long tryWrite(ByteBuffer[] srcs, int offset, int length) throws IOException;

    /// As [#write(ByteBuffer)], as urgent data of any length (RFC 9293 §3.8.5; MSG_OOB of other systems): the peer is told at once,
    /// even while its window is closed, that there is some and where it ends, and small segments do not wait for others.
    /// Everything stays in the order of the stream. Kernels treat the last byte only as urgent, and unless their program
    /// wants it in line (SO_OOBINLINE) they take that one out of the stream. New programs are advised not to use it (RFC 6093 §5).
    int writeUrgent(ByteBuffer src) throws IOException;

    /// As [#writeUrgent], for what there is room for; see [#tryWrite(ByteBuffer)].
    int tryWriteUrgent(ByteBuffer src) throws IOException;

    /// How many bytes are to be read, from the next one on, up to the end of the peer's urgent data (RFC 9293 MUST-33); 0 if
    /// nothing that is unread is urgent. They may not all have come. No read goes beyond the mark, which lies before the
    /// last of them: so where 1 is left, the next byte is the one that the peer's pointer was for; without
    /// [TcpOptions#URGENT_INLINE] the next read leaves that one out.
    ///
    /// @throws java.nio.channels.NotYetConnectedException if nothing was ever connected
    long urgentBytes() throws IOException;

    /// Has `listener` called when the peer has urgent data and when its end moves further on (RFC 9293 MUST-32); at once if
    /// there is some. Several such news may be one call. It comes on whatever thread found out, without a lock; it must not
    /// block. One callback at most; `null` removes it.
    ///
    /// @throws java.nio.channels.NotYetConnectedException if nothing was ever connected
    void onUrgent(Runnable listener) throws IOException;

    /// Has `listener` called whenever readiness may have changed. The call comes on whatever thread found out, without a
    /// lock; it must not block. One callback at most; `null` removes it.
    void onReady(Consumer<Readiness> listener);

    /// The present readiness, for those who poll.
    Readiness readiness();

    /// Why the connection has failed, if it has; asking does not use it up, reads and writes still tell.
    Optional<ErrorCode> pendingError();

    /// How long a read waits; zero is for ever.
    void setReadTimeout(Duration timeout);

    /// Reads from here; closing the stream closes the socket.
    InputStream inputStream();

    /// Writes to here; closing the stream closes the socket. Nothing is buffered: [OutputStream#flush()] does nothing.
    OutputStream outputStream();

    /// Reads from here; closing the channel closes the socket.
    ReadableByteChannel readableChannel();

    /// Writes to here; closing the channel closes the socket.
    WritableByteChannel writableChannel();

    /// Reads meet the end of the stream from now on; what still arrives is acknowledged and thrown away.
    void shutdownInput() throws IOException;

    /// Sends FIN after all that was written; reading goes on (RFC 9293 §3.6).
    void shutdownOutput() throws IOException;

    /// Sets an option; see [#supportedOptions()].
    ///
    /// @throws UnsupportedOperationException if the option is not supported
    /// @throws IllegalArgumentException if the value is out of range
    <T> TcpSocket setOption(SocketOption<T> option, T value) throws IOException;

    /// The value of an option.
    <T> T getOption(SocketOption<T> option) throws IOException;

    /// Those of [java.net.StandardSocketOptions] that make sense, and [TcpOptions].
    Set<SocketOption<?>> supportedOptions();

    /// The local address, or `null` if the socket is neither bound nor connected.
    InetSocketAddress localAddress();

    /// The peer's address, or `null` if the socket was never connected.
    InetSocketAddress remoteAddress();

    /// A snapshot of the connection's state.
    TcpInfo info();

    /// Whether neither [#close()] nor [#abort()] has been called.
    boolean isOpen();

    /// Closes: sends what was written and FIN, in the background; or, if data was left unread, RST (RFC 9293 §3.6.1,
    /// RFC 2525 §2.17). SO_LINGER changes that as usual. Further calls do nothing.
    @Override
    void close() throws IOException;

    /// Resets the connection and throws away what was not sent.
    void abort();
}
