package dev.millrace.packetdrill.call;

import dev.millrace.ErrorCode;
import java.net.BindException;
import java.net.PortUnreachableException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;

/// Errors of system calls, with the numbers that Linux has for them.
enum Errno {
    /// No such descriptor.
    EBADF(9),
    /// It would have to wait.
    EAGAIN(11),
    /// Already there.
    EEXIST(17),
    /// Not there.
    ENOENT(2),
    /// A value makes no sense.
    EINVAL(22),
    /// Written after the end.
    EPIPE(32),
    /// A datagram without a destination.
    EDESTADDRREQ(89),
    /// A datagram is too long.
    EMSGSIZE(90),
    /// There is no such option.
    ENOPROTOOPT(92),
    /// There is no such protocol.
    EPROTONOSUPPORT(93),
    /// Not with this socket.
    EOPNOTSUPP(95),
    /// Somebody has the address.
    EADDRINUSE(98),
    /// Nobody here has the address.
    EADDRNOTAVAIL(99),
    /// The network is down.
    ENETDOWN(100),
    /// The network cannot be reached.
    ENETUNREACH(101),
    /// Aborted on this side.
    ECONNABORTED(103),
    /// Reset by the peer.
    ECONNRESET(104),
    /// No room.
    ENOBUFS(105),
    /// Connected already.
    EISCONN(106),
    /// Not connected.
    ENOTCONN(107),
    /// Nobody answers.
    ETIMEDOUT(110),
    /// Nobody listens.
    ECONNREFUSED(111),
    /// The host is down.
    EHOSTDOWN(112),
    /// The host cannot be reached.
    EHOSTUNREACH(113),
    /// An attempt is under way.
    EALREADY(114),
    /// An attempt has begun.
    EINPROGRESS(115);

    private final int number;

    Errno(int number) {
        this.number = number;
    }

    /// Its number on Linux.
    int number() {
        return number;
    }

    /// Whether a script's name for an error means this one.
    boolean isCalled(String name) {
        return name().equals(name) || this == EAGAIN && name.equals("EWOULDBLOCK") || this == EOPNOTSUPP && name.equals("ENOTSUP");
    }

    /// What a kernel says where the stack throws this; `null` if no kernel says anything of the kind.
    static Errno of(Throwable t) {
        return ErrorCode.of(t).map(Errno::of).orElseGet(() -> switch (t) {
            case NotYetConnectedException _ -> ENOTCONN;
            case AlreadyConnectedException _ -> EISCONN;
            case ConnectionPendingException _ -> EALREADY;
            case PortUnreachableException _ -> ECONNREFUSED;
            case BindException _ -> EADDRINUSE;
            case ClosedChannelException _ -> EBADF;
            case IllegalArgumentException _, IllegalStateException _ -> EINVAL;
            default -> null;
        });
    }

    static Errno of(ErrorCode code) {
        return switch (code) {
            case CONNECTION_REFUSED, PORT_UNREACHABLE -> ECONNREFUSED;
            case CONNECTION_RESET -> ECONNRESET;
            case BROKEN_PIPE -> EPIPE;
            case CONNECTION_TIMED_OUT, CONNECT_TIMEOUT -> ETIMEDOUT;
            case CONNECTION_ABORTED, INTERNAL_FAILURE -> ECONNABORTED;
            case READ_TIMEOUT, ACCEPT_TIMEOUT, RECEIVE_TIMEOUT -> EAGAIN;
            case NETWORK_UNREACHABLE -> ENETUNREACH;
            case HOST_UNREACHABLE -> EHOSTUNREACH;
            case PROTOCOL_UNREACHABLE -> ENOPROTOOPT;
            case ADDRESS_IN_USE -> EADDRINUSE;
            case ADDRESS_NOT_AVAILABLE -> EADDRNOTAVAIL;
            case INVALID_ADDRESS, CONFIGURATION -> EINVAL;
            case MESSAGE_TOO_LONG -> EMSGSIZE;
            case SOCKET_CLOSED, STACK_CLOSED, INTERRUPTED -> EBADF;
            case NOT_CONNECTED -> ENOTCONN;
            case LIMIT_REACHED -> ENOBUFS;
            case LINK_FAILED -> ENETDOWN;
            case MISSING_PLUGIN -> EPROTONOSUPPORT;
        };
    }
}
