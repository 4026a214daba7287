package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.i64;
import static dev.millrace.wire.BigEndian.u48;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Objects;

/// Steps over the options of a neighbour discovery message: those of RFC 4861 §4.6, RFC 4191 §2.3 and RFC 8106 §5. An
/// object to be used again and again; it allocates nothing but [#domains].
///
/// ```
/// for (options.over(m, at, length); options.next(); ) { switch (options.type()) { case NdpOptions.MTU -> ... } }
/// ```
///
/// Options of other types are stepped over, as RFC 4861 §9 wants, and so are those whose length or contents are not what
/// their type must have; [#ignored] counts both. An option of length 0, or that reaches beyond the message, ends the walk,
/// and [#error] says so. A getter may be used for the options that it names.
public final class NdpOptions {
    /// The sender's link-layer address.
    public static final int SOURCE_LINK_LAYER_ADDRESS = 1;
    /// The target's link-layer address.
    public static final int TARGET_LINK_LAYER_ADDRESS = 2;
    /// A prefix that is on-link or for addresses, or both.
    public static final int PREFIX_INFORMATION = 3;
    /// The beginning of the packet that was redirected.
    public static final int REDIRECTED_HEADER = 4;
    /// The link's MTU.
    public static final int MTU = 5;
    /// A number by which a sender knows its own message again (RFC 3971 §5.3.2, RFC 7527).
    public static final int NONCE = 14;
    /// A route more specific than the default one (RFC 4191).
    public static final int ROUTE_INFORMATION = 24;
    /// Recursive DNS servers (RFC 8106).
    public static final int RDNSS = 25;
    /// DNS search list (RFC 8106).
    public static final int DNSSL = 31;
    /// A lifetime that does not end, in seconds.
    public static final long INFINITE_SECONDS = 0xffff_ffffL;

    private static final int ON_LINK = 0x80;
    private static final int AUTONOMOUS = 0x40;
    private static final int RESERVED_PREFERENCE = 2;

    private MemorySegment memory = MemorySegment.NULL;
    private long end;
    private long offset;
    private int length;
    private int ignored;
    private WireError error = WireError.NONE;

    /// A cursor over nothing.
    public NdpOptions() {
    }

    /// Starts before the first option of the message at `at`, of which [NdpMessage#check] has found at least the fixed part
    /// right.
    ///
    /// @param messageLength the bytes of the message that may be looked at
    public void over(MemorySegment m, long at, int messageLength) {
        memory = m;
        end = at + messageLength;
        offset = at + NdpMessage.fixedLength(IcmpHeader.type(m, at));
        length = 0;
        ignored = 0;
        error = WireError.NONE;
    }

    /// Steps to the next option that is known and as it must be. Returns `false` behind the last one, or if one is
    /// malformed.
    public boolean next() {
        while (error == WireError.NONE) {
            offset += length;
            length = 0;
            if (offset >= end) {
                return false;
            }
            int all = end - offset < 2 ? 0 : u8(memory, offset + 1) * 8;
            if (all == 0 || all > end - offset) {
                error = WireError.BAD_OPTION_LENGTH;
                return false;
            }
            length = all;
            if (isUsable()) {
                return true;
            }
            ignored++;
        }
        return false;
    }

    private boolean isUsable() {
        return switch (type()) {
            // RFC 2464 §6: on Ethernet the address has 6 bytes. That a neighbour is a group is as wrong here as in ARP
            // (RFC 1812 §3.3.2): whoever believes it sends one host's packets to many.
            case SOURCE_LINK_LAYER_ADDRESS, TARGET_LINK_LAYER_ADDRESS ->
                length == 8 && !MacAddress.isMulticast(linkLayerAddress());
            case PREFIX_INFORMATION -> length == 32 && prefixLength() <= 128;
            case REDIRECTED_HEADER -> true;
            case MTU -> length == 8;
            // RFC 3971 §5.3.2: at least 6 bytes; of more, those are looked at.
            case NONCE -> true;
            case ROUTE_INFORMATION -> isUsableRoute();
            // RFC 8106 §5.3.1.
            case RDNSS -> length >= 24 && length % 16 == 8;
            case DNSSL -> length >= 16;
            default -> false;
        };
    }

    /// RFC 4191 §2.3.
    private boolean isUsableRoute() {
        int room = length == 8 ? 0 : length == 16 ? 64 : 128;
        return length <= 24 && prefixLength() <= room && preferenceBits() != RESERVED_PREFERENCE;
    }

    /// The type of the option: one of this class's constants.
    public int type() {
        return u8(memory, offset);
    }

    /// The offset of the option's first byte, or of that of the malformed one that ended the walk.
    public long offset() {
        return offset;
    }

