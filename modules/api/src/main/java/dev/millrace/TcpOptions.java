package dev.millrace;

import java.net.SocketOption;
import java.time.Duration;

/// Socket options of TCP beside [java.net.StandardSocketOptions].
public final class TcpOptions {
    /// How long sent data may stay unacknowledged, or written data may wait for a closed window, before the connection is
    /// given up (RFC 9293 §3.8.3, R2), whatever the number of retransmissions; zero, the default, leaves it to that number
    /// (`[tcp] max-retransmissions`).
    public static final SocketOption<Duration> USER_TIMEOUT = new Option<>("USER_TIMEOUT", Duration.class);
    /// The user timeout that the peer is told by TCP's User Timeout option (RFC 5482; ADV_UTO): from 1 s to 32767 minutes, told in
    /// whole seconds, from 9 hours on in minutes, both rounded up. Zero, the default, uses no such option.
    ///
    /// It is sent with the SYN of a connect, with the first segment after the handshake, and after a change; it is advice, and
    /// may be lost. While it is not zero the peer's is heard, too: how long sent data may stay unacknowledged becomes the
    /// longer of both, at least 100 s and at most `[tcp] max-user-timeout`; but not where [#USER_TIMEOUT] was set.
    public static final SocketOption<Duration> ADVERTISED_USER_TIMEOUT =
            new Option<>("ADVERTISED_USER_TIMEOUT", Duration.class);
    /// How long a connection is idle before the first keep-alive probe (RFC 9293 §3.8.4).
    public static final SocketOption<Duration> KEEP_ALIVE_IDLE = new Option<>("KEEP_ALIVE_IDLE", Duration.class);
    /// The time between keep-alive probes.
    public static final SocketOption<Duration> KEEP_ALIVE_INTERVAL = new Option<>("KEEP_ALIVE_INTERVAL", Duration.class);
    /// How many unanswered keep-alive probes end the connection.
    public static final SocketOption<Integer> KEEP_ALIVE_COUNT = new Option<>("KEEP_ALIVE_COUNT", Integer.class);
    /// How long a closed connection waits for the peer's FIN, in FIN-WAIT-2 (RFC 9293 §3.6 leaves it open; Linux's
    /// TCP_LINGER2); zero is for ever, the default is `[tcp] fin-wait-2`. Set it before closing.
    public static final SocketOption<Duration> LINGER2 = new Option<>("LINGER2", Duration.class);
    /// For listeners: a connection is there to be accepted when its first data (or its FIN) has come. One that stays silent is
    /// accepted without after this time, up to an hour; zero, the default, accepts at once. Nothing but a small record is
    /// kept of it until then, among those of handshakes under way, and bounded as they are; the SYN,ACK goes once more at
    /// the end, and its ACK makes the connection. One that only its SYN cookie knows any more is accepted at once.
    /// (Linux's TCP_DEFER_ACCEPT. Of no use to other sockets, which take it all the same, as a kernel's do.)
    public static final SocketOption<Duration> DEFER_ACCEPT = new Option<>("DEFER_ACCEPT", Duration.class);
    /// For listeners: how many connections may be opened fast (RFC 7413) and have not completed their handshake yet, 0 to 65535. Of
    /// a client that brings a valid cookie, which it was given with an earlier connection, the SYN's data is there to be read
    /// at once, and the connection to be accepted and written to, a round trip earlier than else. Beyond the limit, and while SYN
    /// cookies are needed, clients are served as ever. 0 opens none so; the default is 0, or what `[tcp] fast-open` says.
    ///
    /// **Such data may come twice**, with a second connection, if the network doubles the SYN and the first connection has ended
    /// by then; and who sent it is not known to have an address before the handshake is complete ([TcpInfo#state()] is
    /// `SYN_RECEIVED` until then). So a server has it only where requests may be repeated without harm (RFC 7413 §6).
    /// (Linux's TCP_FASTOPEN. Of no use to other sockets.)
    public static final SocketOption<Integer> FAST_OPEN = new Option<>("FAST_OPEN", Integer.class);
    /// Connects fast (RFC 7413): if the destination has given this stack a cookie, connecting returns at once, and the SYN waits
    /// for what is written first and takes it along, as much as fits into a segment. It waits for 200 ms at most, and not at all
    /// if the program reads first or closes. If no cookie is known connecting is as ever, and the SYN asks for one. Set
    /// it before connecting; the default is `false`, or what `[tcp] fast-open` says.
    ///
    /// **What is written first must do no harm if the peer's program gets it twice** (idempotent requests: RFC 7413 §6.1): the
    /// network may double a SYN, and a peer that has closed the first connection by then makes two of it. It is sent
    /// before anybody has answered: that the peer refuses the connection, or cannot be reached (within the time that was given to
    /// connect), is told by the first read or write after that, and not by connecting.
    ///
    /// Data that the SYN,ACK does not acknowledge is sent again at once. Where SYNs with data get no answer, or an error, they go
    /// again without, and for a while such a destination is connected to as ever; [TcpInfo#fastOpen()] says what came of it.
    /// (Linux's TCP_FASTOPEN_CONNECT.)
    public static final SocketOption<Boolean> FAST_OPEN_CONNECT = new Option<>("FAST_OPEN_CONNECT", Boolean.class);
    /// Holds partial segments back until they are full, for at most 200 ms.
    public static final SocketOption<Boolean> CORK = new Option<>("CORK", Boolean.class);
    /// Acknowledges every segment at once while set.
    public static final SocketOption<Boolean> QUICK_ACK = new Option<>("QUICK_ACK", Boolean.class);
    /// Whether the last byte of urgent data stays in the stream, as RFC 6093 §6 wants it and as is the default; else reads
    /// leave it out, and nobody ever sees it. (SO_OOBINLINE of other systems; see [TcpSocket#urgentBytes()].)
    public static final SocketOption<Boolean> URGENT_INLINE = new Option<>("URGENT_INLINE", Boolean.class);
    /// The largest segment to send and to announce, in bytes; set before connecting.
    public static final SocketOption<Integer> MAX_SEGMENT = new Option<>("MAX_SEGMENT", Integer.class);
    /// How many bytes may wait unsent, 0 to 1 GiB: from there on a socket takes no more and is not writable, be it for a blocking
    /// write, [TcpSocket#tryWrite], a callback or a selector, however large its send buffer is; below half of it it is
    /// writable again. What is sent and not acknowledged does not count, so that little is queued before the network and
    /// a program decides late what to send. A write may go beyond it by less than a segment. 0, the default, leaves it to
    /// the send buffer. (Linux's TCP_NOTSENT_LOWAT.)
    public static final SocketOption<Integer> NOTSENT_LOWAT = new Option<>("NOTSENT_LOWAT", Integer.class);
    /// The TTL or hop limit of outgoing packets, 1 to 255.
    public static final SocketOption<Integer> HOP_LIMIT = new Option<>("HOP_LIMIT", Integer.class);
    /// The congestion control's name; set before connecting, or on a listener's stack by configuration.
    public static final SocketOption<String> CONGESTION_CONTROL = new Option<>("CONGESTION_CONTROL", String.class);

    private TcpOptions() {
    }

    private record Option<T>(String name, Class<T> type) implements SocketOption<T> {
        @Override
        public String toString() {
            return name;
        }
    }
}
