package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.i64;
import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put64;
import static dev.millrace.wire.BigEndian.put8;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// The five messages of neighbour discovery (RFC 4861 §4), which are ICMPv6 messages: read and written in place. `at` is
/// the offset of the ICMPv6 header. The getters may be used once [#check] has returned [WireError#NONE], each for the
/// messages that it names; what follows the fixed part is read by [NdpOptions] and written by [NdpOptionWriter].
///
/// The writers leave the checksum 0, return the offset behind the fixed part, and want hop limit [#HOP_LIMIT]:
///
/// ```
/// long end = NdpOptionWriter.sourceLinkLayerAddress(m, NdpMessage.writeNeighborSolicitation(m, at, hi, lo), mac);
/// IcmpHeader.setChecksum(m, at, IcmpHeader.computeV6(m, at, (int) (end - at), source, destination));
/// ```
public final class NdpMessage {
    /// The type of a router solicitation.
    public static final int ROUTER_SOLICITATION = 133;
    /// The type of a router advertisement.
    public static final int ROUTER_ADVERTISEMENT = 134;
    /// The type of a neighbour solicitation.
    public static final int NEIGHBOR_SOLICITATION = 135;
    /// The type of a neighbour advertisement.
    public static final int NEIGHBOR_ADVERTISEMENT = 136;
    /// The type of a redirect.
    public static final int REDIRECT = 137;
    /// The hop limit of all these messages: no router has passed them on.
    public static final int HOP_LIMIT = 255;

    /// In a router advertisement: addresses are to be had from DHCPv6 (M).
    public static final int MANAGED = 0x80;
    /// In a router advertisement: other things are to be had from DHCPv6 (O).
    public static final int OTHER_CONFIGURATION = 0x40;
    /// A router that is preferred to others, or a route (RFC 4191 §2.1).
    public static final int PREFERENCE_HIGH = 1;
    /// The preference of routers and routes that state none.
    public static final int PREFERENCE_MEDIUM = 0;
    /// A router or route for want of another.
    public static final int PREFERENCE_LOW = -1;

    /// In a neighbour advertisement: the sender is a router (R).
    public static final int ROUTER = 0x80;
    /// In a neighbour advertisement: it answers a solicitation (S).
    public static final int SOLICITED = 0x40;
    /// In a neighbour advertisement: what is known otherwise is to be overwritten (O).
    public static final int OVERRIDE = 0x20;

    /// The first 8 bytes of all solicited-node multicast addresses (RFC 4291 §2.7.1).
    public static final long SOLICITED_NODE_HI = 0xff02L << 48;

    private static final int LENGTH_WITH_TARGET = 24;
    private static final int REDIRECT_LENGTH = 40;
    private static final int ROUTER_ADVERTISEMENT_LENGTH = 16;
    private static final int TARGET = 8;

    private NdpMessage() {
    }

    /// The last 8 bytes of the solicited-node multicast address of an address, given its last 8 bytes (RFC 4291 §2.7.1).
    public static long solicitedNodeLo(long lo) {
        return 0x1_ff00_0000L | lo & 0xff_ffff;
    }

    /// Whether an ICMPv6 type is one of these messages.
    public static boolean isNdp(int type) {
        return type >= ROUTER_SOLICITATION && type <= REDIRECT;
    }

    /// The bytes in front of the options of a message of this type, or 0 for other types.
    public static int fixedLength(int type) {
        return switch (type) {
            case ROUTER_SOLICITATION -> IcmpHeader.LENGTH;
            case ROUTER_ADVERTISEMENT -> ROUTER_ADVERTISEMENT_LENGTH;
            case NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT -> LENGTH_WITH_TARGET;
            case REDIRECT -> REDIRECT_LENGTH;
            default -> 0;
        };
    }

    /// Whether the message passes all tests of RFC 4861 §6.1, §7.1 and §8.1 but two. The checksum is a separate question
    /// ([#checksumIsRight]), and so is whether a redirect comes from the router that is in use. A message that came in
    /// fragments is to be dropped before (RFC 6980 §5).
    ///
    /// @param length the bytes of the message, from the ICMPv6 header to the end of the packet
    /// @param hopLimit the IPv6 header's; this and the addresses are what the tests need of it
    public static WireError check(MemorySegment m, long at, int length, int hopLimit, long sourceHi, long sourceLo,
            long destinationHi, long destinationLo) {
        if (length < IcmpHeader.LENGTH) {
            return WireError.TRUNCATED;
        }
        int type = IcmpHeader.type(m, at);
        int fixedLength = fixedLength(type);
        if (fixedLength == 0) {
            return WireError.UNKNOWN_FORMAT;
        }
        if (hopLimit != HOP_LIMIT) {
            return WireError.BAD_HOP_LIMIT;
        }
        if (IcmpHeader.code(m, at) != 0) {
            return WireError.BAD_CODE;
        }
        if (length < fixedLength) {
            return WireError.TRUNCATED;
        }
        // RFC 4291 §2.7: a multicast address is never a source.
        if (Ipv6AddressKind.isMulticast(sourceHi)) {
            return WireError.BAD_SOURCE;
        }
        WireError error = checkAddresses(m, at, type, sourceHi, sourceLo, destinationHi, destinationLo);
        if (error != WireError.NONE) {
            return error;
        }
        boolean anonymous = Ipv6AddressKind.isUnspecified(sourceHi, sourceLo);
        return checkOptions(m, at + fixedLength, at + length, anonymous
                && (type == ROUTER_SOLICITATION || type == NEIGHBOR_SOLICITATION));
    }

