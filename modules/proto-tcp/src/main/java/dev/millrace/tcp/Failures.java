package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.spi.SocketErrors;
import java.io.IOException;

/// The exceptions that reads, writes and connection attempts end with.
final class Failures {
    private Failures() {
    }

    /// @param cause what was thrown inside, or `null`
    static IOException onRead(ErrorCode failure, Throwable cause) {
        return failure == ErrorCode.STACK_CLOSED
                ? SocketErrors.closed(ErrorCode.STACK_CLOSED, true) : because(SocketErrors.of(failure), cause);
    }

    private static IOException because(IOException e, Throwable cause) {
        if (cause != null) {
            e.initCause(cause);
        }
        return e;
    }

    static IOException onConnect(ErrorCode failure) {
        return switch (failure) {
            case STACK_CLOSED -> SocketErrors.closed(ErrorCode.STACK_CLOSED, true);
            // What ICMP says of a port is to a connection attempt what RST is (RFC 9293 §3.9.2.2).
            case PORT_UNREACHABLE, CONNECTION_RESET -> SocketErrors.of(ErrorCode.CONNECTION_REFUSED);
            default -> SocketErrors.of(failure);
        };
    }

    /// A kernel tells a writer once that the connection was reset, and of a broken pipe from then on (EPIPE).
    ///
    /// @param cause what was thrown inside, or `null`
    /// @param resetTold whether the program has heard of the reset
    static IOException onWrite(ErrorCode failure, Throwable cause, boolean resetTold) {
        return switch (failure) {
            case STACK_CLOSED -> SocketErrors.closed(ErrorCode.STACK_CLOSED, true);
            case CONNECTION_RESET -> resetTold
                    ? SocketErrors.of(ErrorCode.BROKEN_PIPE)
                    : SocketErrors.of(ErrorCode.CONNECTION_RESET);
            default -> because(SocketErrors.of(failure), cause);
        };
    }

    static IOException outputShut() {
        return SocketErrors.of(ErrorCode.BROKEN_PIPE, "Socket output is shutdown");
    }
}
