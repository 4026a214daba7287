package dev.millrace;

import java.util.Optional;

/// Why an operation failed, as a value to branch on. The exceptions themselves are the JDK's classes with the JDK's
/// messages, since libraries branch on those; [#of] finds the code that an exception of this stack carries.
public enum ErrorCode {
    /// The peer answered the connection attempt with RST, or ICMP said that nobody listens.
    CONNECTION_REFUSED("Connection refused"),
    /// The peer reset the connection.
    CONNECTION_RESET("Connection reset"),
    /// A write after the connection was reset or shut down.
    BROKEN_PIPE("Broken pipe"),
    /// The peer did not answer for as long as the protocol or the user timeout allows.
    CONNECTION_TIMED_OUT("Connection timed out"),
    /// The connection was aborted on this side.
    CONNECTION_ABORTED("Connection aborted"),
    /// The connection ended because something inside threw: a defect of the stack or of a plug-in, or no memory. The cause
    /// is attached.
    INTERNAL_FAILURE("Software caused connection abort"),
    /// The caller's own time limit for connecting ran out.
    CONNECT_TIMEOUT("Connect timed out"),
    /// The caller's own time limit for reading ran out.
    READ_TIMEOUT("Read timed out"),
    /// The caller's own time limit for accepting ran out.
    ACCEPT_TIMEOUT("Accept timed out"),
    /// The caller's own time limit for receiving a datagram ran out.
    RECEIVE_TIMEOUT("Receive timed out"),
    /// No route leads to the destination, or a router said so.
    NETWORK_UNREACHABLE("Network is unreachable"),
    /// A router or the last network said that the host cannot be reached.
    HOST_UNREACHABLE("No route to host"),
    /// The peer has no such protocol.
    PROTOCOL_UNREACHABLE("Protocol not available"),
    /// ICMP said that nobody listens on the port of a connected UDP socket.
    PORT_UNREACHABLE("Connection refused"),
    /// Another socket has the local address and port.
    ADDRESS_IN_USE("Address already in use"),
    /// The local address is not one of the stack's, or no ephemeral port is free.
    ADDRESS_NOT_AVAILABLE("Cannot assign requested address"),
    /// The destination is an address that no connection can go to.
    INVALID_ADDRESS("Invalid argument"),
    /// A datagram is larger than the protocol or the path allows.
    MESSAGE_TOO_LONG("Message too long"),
    /// The socket was closed.
    SOCKET_CLOSED("Socket closed"),
    /// The socket is not connected.
    NOT_CONNECTED("Socket is not connected"),
    /// The thread was interrupted while it waited, which closes the socket.
    INTERRUPTED("Closed by interrupt"),
    /// The stack was closed.
    STACK_CLOSED("Stack closed"),
    /// A limit of the stack (its memory, its connections) is reached.
    LIMIT_REACHED("No buffer space available"),
    /// A link driver could not open, or its device went away.
    LINK_FAILED("Network is down"),
    /// The configuration is wrong.
    CONFIGURATION("Invalid configuration"),
    /// A plug-in that the configuration or the program asks for is not present.
    MISSING_PLUGIN("Protocol not supported");

    private final String message;

    ErrorCode(String message) {
        this.message = message;
    }

    /// The message that the JDK gives for the same failure.
    public String message() {
        return message;
    }

    /// The code that `failure`, or the nearest of its causes that has one, carries.
    public static Optional<ErrorCode> of(Throwable failure) {
        int depth = 0;
        for (Throwable t = failure; t != null && depth < 64; t = t.getCause(), depth++) {
            if (t instanceof Coded coded) {
                return Optional.of(coded.code());
            }
        }
        return Optional.empty();
    }

    /// An exception that carries a code; every exception that this stack throws to a caller is one.
    public interface Coded {
        /// The code.
        ErrorCode code();
    }
}