    private static WireError checkAddresses(MemorySegment m, long at, int type, long sourceHi, long sourceLo,
            long destinationHi, long destinationLo) {
        return switch (type) {
            case ROUTER_ADVERTISEMENT -> Ipv6AddressKind.isLinkLocal(sourceHi) ? WireError.NONE : WireError.BAD_SOURCE;
            case NEIGHBOR_SOLICITATION -> {
                if (Ipv6AddressKind.isMulticast(targetHi(m, at))) {
                    yield WireError.BAD_TARGET;
                }
                yield Ipv6AddressKind.isUnspecified(sourceHi, sourceLo)
                        && !Ipv6AddressKind.isSolicitedNode(destinationHi, destinationLo)
                        ? WireError.BAD_DESTINATION : WireError.NONE;
            }
            case NEIGHBOR_ADVERTISEMENT -> {
                if (Ipv6AddressKind.isMulticast(targetHi(m, at))) {
                    yield WireError.BAD_TARGET;
                }
                yield Ipv6AddressKind.isMulticast(destinationHi) && (flags(m, at) & SOLICITED) != 0
                        ? WireError.BAD_DESTINATION : WireError.NONE;
            }
            case REDIRECT -> checkRedirect(m, at, sourceHi);
            default -> WireError.NONE;
        };
    }

    private static WireError checkRedirect(MemorySegment m, long at, long sourceHi) {
        if (!Ipv6AddressKind.isLinkLocal(sourceHi)) {
            return WireError.BAD_SOURCE;
        }
        if (Ipv6AddressKind.isMulticast(redirectedHi(m, at))) {
            return WireError.BAD_DESTINATION;
        }
        boolean onLink = targetHi(m, at) == redirectedHi(m, at) && targetLo(m, at) == redirectedLo(m, at);
        return onLink || Ipv6AddressKind.isLinkLocal(targetHi(m, at)) ? WireError.NONE : WireError.BAD_TARGET;
    }

    /// Every option has a length, and the last ends with the message.
    private static WireError checkOptions(MemorySegment m, long from, long end, boolean noSourceAddress) {
        long option = from;
        while (option < end) {
            int length = end - option < 2 ? 0 : u8(m, option + 1) * 8;
            if (length == 0 || length > end - option) {
                return WireError.BAD_OPTION_LENGTH;
            }
            if (noSourceAddress && u8(m, option) == NdpOptions.SOURCE_LINK_LAYER_ADDRESS) {
                return WireError.FORBIDDEN_OPTION;
            }
            option += length;
        }
        return WireError.NONE;
    }

    /// Whether the checksum is right.
    ///
    /// @param length the bytes of the message
    public static boolean checksumIsRight(MemorySegment m, long at, int length, long sourceHi, long sourceLo,
            long destinationHi, long destinationLo) {
        return Checksum.isRight(Checksum.sum(m, at, length) + Checksum.pseudoHeader(
                sourceHi, sourceLo, destinationHi, destinationLo, IpProtocol.ICMPV6, length));
    }

    /// Router advertisement: the hop limit that hosts are to use, or 0 if it does not say.
    public static int currentHopLimit(MemorySegment m, long at) {
        return u8(m, at + 4);
    }

    /// Router advertisement: [#MANAGED], [#OTHER_CONFIGURATION] and bits that have a getter or no meaning here.
    public static int routerFlags(MemorySegment m, long at) {
        return u8(m, at + 5);
    }

    /// Router advertisement: how much it wants to be the default router, [#PREFERENCE_LOW] to [#PREFERENCE_HIGH]. The
    /// reserved value is medium, and so is whatever a router says that is none (RFC 4191 §2.2).
    public static int preference(MemorySegment m, long at) {
        int bits = u8(m, at + 5) >>> 3 & 3;
        return routerLifetimeSeconds(m, at) == 0 || bits == 2 ? PREFERENCE_MEDIUM : preferenceOf(bits);
    }

