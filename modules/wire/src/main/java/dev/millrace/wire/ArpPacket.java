package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.i32;
import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.put32;
import static dev.millrace.wire.BigEndian.put48;
import static dev.millrace.wire.BigEndian.u16;
import static dev.millrace.wire.BigEndian.u48;

import java.lang.foreign.MemorySegment;

/// An ARP packet for IPv4 on Ethernet (RFC 826, RFC 5227), read and written in place. `at` is the offset of its first
/// byte, behind the Ethernet header; MAC addresses are the low 48 bits of a `long`, IPv4 addresses an `int`. The getters
/// may be used once [#check] has returned [WireError#NONE].
public final class ArpPacket {
    /// The bytes of a packet.
    public static final int LENGTH = 28;
    /// The operation that asks who has the target's IP address.
    public static final int REQUEST = 1;
    /// The operation that tells where the sender's IP address is.
    public static final int REPLY = 2;

    private static final int HARDWARE_ETHERNET = 1;
    private static final int LENGTHS = MacAddress.LENGTH << 8 | 4;

    private ArpPacket() {
    }

    /// Whether `available` bytes from `at` begin with a request or reply that can be believed as far as can be seen in it.
    /// More bytes than [#LENGTH] are padding.
    public static WireError check(MemorySegment m, long at, int available) {
        if (available < LENGTH) {
            return WireError.TRUNCATED;
        }
        if (u16(m, at) != HARDWARE_ETHERNET || u16(m, at + 2) != EtherType.IPV4) {
            return WireError.UNKNOWN_FORMAT;
        }
        if (u16(m, at + 4) != LENGTHS) {
            return WireError.BAD_LENGTH;
        }
        int operation = operation(m, at);
        if (operation != REQUEST && operation != REPLY) {
            return WireError.BAD_CODE;
        }
        // RFC 1812 §3.3.2: a link-layer address that is broadcast or multicast is not to be believed.
        if (MacAddress.isMulticast(senderHardware(m, at)) || cannotBeOneHost(senderAddress(m, at))) {
            return WireError.BAD_SOURCE;
        }
        // RFC 5227 §1.1: probes have no sender's address, and probes are requests.
        if (senderAddress(m, at) == 0 && operation == REPLY) {
            return WireError.BAD_SOURCE;
        }
        return cannotBeOneHost(targetAddress(m, at)) ? WireError.BAD_TARGET : WireError.NONE;
    }

    /// Multicast, limited broadcast and loopback: nobody resolves these.
    private static boolean cannotBeOneHost(int address) {
        return address >>> 28 == 0xe || address == -1 || address >>> 24 == 127;
    }

    /// [#REQUEST] or [#REPLY].
    public static int operation(MemorySegment m, long at) {
        return u16(m, at + 6);
    }

    /// The sender's MAC address.
    public static long senderHardware(MemorySegment m, long at) {
        return u48(m, at + 8);
    }

    /// The sender's IPv4 address, 0 in a probe.
    public static int senderAddress(MemorySegment m, long at) {
        return i32(m, at + 14);
    }

    /// The target's MAC address; in a request it is not known and means nothing.
    public static long targetHardware(MemorySegment m, long at) {
        return u48(m, at + 18);
    }

    /// The target's IPv4 address.
    public static int targetAddress(MemorySegment m, long at) {
        return i32(m, at + 24);
    }

    /// Whether the sender only looks whether somebody uses the target's address already (RFC 5227 §1.1): a request without
    /// a sender's address, and [#check] lets no reply be without. Nothing may be learned from such a packet.
    public static boolean isProbe(MemorySegment m, long at) {
        return senderAddress(m, at) == 0;
    }

    /// Whether the sender says that it uses its address from now on (RFC 5227 §1.1); some say so in replies.
    public static boolean isAnnouncement(MemorySegment m, long at) {
        return senderAddress(m, at) != 0 && senderAddress(m, at) == targetAddress(m, at);
    }

    /// Writes a packet.
    public static void write(MemorySegment m, long at, int operation, long senderHardware, int senderAddress,
            long targetHardware, int targetAddress) {
        put16(m, at, HARDWARE_ETHERNET);
        put16(m, at + 2, EtherType.IPV4);
        put16(m, at + 4, LENGTHS);
        put16(m, at + 6, operation);
        put48(m, at + 8, senderHardware);
        put32(m, at + 14, senderAddress);
        put48(m, at + 18, targetHardware);
        put32(m, at + 24, targetAddress);
    }

    /// Writes the question who has `targetAddress`.
    public static void writeRequest(MemorySegment m, long at, long senderHardware, int senderAddress, int targetAddress) {
        write(m, at, REQUEST, senderHardware, senderAddress, 0, targetAddress);
    }

    /// Writes the answer to a request of the target.
    public static void writeReply(MemorySegment m, long at, long senderHardware, int senderAddress, long targetHardware,
            int targetAddress) {
        write(m, at, REPLY, senderHardware, senderAddress, targetHardware, targetAddress);
    }

    /// Writes the question whether somebody uses `address` (RFC 5227 §2.1.1).
    public static void writeProbe(MemorySegment m, long at, long senderHardware, int address) {
        write(m, at, REQUEST, senderHardware, 0, 0, address);
    }

    /// Writes that the sender uses `address` from now on (RFC 5227 §2.3).
    public static void writeAnnouncement(MemorySegment m, long at, long senderHardware, int address) {
        write(m, at, REQUEST, senderHardware, address, 0, address);
    }
}
