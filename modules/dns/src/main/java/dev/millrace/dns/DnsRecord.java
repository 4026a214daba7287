package dev.millrace.dns;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Objects;

/// A resource record (RFC 1035 §3.2.1).
///
/// @param name whose it is, without a dot at the end
/// @param type such as [#A]
/// @param rclass the class, [#IN] but for pseudo records
/// @param ttl how long it may be kept, in seconds, 0 to 2^31 - 1
/// @param data the data, names in it uncompressed
public record DnsRecord(String name, int type, int rclass, long ttl, byte[] data) {
    /// The class of the Internet.
    public static final int IN = 1;
    /// An IPv4 address.
    public static final int A = 1;
    /// A name server.
    public static final int NS = 2;
    /// The name that this one is another for.
    public static final int CNAME = 5;
    /// The start of a zone of authority.
    public static final int SOA = 6;
    /// The name of an address.
    public static final int PTR = 12;
    /// A mail exchange.
    public static final int MX = 15;
    /// Text.
    public static final int TXT = 16;
    /// An IPv6 address (RFC 3596).
    public static final int AAAA = 28;
    /// A server of a service (RFC 2782).
    public static final int SRV = 33;
    /// The pseudo record of EDNS (RFC 6891).
    public static final int OPT = 41;

    /// Copies the data.
    public DnsRecord {
        Objects.requireNonNull(name);
        data = data.clone();
    }

    @Override
    public byte[] data() {
        return data.clone();
    }

    /// An address of a name.
    public static DnsRecord address(String name, long ttl, InetAddress address) {
        byte[] bytes = address.getAddress();
        return new DnsRecord(name, bytes.length == 4 ? A : AAAA, IN, ttl, bytes);
    }

    /// A record whose data is a name: [#CNAME], [#NS] or [#PTR].
    public static DnsRecord pointer(String name, int type, long ttl, String target) {
        return new DnsRecord(name, type, IN, ttl, wire(target));
    }

    /// The start of a zone of authority.
    ///
    /// @param negativeTtl how long the absence of a name may be kept, in seconds (RFC 2308)
    public static DnsRecord authority(String zone, long ttl, String server, String mailbox, int serial, int negativeTtl) {
        var out = new ByteArrayOutputStream();
        out.writeBytes(wire(server));
        out.writeBytes(wire(mailbox));
        for (int n : new int[] {serial, 3600, 600, 86400, negativeTtl}) {
            for (int shift = 24; shift >= 0; shift -= 8) {
                out.write(n >>> shift);
            }
        }
        return new DnsRecord(zone, SOA, IN, ttl, out.toByteArray());
    }

    private static byte[] wire(String name) {
        var out = new ByteArrayOutputStream();
        for (byte[] label : DnsName.labels(name)) {
            out.write(label.length);
            out.writeBytes(label);
        }
        out.write(0);
        return out.toByteArray();
    }

    /// The address that an [#A] or [#AAAA] record holds, or `null` if it is none.
    public InetAddress inetAddress() {
        if (!(type == A && data.length == 4 || type == AAAA && data.length == 16)) {
            return null;
        }
        try {
            return InetAddress.getByAddress(data);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The name that a [#CNAME], [#NS] or [#PTR] record holds, or `null` if it is none.
    public String target() {
        if (type != CNAME && type != NS && type != PTR) {
            return null;
        }
        try {
            var name = new StringBuilder();
            DnsName.read(data, 0, name);
            return name.toString();
        } catch (DnsFormatException e) {
            return null;
        }
    }

    /// How long the absence of a name may be kept by this [#SOA] record, in seconds (RFC 2308 §5), or 0 if it is none.
    public long negativeTtl() {
        if (type != SOA || data.length < 22) {
            return 0;
        }
        long minimum = 0;
        for (int i = data.length - 4; i < data.length; i++) {
            minimum = minimum << 8 | data[i] & 0xff;
        }
        return Math.min(ttl, minimum);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof DnsRecord r && DnsName.same(name, r.name) && type == r.type && rclass == r.rclass && ttl == r.ttl
                && Arrays.equals(data, r.data);
    }

    @Override
    public int hashCode() {
        return Objects.hash(DnsName.key(name), type, rclass, ttl, Arrays.hashCode(data));
    }

    @Override
    public String toString() {
        Object value = inetAddress() != null ? inetAddress().getHostAddress()
                : target() != null ? target() : HexFormat.of().formatHex(data);
        return name + " " + ttl + " " + type + " " + value;
    }
}
