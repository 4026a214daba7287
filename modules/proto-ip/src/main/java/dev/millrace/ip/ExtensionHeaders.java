package dev.millrace.ip;

import static dev.millrace.ip.Bytes.u16;
import static dev.millrace.ip.Bytes.u8;

import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// Walks the extension headers of a packet that came in (RFC 8200 §4). What it finds is one `long`, so that several
/// threads may walk and nothing is allocated: read it with the getters.
final class ExtensionHeaders {
    /// The transport header was reached.
    static final int TRANSPORT = 0;
    /// The packet is to be dropped, and nothing said.
    static final int DISCARD = 1;
    /// The packet is cut off within a header.
    static final int CUT_OFF = 2;
    /// The packet is a fragment of a larger one.
    static final int FRAGMENT = 3;
    /// Nothing follows the extension headers.
    static final int NOTHING = 4;
    /// A parameter problem of code 0: a header field is wrong.
    static final int WRONG_FIELD = 5;
    /// A parameter problem of code 1: an unknown next header.
    static final int UNKNOWN_HEADER = 6;
    /// A parameter problem of code 2: an option is unknown, and the sender is to be told even if the packet was
    /// multicast.
    static final int UNKNOWN_OPTION = 7;
    /// As [#UNKNOWN_OPTION], but the sender is not told if the packet was multicast.
    static final int UNKNOWN_OPTION_UNICAST = 8;

    /// The most headers in one packet (RFC 8504 §5.3 lets a host set a limit).
    static final int MAX_HEADERS = 8;
    /// The most options in one header that are no padding.
    static final int MAX_OPTIONS = 16;

    private static final int PAYLOAD_LENGTH_FIELD = 4;
    private static final int NEXT_HEADER_FIELD = 6;
    private static final int FRAGMENT_HEADER_LENGTH = 8;
    private static final int PAD_1 = 0;
    private static final int PAD_N = 1;

    private ExtensionHeaders() {
    }

    /// What the walk came to: one of this class's constants.
    static int verdict(long found) {
        return (int) (found >>> 56);
    }

    /// The number of the transport header.
    static int protocol(long found) {
        return (int) (found >>> 48) & 0xff;
    }

    /// The offset of the transport header in the packet, or of the byte that is a problem.
    static int offset(long found) {
        return (int) found & 0xffffff;
    }

    /// The offset of the next-header field that names the transport.
    static int pointer(long found) {
        return (int) (found >>> 24) & 0xffffff;
    }

    private static long found(int verdict, int protocol, int pointer, int offset) {
        return (long) verdict << 56 | (long) protocol << 48 | (long) pointer << 24 | offset;
    }

    private static long problem(int verdict, int offset) {
        return found(verdict, 0, 0, offset);
    }

    /// Walks from the fixed header, at which the packet starts, to the transport header.
    static long walk(Packet packet) {
        int next = Ipv6Header.nextHeader(packet.memory(), packet.start());
        int pointer = NEXT_HEADER_FIELD;
        int offset = Ipv6Header.LENGTH;
        for (int n = 0; n <= MAX_HEADERS; n++) {
            switch (next) {
                case IpProtocol.HOP_BY_HOP, IpProtocol.ROUTING, IpProtocol.FRAGMENT, IpProtocol.DESTINATION_OPTIONS -> { }
                case IpProtocol.NO_NEXT_HEADER -> {
                    return problem(NOTHING, offset);
                }
                default -> {
                    return found(TRANSPORT, next, pointer, offset);
                }
            }
            // RFC 8200 §4.1: hop-by-hop options come first or are an unknown header.
            if (next == IpProtocol.HOP_BY_HOP && n > 0) {
                return problem(UNKNOWN_HEADER, pointer);
            }
            if (!packet.makeLinear(offset + 8)) {
                return problem(CUT_OFF, offset);
            }
            int length = next == IpProtocol.FRAGMENT ? FRAGMENT_HEADER_LENGTH
                    : (u8(packet.memory(), packet.start() + offset + 1) + 1) * 8;
            if (!packet.makeLinear(offset + length)) {
                return problem(CUT_OFF, offset);
            }
            long objection = inspect(packet, next, offset, length);
            if (objection != 0) {
                return objection;
            }
            next = u8(packet.memory(), packet.start() + offset);
            pointer = offset;
            offset += length;
        }
        return problem(DISCARD, offset);
    }

