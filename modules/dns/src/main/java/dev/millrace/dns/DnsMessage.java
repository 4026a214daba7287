package dev.millrace.dns;

import java.util.ArrayList;
import java.util.List;

/// A DNS message (RFC 1035 §4).
///
/// @param id 0 to 65535
/// @param flags the second 16 bits of the header, response code included
/// @param questions what is asked
/// @param answers the answer
/// @param authorities who would know
/// @param additionals what helps, pseudo records included
public record DnsMessage(int id, int flags, List<DnsQuestion> questions, List<DnsRecord> answers,
        List<DnsRecord> authorities, List<DnsRecord> additionals) {
    /// Set in responses.
    public static final int RESPONSE = 0x8000;
    /// Set in responses of a server that has authority.
    public static final int AUTHORITATIVE = 0x0400;
    /// Set if the message was cut to fit.
    public static final int TRUNCATED = 0x0200;
    /// Set in queries that ask the server to ask others.
    public static final int RECURSION_DESIRED = 0x0100;
    /// Set in responses of a server that does ask others.
    public static final int RECURSION_AVAILABLE = 0x0080;

    /// No error.
    public static final int NO_ERROR = 0;
    /// The server did not understand the query.
    public static final int FORMAT_ERROR = 1;
    /// The server failed.
    public static final int SERVER_FAILURE = 2;
    /// There is no such name.
    public static final int NAME_ERROR = 3;
    /// The server cannot do that.
    public static final int NOT_IMPLEMENTED = 4;
    /// The server does not want to.
    public static final int REFUSED = 5;

    private static final int HEADER = 12;

    /// Copies the lists.
    public DnsMessage {
        questions = List.copyOf(questions);
        answers = List.copyOf(answers);
        authorities = List.copyOf(authorities);
        additionals = List.copyOf(additionals);
    }

    /// A query for one name, with recursion desired.
    ///
    /// @param payload the largest response in bytes that may come by UDP, told by EDNS (RFC 6891), or 0 for no EDNS
    public static DnsMessage query(int id, DnsQuestion question, int payload) {
        List<DnsRecord> opt = payload == 0 ? List.of() : List.of(new DnsRecord("", DnsRecord.OPT, payload, 0, new byte[0]));
        return new DnsMessage(id, RECURSION_DESIRED, List.of(question), List.of(), List.of(), opt);
    }

    /// The beginning of a response to this query.
    ///
    /// @param code the response code
    /// @param more flags to set, such as [#AUTHORITATIVE]
    public DnsMessage response(int code, int more, List<DnsRecord> answers, List<DnsRecord> authorities) {
        return new DnsMessage(id, RESPONSE | more | flags & (0x7800 | RECURSION_DESIRED) | code, questions, answers,
                authorities, List.of());
    }

    /// Whether it is a response.
    public boolean isResponse() {
        return (flags & RESPONSE) != 0;
    }

    /// Whether it was cut.
    public boolean isTruncated() {
        return (flags & TRUNCATED) != 0;
    }

    /// The response code, 0 to 15.
    public int code() {
        return flags & 15;
    }

    /// The largest response by UDP that the sender takes, in bytes: what EDNS says, at least 512 (RFC 6891 §6.2.3).
    public int payload() {
        return additionals.stream().filter(r -> r.type() == DnsRecord.OPT).mapToInt(r -> Math.max(512, r.rclass()))
                .findFirst().orElse(512);
    }

    /// Reads a message. What is behind it is ignored.
    ///
    /// @throws DnsFormatException if it is none
    public static DnsMessage parse(byte[] bytes) throws DnsFormatException {
        if (bytes.length < HEADER) {
            throw new DnsFormatException("shorter than a header");
        }
        var reader = new Reader(bytes);
        int id = reader.u16();
        int flags = reader.u16();
        int[] counts = {reader.u16(), reader.u16(), reader.u16(), reader.u16()};
        List<DnsQuestion> questions = reader.questions(counts[0]);
        return new DnsMessage(id, flags, questions, reader.records(counts[1]), reader.records(counts[2]),
                reader.records(counts[3]));
    }

    /// Reads what the header says, and the questions if they are whole: of a message that was cut wherever the room ended, or
    /// whose records nobody can read, that is still true.
    ///
    /// @throws DnsFormatException if not even the header is there
    static DnsMessage parseHeader(byte[] bytes) throws DnsFormatException {
        if (bytes.length < HEADER) {
            throw new DnsFormatException("shorter than a header");
        }
        var reader = new Reader(bytes);
        int id = reader.u16();
        int flags = reader.u16();
        int count = reader.u16();
        reader.need(6);
        List<DnsQuestion> questions;
        try {
            questions = reader.questions(count);
        } catch (DnsFormatException e) {
            questions = List.of();
        }
        return new DnsMessage(id, flags, questions, List.of(), List.of(), List.of());
    }

    private static final class Reader {
        private final byte[] bytes;
        private int at;

        Reader(byte[] bytes) {
            this.bytes = bytes;
        }

        private int need(int n) throws DnsFormatException {
            if (n > bytes.length - at) {
                throw new DnsFormatException("cut off");
            }
            int from = at;
            at += n;
            return from;
        }

        int u16() throws DnsFormatException {
            int i = need(2);
            return (bytes[i] & 0xff) << 8 | bytes[i + 1] & 0xff;
        }

        String name() throws DnsFormatException {
            var name = new StringBuilder();
            at = DnsName.read(bytes, at, name);
            return name.toString();
        }

        List<DnsQuestion> questions(int count) throws DnsFormatException {
            List<DnsQuestion> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String name = name();
                int type = u16();
                if (u16() != DnsRecord.IN) {
                    throw new DnsFormatException("a question of another class than IN");
                }
                all.add(new DnsQuestion(name, type));
            }
            return all;
        }

        List<DnsRecord> records(int count) throws DnsFormatException {
            // A record has 11 bytes at least, so the message's length bounds how many there are, whatever the header says.
            List<DnsRecord> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String name = name();
                int type = u16();
                int rclass = u16();
                long ttl = (long) u16() << 16 | u16();
                int length = u16();
                int from = need(length);
                // RFC 2181 §8: one that looks negative is 0.
                all.add(new DnsRecord(name, type, rclass, ttl > Integer.MAX_VALUE && type != DnsRecord.OPT ? 0 : ttl,
                        data(type, from, length)));
            }
            return all;
        }

        /// The data with names in it uncompressed, where they may be compressed (RFC 3597 §4).
        private byte[] data(int type, int from, int length) throws DnsFormatException {
            int names;
            int before = 0;
            switch (type) {
                case DnsRecord.CNAME, DnsRecord.NS, DnsRecord.PTR -> names = 1;
                case DnsRecord.SOA -> names = 2;
                case DnsRecord.MX -> {
                    names = 1;
                    before = 2;
                }
                default -> {
                    return java.util.Arrays.copyOfRange(bytes, from, from + length);
                }
            }
            var out = new java.io.ByteArrayOutputStream();
            int i = from + before;
            if (before > length) {
                throw new DnsFormatException("data is cut off");
            }
            out.write(bytes, from, before);
            for (int n = 0; n < names; n++) {
                var name = new StringBuilder();
                i = DnsName.read(bytes, i, name);
                for (byte[] label : DnsName.labels(name.toString())) {
                    out.write(label.length);
                    out.writeBytes(label);
                }
                out.write(0);
            }
            if (i > from + length) {
                throw new DnsFormatException("a name leaves its record");
            }
            out.write(bytes, i, from + length - i);
            return out.toByteArray();
        }
    }

    /// The message as bytes, names compressed. If it has more than `limit` (512 to 65535), records are left out from the
    /// end, and [#TRUNCATED] is set.
    ///
    /// @throws IllegalArgumentException if a name or a record's data cannot be written
    public byte[] toBytes(int limit) {
        return new DnsWriter(this).toBytes(limit);
    }
}
