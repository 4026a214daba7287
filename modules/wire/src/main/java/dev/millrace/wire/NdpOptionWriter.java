package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put48;
import static dev.millrace.wire.BigEndian.put64;
import static dev.millrace.wire.BigEndian.put8;

import java.lang.foreign.MemorySegment;
import java.util.List;

/// Writes options of neighbour discovery in place (RFC 4861 §4.6, RFC 4191 §2.3, RFC 8106 §5), one method an option. Each
/// takes the offset to write at and returns the one behind, and writes every byte between. Lifetimes are seconds of 32
/// bits, [NdpOptions#INFINITE_SECONDS] for ever.
public final class NdpOptionWriter {
    /// The bytes of a link-layer address option.
    public static final int LINK_LAYER_ADDRESS_LENGTH = 8;

    private static final int MAX_UNITS = 255;

    private NdpOptionWriter() {
    }

    private static void head(MemorySegment m, long at, int type, int length) {
        put8(m, at, type);
        put8(m, at + 1, length / 8);
    }

    /// The sender's MAC address.
    public static long sourceLinkLayerAddress(MemorySegment m, long at, long mac) {
        head(m, at, NdpOptions.SOURCE_LINK_LAYER_ADDRESS, LINK_LAYER_ADDRESS_LENGTH);
        put48(m, at + 2, mac);
        return at + LINK_LAYER_ADDRESS_LENGTH;
    }

    /// The target's MAC address.
    public static long targetLinkLayerAddress(MemorySegment m, long at, long mac) {
        head(m, at, NdpOptions.TARGET_LINK_LAYER_ADDRESS, LINK_LAYER_ADDRESS_LENGTH);
        put48(m, at + 2, mac);
        return at + LINK_LAYER_ADDRESS_LENGTH;
    }

    /// A number by which the sender knows its own message again (RFC 7527 §4.1); as long as a link-layer address option.
    ///
    /// @param nonce 48 bits
    public static long nonce(MemorySegment m, long at, long nonce) {
        head(m, at, NdpOptions.NONCE, LINK_LAYER_ADDRESS_LENGTH);
        put48(m, at + 2, nonce);
        return at + LINK_LAYER_ADDRESS_LENGTH;
    }

    /// A prefix.
    ///
    /// @param prefixLength 0 to 128; the bits behind should be 0
    public static long prefix(MemorySegment m, long at, long prefixHi, long prefixLo, int prefixLength, boolean onLink,
            boolean autonomous, long validSeconds, long preferredSeconds) {
        head(m, at, NdpOptions.PREFIX_INFORMATION, 32);
        put8(m, at + 2, prefixLength);
        put8(m, at + 3, (onLink ? 0x80 : 0) | (autonomous ? 0x40 : 0));
        put32(m, at + 4, (int) validSeconds);
        put32(m, at + 8, (int) preferredSeconds);
        put32(m, at + 12, 0);
        put64(m, at + 16, prefixHi);
        put64(m, at + 24, prefixLo);
        return at + 32;
    }

    /// The beginning of the packet that was redirected.
    ///
    /// @param length its bytes to quote, of which those behind the last whole 8 are left out; at most 2032 are quoted
    public static long redirectedHeader(MemorySegment m, long at, MemorySegment packet, long from, int length) {
        int quoted = Math.min(length, (MAX_UNITS - 1) * 8) & ~7;
        head(m, at, NdpOptions.REDIRECTED_HEADER, 8 + quoted);
        put16(m, at + 2, 0);
        put32(m, at + 4, 0);
        MemorySegment.copy(packet, from, m, at + 8, quoted);
        return at + 8 + quoted;
    }

    /// The link's MTU in bytes.
    public static long mtu(MemorySegment m, long at, long mtu) {
        head(m, at, NdpOptions.MTU, 8);
        put16(m, at + 2, 0);
        put32(m, at + 4, (int) mtu);
        return at + 8;
    }

    /// A route through the sender.
    ///
    /// @param prefixLength 0 to 128; the bits behind should be 0
    /// @param preference [NdpMessage#PREFERENCE_LOW] to [NdpMessage#PREFERENCE_HIGH]
    public static long route(MemorySegment m, long at, long prefixHi, long prefixLo, int prefixLength, int preference,
            long lifetimeSeconds) {
        int length = prefixLength == 0 ? 8 : prefixLength <= 64 ? 16 : 24;
        head(m, at, NdpOptions.ROUTE_INFORMATION, length);
        put8(m, at + 2, prefixLength);
        put8(m, at + 3, (preference & 3) << 3);
        put32(m, at + 4, (int) lifetimeSeconds);
        if (length >= 16) {
            put64(m, at + 8, prefixHi);
        }
        if (length == 24) {
            put64(m, at + 16, prefixLo);
        }
        return at + length;
    }

    /// Recursive DNS servers.
    ///
    /// @param servers 1 to 127 IPv6 addresses
    /// @throws IllegalArgumentException if there are none, or too many
    public static long rdnss(MemorySegment m, long at, long lifetimeSeconds, List<IpAddress> servers) {
        if (servers.isEmpty() || servers.size() > (MAX_UNITS - 1) / 2) {
            throw new IllegalArgumentException(servers.size() + " servers do not fit into one option: 1 to 127 do");
        }
        int length = 8 + 16 * servers.size();
        head(m, at, NdpOptions.RDNSS, length);
        put16(m, at + 2, 0);
        put32(m, at + 4, (int) lifetimeSeconds);
        for (int i = 0; i < servers.size(); i++) {
            put64(m, at + 8 + 16L * i, servers.get(i).hi());
            put64(m, at + 16 + 16L * i, servers.get(i).lo());
        }
        return at + length;
    }

    /// The DNS search list.
    ///
    /// @param domains names such as `example.org`, at least one
    /// @throws IllegalArgumentException if one is no name, or if they do not fit into one option
    public static long dnssl(MemorySegment m, long at, long lifetimeSeconds, List<String> domains) {
        int length = 8 + (DnsSearchList.length(domains) + 7 & ~7);
        if (domains.isEmpty() || length > MAX_UNITS * 8) {
            throw new IllegalArgumentException("a list of " + domains.size() + " domains that takes " + length
                    + " bytes does not fit into one option: 1 to " + MAX_UNITS * 8 + " bytes do");
        }
        head(m, at, NdpOptions.DNSSL, length);
        put16(m, at + 2, 0);
        put32(m, at + 4, (int) lifetimeSeconds);
        long padding = DnsSearchList.write(m, at + 8, domains);
        m.asSlice(padding, at + length - padding).fill((byte) 0);
        return at + length;
    }
}
