package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.u8;

import java.lang.foreign.MemorySegment;

/// The VXLAN header (RFC 7348 §5), which stands between UDP and an Ethernet frame; read and written in place. `at` is the
/// offset of its first byte.
public final class VxlanHeader {
    /// The bytes of the header.
    public static final int LENGTH = 8;
    /// The UDP port of VXLAN (RFC 7348 §8).
    public static final int PORT = 4789;
    /// The largest network identifier.
    public static final int MAX_VNI = 0xff_ffff;
    /// How much less than the MTU of the network below fits into a frame's payload, over IPv4: the inner Ethernet header,
    /// this one, UDP's and IP's.
    public static final int OVERHEAD_V4 = EthernetHeader.LENGTH + LENGTH + UdpHeader.LENGTH + Ipv4Header.MIN_LENGTH;
    /// As [#OVERHEAD_V4], over IPv6.
    public static final int OVERHEAD_V6 = EthernetHeader.LENGTH + LENGTH + UdpHeader.LENGTH + Ipv6Header.LENGTH;

    private static final int VALID_VNI = 0x08;

    private VxlanHeader() {
    }

    /// Whether `available` bytes from `at` begin with a header that has a network identifier. All other bits are reserved
    /// and ignored, as RFC 7348 §5 wants.
    public static WireError check(MemorySegment m, long at, int available) {
        if (available < LENGTH) {
            return WireError.TRUNCATED;
        }
        return (u8(m, at) & VALID_VNI) == 0 ? WireError.UNKNOWN_FORMAT : WireError.NONE;
    }

    /// The network identifier (VNI), 0 to [#MAX_VNI].
    public static int vni(MemorySegment m, long at) {
        return i32(m, at + 4) >>> 8;
    }

    /// Writes a header.
    ///
    /// @param vni 0 to [#MAX_VNI]
    public static void write(MemorySegment m, long at, int vni) {
        put32(m, at, VALID_VNI << 24);
        put32(m, at + 4, vni << 8);
    }
}
