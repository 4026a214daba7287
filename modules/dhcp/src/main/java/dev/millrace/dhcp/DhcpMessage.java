package dev.millrace.dhcp;

import dev.millrace.wire.IpAddress;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;

/// A message from a server that is well formed (RFC 2131 §2). What its options mean is for [Terms] to say.
///
/// @param type what it says
/// @param xid the transaction
/// @param yourAddress `yiaddr`
/// @param hardware the client's MAC address, `chaddr`, in the low 48 bits
/// @param options what each option holds, in one piece (RFC 3396)
record DhcpMessage(MessageType type, int xid, IpAddress yourAddress, long hardware, Map<Integer, byte[]> options) {
    /// The bytes before the options, the magic cookie included.
    static final int HEADER_LENGTH = 240;
    static final int REPLY = 2;
    static final int REQUEST = 1;
    static final int COOKIE = 0x63825363;
    static final int ETHERNET = 1;
    static final int XID = 4;
    static final int CIADDR = 12;
    static final int YIADDR = 16;
    static final int CHADDR = 28;
    static final int SNAME = 44;
    static final int FILE = 108;
    /// Longer messages than anybody sends are not looked at: no more than a client with jumbo frames asks for.
    static final int MAX_LENGTH = 16 * 1024;

    /// The message that the first `length` bytes of a datagram are, if they are one from a server to an Ethernet station.
    static Optional<DhcpMessage> parse(byte[] b, int length) {
        if (length < HEADER_LENGTH || length > MAX_LENGTH || b[0] != REPLY || b[1] != ETHERNET || b[2] != 6
                || i32(b, HEADER_LENGTH - 4) != COOKIE) {
            return Optional.empty();
        }
        Map<Integer, byte[]> options = OptionReader.read(b, length);
        byte[] type = options == null ? null : options.get(DhcpOption.MESSAGE_TYPE);
        MessageType says = type == null || type.length != 1 ? null : MessageType.of(type[0]);
        if (says == null) {
            return Optional.empty();
        }
        return Optional.of(new DhcpMessage(says, i32(b, XID), IpAddress.v4(i32(b, YIADDR)),
                (long) i16(b, CHADDR) << 32 | Integer.toUnsignedLong(i32(b, CHADDR + 2)), options));
    }

    /// The bytes of an option, or `null`.
    byte[] option(int code) {
        return options.get(code);
    }

    /// The address in an option of four bytes, or `null`.
    IpAddress address(int code) {
        byte[] b = option(code);
        return b == null || b.length != 4 ? null : IpAddress.of(b);
    }

    /// The unsigned number in an option of four bytes, or `absent`.
    long seconds(int code, long absent) {
        byte[] b = option(code);
        return b == null || b.length != 4 ? absent : Integer.toUnsignedLong(i32(b, 0));
    }

    /// The first addresses in an option, at most `most`; none if its length is none of addresses.
    IpAddress[] addresses(int code, int most) {
        byte[] b = option(code);
        if (b == null || b.length % 4 != 0) {
            return new IpAddress[0];
        }
        var all = new IpAddress[Math.min(most, b.length / 4)];
        for (int i = 0; i < all.length; i++) {
            all[i] = IpAddress.of(Arrays.copyOfRange(b, 4 * i, 4 * i + 4));
        }
        return all;
    }

    static int i32(byte[] b, int at) {
        return i16(b, at) << 16 | i16(b, at + 2);
    }

    static int i16(byte[] b, int at) {
        return (b[at] & 0xff) << 8 | b[at + 1] & 0xff;
    }
}
