package dev.millrace.wire;

import java.util.Objects;

/// A MAC address (IEEE 802 EUI-48). Where packets pass it is only its 48 bits in a `long`, which the static methods take;
/// the record is for configurations and people.
///
/// @param bits the address, its first byte in bits 47 to 40; the upper 16 bits are zero
public record MacAddress(long bits) {
    /// The bytes of an address.
    public static final int LENGTH = 6;
    /// The bits of the broadcast address.
    public static final long BROADCAST = 0xffff_ffff_ffffL;

    private static final long GROUP_BIT = 1L << 40;
    private static final long LOCAL_BIT = 1L << 41;
    private static final long V4_GROUPS = 0x0100_5e00_0000L;
    private static final long V6_GROUPS = 0x3333_0000_0000L;
    private static final int TEXT_LENGTH = 17;

    /// Checks the range.
    ///
    /// @throws IllegalArgumentException if there are more than 48 bits
    public MacAddress {
        if (bits >>> 48 != 0) {
            throw new IllegalArgumentException("a MAC address has 48 bits, not those of 0x" + Long.toHexString(bits));
        }
    }

    /// Reads `02:00:5e:00:00:01` or `02-00-5E-00-00-01`.
    ///
    /// @throws MacSyntaxException if the text is neither
    public static MacAddress parse(String text) {
        Objects.requireNonNull(text, "text");
        if (text.length() != TEXT_LENGTH) {
            throw new MacSyntaxException(text, MacSyntaxException.Reason.LENGTH, Math.min(text.length(), TEXT_LENGTH),
                    "it has " + text.length() + " characters and not " + TEXT_LENGTH);
        }
        char separator = text.charAt(2) == '-' ? '-' : ':';
        long bits = 0;
        for (int i = 0; i < TEXT_LENGTH; i++) {
            char c = text.charAt(i);
            if (i % 3 == 2) {
                if (c != separator) {
                    throw new MacSyntaxException(text, MacSyntaxException.Reason.SEPARATOR, i,
                            "there should be " + separator + " in place of character " + i);
                }
                continue;
            }
            // Not Character.digit alone: that takes the digits of all scripts.
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw new MacSyntaxException(text, MacSyntaxException.Reason.DIGIT, i,
                        "character " + i + " is no hexadecimal digit");
            }
            bits = bits << 4 | digit;
        }
        return new MacAddress(bits);
    }

    /// The address that a multicast group of IPv4 (RFC 1112 §6.4) or IPv6 (RFC 2464 §7) is sent to.
    ///
    /// @throws IllegalArgumentException if `group` is no multicast address
    public static MacAddress ofGroup(IpAddress group) {
        if (!group.isMulticast()) {
            throw new IllegalArgumentException(group + " is no multicast address");
        }
        return new MacAddress(ofGroup(group.hi(), group.lo()));
    }

    /// The bits of [#ofGroup(IpAddress)] for a multicast address kept as `hi`, `lo`; meaningless for any other.
    public static long ofGroup(long hi, long lo) {
        return IpAddress.isV4(hi, lo) ? V4_GROUPS | lo & 0x7f_ffff : V6_GROUPS | lo & 0xffff_ffffL;
    }

    /// A locally administered unicast address that is always the same for the same secret and name, and for others very
    /// likely another one (46 bits). Whoever sees several addresses of one secret can learn 64 bits of what it was mixed to,
    /// no more: a secret of 16 bytes that is used for other things stays one, of 64 bits.
    ///
    /// @param secret what tells this machine or stack from others, any number of bytes
    /// @param name the interface's
    public static MacAddress stable(byte[] secret, String name) {
        long h = 0x9e37_79b9_7f4a_7c15L;
        for (byte b : secret) {
            h = mix(h ^ b & 0xff);
        }
        h = mix(h ^ (long) secret.length << 32);
        for (int i = 0; i < name.length(); i++) {
            h = mix(h ^ name.charAt(i));
        }
        return new MacAddress((h >>> 16 | LOCAL_BIT) & ~GROUP_BIT);
    }

    /// A permutation of the 64-bit numbers in which each bit depends on each (the last step of MurmurHash3).
    private static long mix(long value) {
        long h = (value ^ value >>> 33) * 0xff51_afd7_ed55_8ccdL;
        h = (h ^ h >>> 33) * 0xc4ce_b9fe_1a85_ec53L;
        return h ^ h >>> 33;
    }

    /// Whether an address is one of several stations, broadcast included.
    public static boolean isMulticast(long bits) {
        return (bits & GROUP_BIT) != 0;
    }

    /// Whether this is the address of several stations, broadcast included.
    public boolean isMulticast() {
        return isMulticast(bits);
    }

    /// Whether this is the address of all stations.
    public boolean isBroadcast() {
        return bits == BROADCAST;
    }

    /// Whether this address was chosen by whoever runs the station, not by its maker.
    public boolean isLocallyAdministered() {
        return (bits & LOCAL_BIT) != 0;
    }

    /// The interface identifier of a station: the low 64 bits of its IPv6 addresses (RFC 4291 appendix A, RFC 2464 §4).
    public static long interfaceIdentifier(long bits) {
        return ((bits ^ LOCAL_BIT) & 0xffff_ff00_0000L) << 16 | 0xff_fe00_0000L | bits & 0xff_ffff;
    }

    /// As [#interfaceIdentifier(long)] of this address.
    public long interfaceIdentifier() {
        return interfaceIdentifier(bits);
    }

    /// The usual text of an address, such as `02:00:5e:10:00:01`.
    public static String text(long bits) {
        var text = new StringBuilder(TEXT_LENGTH);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int b = (int) (bits >>> shift) & 0xff;
            text.append(Character.forDigit(b >>> 4, 16)).append(Character.forDigit(b & 0xf, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }

    /// The text that [#parse] reads, with colons and in lower case.
    @Override
    public String toString() {
        return text(bits);
    }
}
