package dev.millrace;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Why the stack let a packet go. Every packet that is not used has one of these reasons, a counter of its name in the group
/// `drops`, and in a capture a comment. A plug-in names its own with [#of], once, in a constant.
public final class DropReason {
    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9]*(-[a-z0-9]+)*");
    private static final int MAX_NAME = 40;
    /// Before the constants, which enter themselves.
    private static final List<DropReason> OWN = new ArrayList<>();

    /// The link or the NIC is closed.
    public static final DropReason LINK_CLOSED = own("link-closed", "link is closed");
    /// The packet is empty or shorter than the headers it needs.
    public static final DropReason TRUNCATED = own("truncated", "truncated");
    /// The packet is longer than the link's MTU.
    public static final DropReason TOO_BIG = own("too-big", "longer than the MTU");
    /// The link's own queue is full.
    public static final DropReason LINK_QUEUE_FULL = own("link-queue-full", "link queue is full");
    /// The link's device did not take the packet, or gave one that contradicts itself.
    public static final DropReason LINK_REFUSED = own("link-refused", "refused by the link's device");
    /// No network protocol of the stack takes packets of this EtherType, or the first four bits name no IP version.
    public static final DropReason UNKNOWN_NETWORK_PROTOCOL = own("unknown-network-protocol", "unknown network protocol");
    /// The frame's header is malformed, or has more VLAN tags than are looked at.
    public static final DropReason BAD_FRAME = own("bad-frame", "bad Ethernet frame");
    /// The frame is for another station, another VLAN, or a group that the NIC does not belong to.
    public static final DropReason OTHER_STATION = own("other-station", "frame is for another station");
    /// A message of ARP or NDP is malformed, or does not come from where it may.
    public static final DropReason BAD_NEIGHBOR_MESSAGE = own("bad-neighbor-message", "bad ARP or NDP message");
    /// The neighbour that the packet was to go to does not answer.
    public static final DropReason NEIGHBOR_UNREACHABLE = own("neighbor-unreachable", "neighbour does not answer");
    /// More packets wait for the neighbour's address than may, or for more neighbours.
    public static final DropReason NEIGHBOR_QUEUE_FULL = own("neighbor-queue-full", "too many packets wait for a neighbour");
    /// The IP header is wrong in itself.
    public static final DropReason BAD_IP_HEADER = own("bad-ip-header", "bad IP header");
    /// The IPv4 header checksum is wrong.
    public static final DropReason BAD_IP_CHECKSUM = own("bad-ip-checksum", "bad IP header checksum");
    /// An IP option or an extension header is malformed or not allowed.
    public static final DropReason BAD_IP_OPTION = own("bad-ip-option", "bad IP option or extension header");
    /// The source address cannot be one (multicast, broadcast, loopback from outside).
    public static final DropReason MARTIAN_SOURCE = own("martian-source", "martian source address");
    /// The destination is not an address of this stack, and it does not forward.
    public static final DropReason NOT_FOR_US = own("not-for-us", "destination is not ours");
    /// A fragment whose datagram did not become whole: in time, within the limits, without overlaps; or one that had come
    /// already.
    public static final DropReason FRAGMENT = own("fragment", "fragment not reassembled");
    /// TTL or hop limit ran out.
    public static final DropReason HOP_LIMIT = own("hop-limit", "hop limit exceeded");
    /// No transport takes this protocol number.
    public static final DropReason UNKNOWN_TRANSPORT = own("unknown-transport", "unknown transport protocol");
    /// An ICMP message is malformed, or quotes a packet that cannot have been ours.
    public static final DropReason BAD_ICMP = own("bad-icmp", "bad ICMP message");
    /// An ICMP message of a type that is not acted on.
    public static final DropReason ICMP_IGNORED = own("icmp-ignored", "ICMP type not acted on");
    /// An answer was not sent because its rate limit is reached.
    public static final DropReason RATE_LIMITED = own("rate-limited", "rate limited");
    /// The transport header is malformed.
    public static final DropReason BAD_TRANSPORT_HEADER = own("bad-transport-header", "bad transport header");
    /// The TCP or UDP checksum is wrong.
    public static final DropReason BAD_CHECKSUM = own("bad-checksum", "bad checksum");
    /// Nobody listens on the port.
    public static final DropReason NO_SOCKET = own("no-socket", "no socket");
    /// The receive buffer of the socket is full.
    public static final DropReason RECEIVE_BUFFER_FULL = own("receive-buffer-full", "receive buffer is full");
    /// A limit of the stack's memory is reached.
    public static final DropReason MEMORY_LIMIT = own("memory-limit", "memory limit of the stack");
    /// The listener's backlog is full.
    public static final DropReason BACKLOG_FULL = own("backlog-full", "backlog is full");
    /// The TCP segment lies outside the receive window.
    public static final DropReason OUT_OF_WINDOW = own("out-of-window", "outside the receive window");
    /// The TCP segment acknowledges what was never sent, or is not acceptable in this state.
    public static final DropReason UNACCEPTABLE_ACK = own("unacceptable-ack", "unacceptable acknowledgement");
    /// All data of the TCP segment had been received before.
    public static final DropReason DUPLICATE = own("duplicate", "duplicate data");
    /// The TCP timestamp is older than what was seen (PAWS).
    public static final DropReason OLD_TIMESTAMP = own("old-timestamp", "old timestamp");
    /// A RST that does not match the expected sequence number exactly.
    public static final DropReason INEXACT_RST = own("inexact-rst", "RST with inexact sequence number");
    /// A TCP segment with flags that make no sense in this state.
    public static final DropReason BAD_FLAGS = own("bad-flags", "flags not allowed in this state");
    /// Data for a connection whose program has closed it.
    public static final DropReason CLOSED = own("closed", "connection is closed");
    /// No route leads to the destination.
    public static final DropReason NO_ROUTE = own("no-route", "no route");
    /// The program's own code on the link dropped it.
    public static final DropReason BY_PROGRAM = own("by-program", "dropped by the program");
    /// The stack, a plug-in or a callback threw something while it had the packet; the counters `failures` say where.
    public static final DropReason FAILURE = own("failure", "an error while it was processed");
    /// The stack is closed.
    public static final DropReason STACK_CLOSED = own("stack-closed", "stack is closed");

    private final String name;
    private final String text;

    private DropReason(String name, String text) {
        this.name = name;
        this.text = text;
    }

    private static DropReason own(String name, String text) {
        var reason = new DropReason(name, text);
        OWN.add(reason);
        return reason;
    }

    /// A reason of a plug-in's own. Reasons of one name share a counter, whoever made them.
    ///
    /// @param name the counter's name: lower case with hyphens, at most 40 characters, such as `delay-queue-full`; begin it
    ///     with the plug-in's name
    /// @param text the reason in words
    /// @throws IllegalArgumentException if the name is none, or one of Millrace's own
    public static DropReason of(String name, String text) {
        if (name.length() > MAX_NAME || !NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("\"" + name + "\" is no name of a counter: lower case with hyphens, at most "
                    + MAX_NAME + " characters");
        }
        if (OWN.stream().anyMatch(r -> r.name.equals(name))) {
            throw new IllegalArgumentException("\"" + name + "\" is a reason of Millrace's own: use the constant");
        }
        if (text.isBlank()) {
            throw new IllegalArgumentException("a reason needs a text");
        }
        return new DropReason(name, text);
    }

    /// Millrace's own reasons.
    public static List<DropReason> own() {
        return List.copyOf(OWN);
    }

    /// The counter's name, such as `bad-checksum`.
    public String name() {
        return name;
    }

    /// The reason in words, as captures show it.
    public String text() {
        return text;
    }

    @Override
    public String toString() {
        return name;
    }
}
