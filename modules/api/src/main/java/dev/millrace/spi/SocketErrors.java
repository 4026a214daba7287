package dev.millrace.spi;

import dev.millrace.ErrorCode;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;

/// Makes the exceptions that sockets throw: of the JDK's classes, with the JDK's messages, carrying an [ErrorCode].
public final class SocketErrors {
    private SocketErrors() {
    }

    /// The exception that a `java.net` socket throws for this failure, with the JDK's message.
    public static IOException of(ErrorCode code) {
        return of(code, code.message());
    }

    /// The exception that a `java.net` socket throws for this failure, with a message of the caller's.
    public static IOException of(ErrorCode code, String message) {
        return switch (code) {
            case CONNECTION_REFUSED, CONNECTION_TIMED_OUT -> new Connect(code, message);
            case CONNECT_TIMEOUT, READ_TIMEOUT, ACCEPT_TIMEOUT, RECEIVE_TIMEOUT -> new Timeout(code, message);
            case HOST_UNREACHABLE -> new NoRoute(code, message);
            case PORT_UNREACHABLE -> new PortUnreachable(code, message);
            case ADDRESS_IN_USE, ADDRESS_NOT_AVAILABLE -> new Bind(code, message);
            default -> new Socket(code, message);
        };
    }

    /// The exception that a channel throws once it is closed, or while it is being closed by another thread.
    ///
    /// @param code [ErrorCode#SOCKET_CLOSED], [ErrorCode#STACK_CLOSED] or [ErrorCode#INTERRUPTED]
    /// @param whileBlocked whether the caller was blocked in the channel when it was closed
    public static ClosedChannelException closed(ErrorCode code, boolean whileBlocked) {
        if (code == ErrorCode.INTERRUPTED) {
            return new ClosedByInterrupt();
        }
        return whileBlocked ? new AsyncClosed(code) : new Closed(code);
    }

    /// As the JDK's own of its kind: which subclass it is concerns nobody.
    private static String named(Throwable t) {
        String name = t.getClass().getSuperclass().getName();
        return t.getLocalizedMessage() == null ? name : name + ": " + t.getLocalizedMessage();
    }

    private static final class Connect extends ConnectException implements ErrorCode.Coded {
        private static final long serialVersionUID = 1;
        private final ErrorCode code;

        Connect(ErrorCode code, String message) {
            super(message);
            this.code = code;
        }

        @Override
        public String toString() {
            return named(this);
        }

        @Override
        public ErrorCode code() {
            return code;
        }
    }

    private static final class Timeout extends SocketTimeoutException implements ErrorCode.Coded {
        private static final long serialVersionUID = 1;
        private final ErrorCode code;

        Timeout(ErrorCode code, String message) {
            super(message);
            this.code = code;
        }

        @Override
        public String toString() {
            return named(this);
        }

        @Override
        public ErrorCode code() {
            return code;
        }
    }

    private static final class NoRoute extends NoRouteToHostException implements ErrorCode.Coded {
        private static final long serialVersionUID = 1;
        private final ErrorCode code;

        NoRoute(ErrorCode code, String message) {
            super(message);
            this.code = code;
        }

        @Override
        public String toString() {
            return named(this);
        }

        @Override
        public ErrorCode code() {
            return code;
        }
    }

    private static final class PortUnreachable extends PortUnreachableException implements ErrorCode.Coded {
        private static final long serialVersionUID = 1;
        private final ErrorCode code;

        PortUnreachable(ErrorCode code, String message) {
            super(message);
            this.code = code;
        }

        @Override
        public String toString() {
            return named(this);
        }

        @Override
        public ErrorCode code() {
            return code;
        }
    }

    private static final class Bind extends BindException implements ErrorCode.Coded {
        private static final long serialVersionUID = 1;
        private final ErrorCode code;

        Bind(ErrorCode code, String message) {
            super(message);
            this.code = code;
        }

        @Override
        public String toString() {
            return named(this);
        }

        @Override
        public ErrorCode code() {
            return code;
        }
    }

    private static final class Socket extends SocketException implements ErrorCode.Coded {
        private static final long serialVersionUID = 1;
        private final ErrorCode code;

        Socket(ErrorCode code, String message) {
            super(message);
            this.code = code;
        }

        @Override
        public String toString() {
            return named(this);
        }

        @Override
        public ErrorCode code() {
            return code;
        }
    }

    private static final class Closed extends ClosedChannelException implements ErrorCode.Coded {
        private static final long serialVersionUID = 1;
        private final ErrorCode code;

        Closed(ErrorCode code) {
            this.code = code;
        }

        @Override
        public String toString() {
            return named(this);
        }

        @Override
        public ErrorCode code() {
            return code;
        }

        @Override
        public String getMessage() {
            return code.message();
        }
    }

    private static final class AsyncClosed extends AsynchronousCloseException implements ErrorCode.Coded {
        private static final long serialVersionUID = 1;
        private final ErrorCode code;

        AsyncClosed(ErrorCode code) {
            this.code = code;
        }

        @Override
        public String toString() {
            return named(this);
        }

        @Override
        public ErrorCode code() {
            return code;
        }

        @Override
        public String getMessage() {
            return code.message();
        }
    }

    private static final class ClosedByInterrupt extends ClosedByInterruptException implements ErrorCode.Coded {
        private static final long serialVersionUID = 1;

        @Override
        public String toString() {
            return named(this);
        }

        @Override
        public ErrorCode code() {
            return ErrorCode.INTERRUPTED;
        }
    }
}
