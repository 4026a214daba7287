package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.spi.SocketErrors;
import java.io.IOException;

/// The exceptions that reads, writes and connection attempts end with.
final class Failures {
    private Failures() {
    }

    static IOException onRead(ErrorCode failure) {
        return switch (failure) {
            case STACK_CLOSED -> SocketErrors.closed(ErrorCode.STACK_CLOSED, true);
            default -> SocketErrors.of(failure);
        };
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
    static IOException onWrite(ErrorCode failure, ConnectionEndpoint endpoint) {
        return switch (failure) {
            case STACK_CLOSED -> SocketErrors.closed(ErrorCode.STACK_CLOSED, true);
            case CONNECTION_RESET -> endpoint.resetWasTold()
                    ? SocketErrors.of(ErrorCode.BROKEN_PIPE)
                    : SocketErrors.of(ErrorCode.CONNECTION_RESET);
            default -> SocketErrors.of(failure);
        };
    }

    static IOException outputShut() {
        return SocketErrors.of(ErrorCode.BROKEN_PIPE, "Socket output is shutdown");
    }
}
