package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// The extension headers of an IPv6 packet (RFC 8200 §4), walked without allocating. What a walk comes to is one `long`;
/// read it with [#verdict], [#protocol], [#offset] and [#pointer]. All offsets count from the packet's first byte.
public final class Ipv6Extensions {
    /// The transport header was reached.
    public static final int TRANSPORT = 0;
    /// The packet is to be dropped, and nothing said.
    public static final int DISCARD = 1;
    /// The packet is cut off within a header.
    public static final int CUT_OFF = 2;
    /// The packet is a fragment of a larger one.
    public static final int FRAGMENT = 3;
    /// Nothing follows the extension headers.
    public static final int NOTHING = 4;
    /// A parameter problem of code 0: a header field is wrong.
    public static final int WRONG_FIELD = 5;
    /// A parameter problem of code 1: an unknown next header.
    public static final int UNKNOWN_HEADER = 6;
    /// A parameter problem of code 2: an option is unknown, and the sender is to be told even if the packet was
    /// multicast.
    public static final int UNKNOWN_OPTION = 7;
    /// As [#UNKNOWN_OPTION], but the sender is not told if the packet was multicast.
    public static final int UNKNOWN_OPTION_UNICAST = 8;

    /// The most headers in one packet (RFC 8504 §5.3 lets a host set a limit).
    public static final int MAX_HEADERS = 8;
    /// The most options in one header that are no padding.
    public static final int MAX_OPTIONS = 16;

    private static final int PAYLOAD_LENGTH_FIELD = 4;
    private static final int NEXT_HEADER_FIELD = 6;
    private static final int FRAGMENT_HEADER_LENGTH = 8;
    private static final int PAD_1 = 0;
    private static final int PAD_N = 1;

    private Ipv6Extensions() {
    }

    /// What the walk came to: one of this class's constants.
    public static int verdict(long found) {
        return (int) (found >>> 56);
    }

    /// The number of the transport header.
    public static int protocol(long found) {
        return (int) (found >>> 48) & 0xff;
    }

    /// The offset of the transport header in the packet, or of the byte that is a problem.
    public static int offset(long found) {
        return (int) found & 0xffffff;
    }

    /// The offset of the next-header field that names the transport.
    public static int pointer(long found) {
        return (int) (found >>> 24) & 0xffffff;
    }

    private static long found(int verdict, int protocol, int pointer, int offset) {
        return (long) verdict << 56 | (long) protocol << 48 | (long) pointer << 24 | offset;
    }

    private static long problem(int verdict, int offset) {
        return found(verdict, 0, 0, offset);
    }

    /// Walks from the fixed header, which [Ipv6Header#check] has found right, to the transport header, and judges every
    /// header and option on the way as a destination host must.
    ///
    /// @param at the offset of the fixed header
    /// @param available the bytes that can be looked at from there
    /// @param packetLength the bytes of the whole packet, of which the last ones may lie elsewhere
    public static long walk(MemorySegment m, long at, int available, int packetLength) {
        int next = Ipv6Header.nextHeader(m, at);
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
            if (offset + 8 > available) {
                return problem(CUT_OFF, offset);
            }
            int length = next == IpProtocol.FRAGMENT ? FRAGMENT_HEADER_LENGTH : (u8(m, at + offset + 1) + 1) * 8;
            if (offset + length > available) {
                return problem(CUT_OFF, offset);
            }
            long objection = inspect(m, at, packetLength, next, offset, length);
            if (objection != 0) {
                return objection;
            }
            next = u8(m, at + offset);
            pointer = offset;
            offset += length;
        }
        return problem(DISCARD, offset);
    }

    /// What is to be said about one header, or 0 for nothing.
    private static long inspect(MemorySegment m, long start, int packetLength, int header, int offset, int length) {
        return switch (header) {
            case IpProtocol.ROUTING -> u8(m, start + offset + 3) == 0 ? 0 : problem(WRONG_FIELD, offset + 2);
            case IpProtocol.FRAGMENT -> fragment(m, start, packetLength, offset);
            default -> options(m, start, offset, length);
        };
    }

    /// A fragment that is the whole packet ("atomic") is taken as if the header were not there (RFC 6946 §4).
    private static long fragment(MemorySegment m, long start, int packetLength, int offset) {
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
        // RFC 8200 §4.5: the payload length of the whole packet counts the headers in front of this one too.
        int whole = offset - Ipv6Header.LENGTH + position + payload;
        return whole > 0xffff ? problem(WRONG_FIELD, offset + 2) : problem(FRAGMENT, offset);
    }

    private static long options(MemorySegment m, long start, int offset, int length) {
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
    public static long skip(MemorySegment m, long at, int available) {
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