    /// What is to be said about one header, or 0 for nothing.
    private static long inspect(Packet packet, int header, int offset, int length) {
        MemorySegment m = packet.memory();
        int at = packet.start() + offset;
        return switch (header) {
            case IpProtocol.ROUTING -> u8(m, at + 3) == 0 ? 0 : problem(WRONG_FIELD, offset + 2);
            case IpProtocol.FRAGMENT -> fragment(m, packet.start(), packet.length(), offset);
            default -> options(m, packet.start(), offset, length);
        };
    }

    /// A fragment that is the whole packet ("atomic") is taken as if the header were not there (RFC 6946 §4).
    private static long fragment(MemorySegment m, int start, int packetLength, int offset) {
        int word = u16(m, start + offset + 2);
        boolean more = (word & 1) != 0;
        int position = word & 0xfff8;
        if (position == 0 && !more) {
            return 0;
        }
        int payload = packetLength - offset - FRAGMENT_HEADER_LENGTH;
        if (more && payload % 8 != 0) {
            return problem(WRONG_FIELD, PAYLOAD_LENGTH_FIELD);
        }
        return position + payload > 0xffff ? problem(WRONG_FIELD, offset + 2) : problem(FRAGMENT, offset);
    }

    private static long options(MemorySegment m, int start, int offset, int length) {
        int i = offset + 2;
        int end = offset + length;
        int count = 0;
        while (i < end) {
            int type = u8(m, start + i);
            if (type == PAD_1) {
                i++;
                continue;
            }
            if (i + 1 >= end || i + 2 + u8(m, start + i + 1) > end) {
                return problem(WRONG_FIELD, i);
            }
            if (type != PAD_N) {
                if (++count > MAX_OPTIONS) {
                    return problem(DISCARD, i);
                }
                // RFC 8200 §4.2: the two highest bits say what to do with an option that is not known; we know none.
                switch (type >>> 6) {
                    case 0 -> { }
                    case 1 -> {
                        return problem(DISCARD, i);
                    }
                    case 2 -> {
                        return problem(UNKNOWN_OPTION, i);
                    }
                    default -> {
                        return problem(UNKNOWN_OPTION_UNICAST, i);
                    }
                }
            }
            i += 2 + u8(m, start + i + 1);
        }
        return 0;
    }

    /// Steps over extension headers without judging them, as in a quoted packet. Returns [#TRANSPORT] with what follows,
    /// [#FRAGMENT] if that is a fragment but the first, or [#CUT_OFF] if the bytes end before.
    static long skip(MemorySegment m, int at, int available) {
        int next = Ipv6Header.nextHeader(m, at);
        int pointer = NEXT_HEADER_FIELD;
        int offset = Ipv6Header.LENGTH;
        for (int n = 0; n <= MAX_HEADERS; n++) {
            if (next != IpProtocol.HOP_BY_HOP && next != IpProtocol.ROUTING && next != IpProtocol.FRAGMENT
                    && next != IpProtocol.DESTINATION_OPTIONS) {
                return found(TRANSPORT, next, pointer, offset);
            }
            if (offset + 8 > available) {
                return problem(CUT_OFF, offset);
            }
            if (next == IpProtocol.FRAGMENT && (u16(m, at + offset + 2) & 0xfff8) != 0) {
                return problem(FRAGMENT, offset);
            }
            int length = next == IpProtocol.FRAGMENT ? FRAGMENT_HEADER_LENGTH : (u8(m, at + offset + 1) + 1) * 8;
            next = u8(m, at + offset);
            pointer = offset;
            offset += length;
        }
        return problem(CUT_OFF, offset);
    }
}
