package dev.millrace.jdk;

import dev.millrace.ErrorCode;
import java.io.IOException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;

/// What a stack's exceptions are for `java.net`, whose sockets know no channels.
final class SocketExceptions {
    static final String CLOSED = "Socket closed";
    static final String IS_CLOSED = "Socket is closed";

    private SocketExceptions() {
    }

    /// The exception that a socket of `java.net` throws in its place.
    static IOException of(IOException e) {
        return switch (e) {
            case ClosedByInterruptException i -> because("Closed by interrupt", i);
            case ClosedChannelException c -> because(CLOSED, c);
            // The JDK's has no message.
            case PortUnreachableException _ -> new PortUnreachableException();
            default -> e;
        };
    }

    /// As [#of], for who reads: an unreachable host has a class of its own only where the JDK's sockets connect.
    static IOException ofReader(IOException e) {
        IOException plain = ChannelExceptions.withoutClass(e);
        return plain == e ? of(e) : because(e.getMessage(), e);
    }

    /// As [#ofReader], for who writes: the JDK's sockets tell of a reset then what the system says, and do not translate it.
    static IOException ofWriter(IOException e) {
        return ErrorCode.of(e).orElse(null) == ErrorCode.CONNECTION_RESET ? because("Connection reset by peer", e) : ofReader(e);
    }

    /// As [#ofWriter], for who sends urgent data: what the system says has no class of its own there.
    static IOException ofUrgent(IOException e) {
        if (e instanceof ClosedChannelException) {
            return of(e);
        }
        boolean pipe = ErrorCode.of(e).orElse(null) == ErrorCode.BROKEN_PIPE;
        return new IOException(pipe ? ErrorCode.BROKEN_PIPE.message() : ofWriter(e).getMessage(), e);
    }

    /// The same, where only a [SocketException] may be thrown.
    static SocketException ofSocket(IOException e) {
        IOException told = of(e);
        return told instanceof SocketException s ? s : because(e.getMessage(), e);
    }

    static SocketException because(String message, IOException cause) {
        var e = new SocketException(message);
        e.initCause(cause);
        return e;
    }
}
