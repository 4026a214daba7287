package dev.millrace;

/// Why the stack let a packet go. Every packet that is not used has one of these reasons, a counter of that name, and
/// in a capture a comment.
public enum DropReason {
    /// The link or the NIC is closed.
    LINK_CLOSED("link is closed"),
    /// The packet is empty or shorter than the headers it needs.
    TRUNCATED("truncated"),
    /// The packet is longer than the link's MTU.
    TOO_BIG("longer than the MTU"),
    /// The link's own queue is full.
    LINK_QUEUE_FULL("link queue is full"),
    /// The link's device did not take the packet, or gave one that contradicts itself.
    LINK_REFUSED("refused by the link's device"),
    /// The first four bits name no IP version, or one that this stack does not run.
    UNKNOWN_NETWORK_PROTOCOL("unknown network protocol"),
    /// The IP header is wrong in itself.
    BAD_IP_HEADER("bad IP header"),
    /// The IPv4 header checksum is wrong.
    BAD_IP_CHECKSUM("bad IP header checksum"),
    /// An IP option or an extension header is malformed or not allowed.
    BAD_IP_OPTION("bad IP option or extension header"),
    /// The source address cannot be one (multicast, broadcast, loopback from outside).
    MARTIAN_SOURCE("martian source address"),
    /// The destination is not an address of this stack, and it does not forward.
    NOT_FOR_US("destination is not ours"),
    /// A fragment whose datagram did not become whole: in time, within the limits, without overlaps; or one that had come
    /// already.
    FRAGMENT("fragment not reassembled"),
    /// TTL or hop limit ran out.
    HOP_LIMIT("hop limit exceeded"),
    /// No transport takes this protocol number.
    UNKNOWN_TRANSPORT("unknown transport protocol"),
    /// An ICMP message is malformed, or quotes a packet that cannot have been ours.
    BAD_ICMP("bad ICMP message"),
    /// An ICMP message of a type that is not acted on.
    ICMP_IGNORED("ICMP type not acted on"),
    /// An answer was not sent because its rate limit is reached.
    RATE_LIMITED("rate limited"),
    /// The transport header is malformed.
    BAD_TRANSPORT_HEADER("bad transport header"),
    /// The TCP or UDP checksum is wrong.
    BAD_CHECKSUM("bad checksum"),
    /// Nobody listens on the port.
    NO_SOCKET("no socket"),
    /// The receive buffer of the socket is full.
    RECEIVE_BUFFER_FULL("receive buffer is full"),
    /// A limit of the stack's memory is reached.
    MEMORY_LIMIT("memory limit of the stack"),
    /// The listener's backlog is full.
    BACKLOG_FULL("backlog is full"),
    /// The TCP segment lies outside the receive window.
    OUT_OF_WINDOW("outside the receive window"),
    /// The TCP segment acknowledges what was never sent, or is not acceptable in this state.
    UNACCEPTABLE_ACK("unacceptable acknowledgement"),
    /// All data of the TCP segment had been received before.
    DUPLICATE("duplicate data"),
    /// The TCP timestamp is older than what was seen (PAWS).
    OLD_TIMESTAMP("old timestamp"),
    /// A RST that does not match the expected sequence number exactly.
    INEXACT_RST("RST with inexact sequence number"),
    /// A TCP segment with flags that make no sense in this state.
    BAD_FLAGS("flags not allowed in this state"),
    /// Data for a connection whose program has closed it.
    CLOSED("connection is closed"),
    /// No route leads to the destination.
    NO_ROUTE("no route"),
    /// The program's own code on the link dropped it.
    BY_PROGRAM("dropped by the program"),
    /// The stack, a plug-in or a callback threw something while it had the packet; the counters `failures` say where.
    FAILURE("an error while it was processed"),
    /// The stack is closed.
    STACK_CLOSED("stack is closed");

    private final String text;

    DropReason(String text) {
        this.text = text;
    }

    /// The reason in words, as captures show it.
    public String text() {
        return text;
    }
}
