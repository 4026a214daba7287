package dev.millrace.dhcp;

import dev.millrace.wire.IpAddress;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// Makes the messages of a server, byte by byte, sense or not.
final class Reply {
    private final byte[] header = new byte[DhcpMessage.HEADER_LENGTH];
    private final ByteArrayOutputStream options = new ByteArrayOutputStream();

    /// An answer to a client's message.
    Reply(byte[] asked, MessageType type, String yours) {
        this(DhcpMessage.i32(asked, DhcpMessage.XID), hardware(asked), type, yours);
    }

    Reply(int xid, long hardware, MessageType type, String yours) {
        ByteBuffer b = ByteBuffer.wrap(header);
        b.put((byte) 2).put((byte) 1).put((byte) 6).put((byte) 0).putInt(xid);
        b.position(DhcpMessage.YIADDR).putInt(IpAddress.parse(yours).v4Bits());
        b.position(DhcpMessage.CHADDR).putShort((short) (hardware >>> 32)).putInt((int) hardware);
        b.position(DhcpMessage.HEADER_LENGTH - 4).putInt(DhcpMessage.COOKIE);
        option(DhcpOption.MESSAGE_TYPE, type.code());
    }

    /// An offer or acknowledgement with what most servers say.
    static Reply usual(byte[] asked, MessageType type, String yours, int leaseSeconds) {
        return new Reply(asked, type, yours).address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.1").seconds(DhcpOption.LEASE_TIME, leaseSeconds)
                .address(DhcpOption.SUBNET_MASK, "255.255.255.0").address(DhcpOption.ROUTER, "10.0.0.1")
                .address(DhcpOption.NAME_SERVERS, "10.0.0.53");
    }

    static long hardware(byte[] message) {
        return (long) DhcpMessage.i16(message, DhcpMessage.CHADDR) << 32
                | Integer.toUnsignedLong(DhcpMessage.i32(message, DhcpMessage.CHADDR + 2));
    }

    Reply option(int code, int... bytes) {
        options.write(code);
        options.write(bytes.length);
        for (int b : bytes) {
            options.write(b);
        }
        return this;
    }

    Reply address(int code, String... addresses) {
        var bytes = new ArrayList<Integer>();
        for (String a : addresses) {
            for (byte b : IpAddress.parse(a).toBytes()) {
                bytes.add((int) b);
            }
        }
        return option(code, bytes.stream().mapToInt(Integer::intValue).toArray());
    }

    Reply seconds(int code, int seconds) {
        return option(code, seconds >>> 24, seconds >>> 16, seconds >>> 8, seconds);
    }

    /// Puts bytes into the header.
    Reply at(int offset, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            header[offset + i] = (byte) bytes[i];
        }
        return this;
    }

    /// Raw bytes behind the options so far.
    Reply raw(int... bytes) {
        List.of(bytes).forEach(all -> {
            for (int b : all) {
                options.write(b);
            }
        });
        return this;
    }

    byte[] bytes() {
        byte[] all = new byte[header.length + options.size() + 1];
        System.arraycopy(header, 0, all, 0, header.length);
        System.arraycopy(options.toByteArray(), 0, all, header.length, options.size());
        all[all.length - 1] = (byte) DhcpOption.END;
        return all;
    }

    DhcpMessage message() {
        byte[] b = bytes();
        return DhcpMessage.parse(b, b.length).orElseThrow();
    }
}