    /// All bytes of the option, a multiple of 8.
    public int length() {
        return length;
    }

    /// How many options were stepped over up to here because they are unknown or not as they must be.
    public int ignored() {
        return ignored;
    }

    /// What ended the walk: [WireError#NONE] if all options are well formed.
    public WireError error() {
        return error;
    }

    /// Source and target link-layer address: the MAC address, which is no group's.
    public long linkLayerAddress() {
        return u48(memory, offset + 2);
    }

    /// The MAC address in the first usable option of a type in a message, or 0 if it has none.
    ///
    /// @param at the offset of the message
    /// @param length its bytes
    /// @param type [#SOURCE_LINK_LAYER_ADDRESS] or [#TARGET_LINK_LAYER_ADDRESS]
    public static long linkLayerAddress(MemorySegment m, long at, int length, int type) {
        var options = new NdpOptions();
        options.over(m, at, length);
        while (options.next()) {
            if (options.type() == type) {
                return options.linkLayerAddress();
            }
        }
        return 0;
    }

    /// Nonce: its first 6 bytes.
    public long nonce() {
        return u48(memory, offset + 2);
    }

    /// Prefix and route information: the number of leading bits that count, 0 to 128.
    public int prefixLength() {
        return u8(memory, offset + 2);
    }

    /// Prefix and route information: the first 8 bytes of the prefix, as they came: bits behind the prefix may be set.
    public long prefixHi() {
        if (type() == PREFIX_INFORMATION) {
            return i64(memory, offset + 16);
        }
        return length >= 16 ? i64(memory, offset + 8) : 0;
    }

    /// Prefix and route information: the last 8 bytes of the prefix, as they came.
    public long prefixLo() {
        if (type() == PREFIX_INFORMATION) {
            return i64(memory, offset + 24);
        }
        return length >= 24 ? i64(memory, offset + 16) : 0;
    }

    /// Prefix information: whether addresses of the prefix are neighbours (L).
    public boolean isOnLink() {
        return (u8(memory, offset + 3) & ON_LINK) != 0;
    }

    /// Prefix information: whether hosts may make themselves addresses of the prefix (A).
    public boolean isAutonomous() {
        return (u8(memory, offset + 3) & AUTONOMOUS) != 0;
    }

    /// Prefix information: seconds for which the prefix holds; [#INFINITE_SECONDS] for ever.
    public long validSeconds() {
        return Integer.toUnsignedLong(i32(memory, offset + 4));
    }

    /// Prefix information: seconds for which addresses made of it may be used for what is new. It may be more than
    /// [#validSeconds] says, and then it must not be believed (RFC 4862 §5.5.3(c)).
    public long preferredSeconds() {
        return Integer.toUnsignedLong(i32(memory, offset + 8));
    }

    /// Route information: how much the route is preferred, [NdpMessage#PREFERENCE_LOW] to [NdpMessage#PREFERENCE_HIGH].
    public int preference() {
        return NdpMessage.preferenceOf(preferenceBits());
    }

    private int preferenceBits() {
        return u8(memory, offset + 3) >>> 3 & 3;
    }

    /// Route information, RDNSS and DNSSL: seconds for which it holds; 0 that it is withdrawn, [#INFINITE_SECONDS] for ever.
    public long lifetimeSeconds() {
        return Integer.toUnsignedLong(i32(memory, offset + 4));
    }

    /// MTU: bytes, as an unsigned number of 32 bits. Whether it is possible is for the link to say (RFC 4861 §6.3.4).
    public long mtu() {
        return Integer.toUnsignedLong(i32(memory, offset + 4));
    }

    /// Redirected header: the offset of the quoted packet.
    public long quotedOffset() {
        return offset + 8;
    }

    /// Redirected header: the bytes of the quoted packet, padding included.
    public int quotedLength() {
        return length - 8;
    }

    /// RDNSS: the number of servers, 1 to 127.
    public int serverCount() {
        return (length - 8) / 16;
    }

    /// RDNSS: the first 8 bytes of a server's address.
    public long serverHi(int index) {
        return i64(memory, offset + 8 + 16L * Objects.checkIndex(index, serverCount()));
    }

    /// RDNSS: the last 8 bytes of a server's address.
    public long serverLo(int index) {
        return i64(memory, offset + 16 + 16L * Objects.checkIndex(index, serverCount()));
    }

    /// DNSSL: the domains to search, in their order, without dots at their ends. Names that no host can have are left out:
    /// what a stranger advertises ends in resolvers and on screens. From a malformed name on nothing is read.
    public List<String> domains() {
        return DnsSearchList.read(memory, offset + 8, offset + length);
    }
}