    /// The preference that the two bits of RFC 4191 §2.1 mean; for the reserved 2 a number that is none.
    static int preferenceOf(int bits) {
        return bits << 30 >> 30;
    }

    /// Router advertisement: for how many seconds this is a default router, 0 to 65535; 0 if it is none.
    public static int routerLifetimeSeconds(MemorySegment m, long at) {
        return u16(m, at + 6);
    }

    /// Router advertisement: for how many milliseconds a confirmed neighbour is reachable, or 0 if it does not say.
    public static long reachableMs(MemorySegment m, long at) {
        return Integer.toUnsignedLong(i32(m, at + 8));
    }

    /// Router advertisement: milliseconds between two solicitations, or 0 if it does not say.
    public static long retransMs(MemorySegment m, long at) {
        return Integer.toUnsignedLong(i32(m, at + 12));
    }

    /// Neighbour advertisement: [#ROUTER], [#SOLICITED] and [#OVERRIDE].
    public static int flags(MemorySegment m, long at) {
        return u8(m, at + 4) & (ROUTER | SOLICITED | OVERRIDE);
    }

    /// The first 8 bytes of the target address: of solicitations and advertisements of neighbours, and of redirects, where
    /// it is the better first hop.
    public static long targetHi(MemorySegment m, long at) {
        return i64(m, at + TARGET);
    }

    /// The last 8 bytes of the target address.
    public static long targetLo(MemorySegment m, long at) {
        return i64(m, at + TARGET + 8);
    }

    /// Redirect: the first 8 bytes of the destination that is better reached through the target, or that is the target.
    public static long redirectedHi(MemorySegment m, long at) {
        return i64(m, at + 24);
    }

    /// Redirect: the last 8 bytes of that destination.
    public static long redirectedLo(MemorySegment m, long at) {
        return i64(m, at + 32);
    }

    /// Writes a router solicitation.
    public static long writeRouterSolicitation(MemorySegment m, long at) {
        IcmpHeader.write(m, at, ROUTER_SOLICITATION, 0, 0);
        return at + IcmpHeader.LENGTH;
    }

    /// Writes a router advertisement.
    ///
    /// @param currentHopLimit 0 to 255; 0 says nothing
    /// @param routerFlags [#MANAGED] and [#OTHER_CONFIGURATION]
    /// @param preference [#PREFERENCE_LOW] to [#PREFERENCE_HIGH]
    /// @param lifetimeSeconds 0 to 65535
    /// @param reachableMs 32 bits; 0 says nothing
    /// @param retransMs 32 bits; 0 says nothing
    public static long writeRouterAdvertisement(MemorySegment m, long at, int currentHopLimit, int routerFlags,
            int preference, int lifetimeSeconds, long reachableMs, long retransMs) {
        IcmpHeader.write(m, at, ROUTER_ADVERTISEMENT, 0, 0);
        put8(m, at + 4, currentHopLimit);
        put8(m, at + 5, routerFlags & (MANAGED | OTHER_CONFIGURATION) | (preference & 3) << 3);
        put16(m, at + 6, lifetimeSeconds);
        put32(m, at + 8, (int) reachableMs);
        put32(m, at + 12, (int) retransMs);
        return at + ROUTER_ADVERTISEMENT_LENGTH;
    }

    /// Writes a neighbour solicitation.
    public static long writeNeighborSolicitation(MemorySegment m, long at, long targetHi, long targetLo) {
        return writeWithTarget(m, at, NEIGHBOR_SOLICITATION, 0, targetHi, targetLo);
    }

    /// Writes a neighbour advertisement.
    ///
    /// @param flags [#ROUTER], [#SOLICITED] and [#OVERRIDE]
    public static long writeNeighborAdvertisement(MemorySegment m, long at, int flags, long targetHi, long targetLo) {
        return writeWithTarget(m, at, NEIGHBOR_ADVERTISEMENT, flags & (ROUTER | SOLICITED | OVERRIDE), targetHi, targetLo);
    }

    /// Writes a redirect.
    public static long writeRedirect(MemorySegment m, long at, long targetHi, long targetLo, long destinationHi,
            long destinationLo) {
        writeWithTarget(m, at, REDIRECT, 0, targetHi, targetLo);
        put64(m, at + 24, destinationHi);
        put64(m, at + 32, destinationLo);
        return at + REDIRECT_LENGTH;
    }

    private static long writeWithTarget(MemorySegment m, long at, int type, int flags, long targetHi, long targetLo) {
        IcmpHeader.write(m, at, type, 0, flags << 24);
        put64(m, at + TARGET, targetHi);
        put64(m, at + TARGET + 8, targetLo);
        return at + LENGTH_WITH_TARGET;
    }
}
