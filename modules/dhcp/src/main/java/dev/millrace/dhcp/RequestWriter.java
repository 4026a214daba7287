package dev.millrace.dhcp;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.millrace.wire.IpAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;

/// Writes the messages of one client (RFC 2131 §4.4.1, table 5).
///
/// @param hardware its MAC address in the low 48 bits
/// @param hostName what it calls itself, or an empty string
/// @param maxMessage the longest message that it takes, bytes with UDP and IP headers, 576 at least
record RequestWriter(long hardware, String hostName, int maxMessage) {
    /// RFC 1542 §2.1: some relays drop shorter ones.
    private static final int MIN_LENGTH = 300;
    private static final int BROADCAST_FLAG = 0x8000;
    /// What is asked for; 121 before 3 (RFC 3442).
    private static final byte[] WANTED = {DhcpOption.SUBNET_MASK, DhcpOption.CLASSLESS_ROUTES, DhcpOption.ROUTER,
        DhcpOption.NAME_SERVERS, DhcpOption.DOMAIN_NAME, DhcpOption.DOMAIN_SEARCH, DhcpOption.INTERFACE_MTU,
        DhcpOption.LEASE_TIME, DhcpOption.RENEWAL_TIME, DhcpOption.REBINDING_TIME};

    /// A message.
    ///
    /// @param seconds since the client began to ask
    /// @param own the client's address if it may use one (`ciaddr`), else `null`: answers then come to all stations, since
    ///     nobody else could reach it
    /// @param wanted the address of option 50, or `null`
    /// @param server the server of option 54, or `null`
    byte[] write(MessageType type, int xid, long seconds, IpAddress own, IpAddress wanted, IpAddress server) {
        ByteBuffer b = ByteBuffer.allocate(DhcpMessage.HEADER_LENGTH + 128 + hostName.length());
        b.put((byte) DhcpMessage.REQUEST).put((byte) DhcpMessage.ETHERNET).put((byte) 6).put((byte) 0);
        b.putInt(xid).putShort((short) Math.min(seconds, 0xffff)).putShort((short) (own == null ? BROADCAST_FLAG : 0));
        b.putInt(own == null ? 0 : own.v4Bits());
        b.position(DhcpMessage.CHADDR).putShort((short) (hardware >>> 32)).putInt((int) hardware);
        b.position(DhcpMessage.HEADER_LENGTH - 4).putInt(DhcpMessage.COOKIE);
        head(b, DhcpOption.MESSAGE_TYPE, 1).put((byte) type.code());
        // RFC 2132 §9.14: the hardware address, as nearly all clients have it.
        head(b, DhcpOption.CLIENT_IDENTIFIER, 7).put((byte) DhcpMessage.ETHERNET).putShort((short) (hardware >>> 32))
                .putInt((int) hardware);
        if (wanted != null) {
            head(b, DhcpOption.REQUESTED_ADDRESS, 4).putInt(wanted.v4Bits());
        }
        if (server != null) {
            head(b, DhcpOption.SERVER_IDENTIFIER, 4).putInt(server.v4Bits());
        }
        if (type == MessageType.DISCOVER || type == MessageType.REQUEST) {
            head(b, DhcpOption.MAX_MESSAGE_SIZE, 2).putShort((short) maxMessage);
            head(b, DhcpOption.PARAMETER_REQUEST_LIST, WANTED.length).put(WANTED);
            if (!hostName.isEmpty()) {
                head(b, DhcpOption.HOST_NAME, hostName.length()).put(hostName.getBytes(US_ASCII));
            }
        }
        b.put((byte) DhcpOption.END);
        return Arrays.copyOf(b.array(), Math.max(MIN_LENGTH, b.position()));
    }

    private static ByteBuffer head(ByteBuffer b, int code, int length) {
        return b.put((byte) code).put((byte) length);
    }
}
