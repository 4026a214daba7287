package dev.millrace.dns;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/// Messages survive the way to bytes and back; whatever else comes is refused without harm.
class DnsMessageProperties {
    @Provide
    Arbitrary<String> names() {
        Arbitrary<String> label = Arbitraries.strings().withChars("abcXYZ019-_").ofMinLength(1).ofMaxLength(12);
        return label.list().ofMinSize(0).ofMaxSize(6).map(l -> String.join(".", l));
    }

    @Provide
    Arbitrary<DnsRecord> records() {
        Arbitrary<Long> ttl = Arbitraries.longs().between(0, Integer.MAX_VALUE);
        Arbitrary<DnsRecord> address = Combinators.combine(names(), ttl, Arbitraries.of("192.0.2.1", "2001:db8::1", "::ffff:1"))
                .as((n, t, a) -> DnsRecord.address(n, t, InetAddress.ofLiteral(a)));
        Arbitrary<DnsRecord> pointer = Combinators.combine(names(), Arbitraries.of(DnsRecord.CNAME, DnsRecord.NS, DnsRecord.PTR),
                ttl, names()).as(DnsRecord::pointer);
        Arbitrary<DnsRecord> soa = Combinators.combine(names(), ttl, names(), names(), Arbitraries.integers(),
                Arbitraries.integers().between(0, 100_000)).as(DnsRecord::authority);
        Arbitrary<DnsRecord> text = Combinators.combine(names(), ttl, Arbitraries.bytes().array(byte[].class).ofMaxSize(300))
                .as((n, t, d) -> new DnsRecord(n, DnsRecord.TXT, DnsRecord.IN, t, d));
        return Arbitraries.oneOf(address, pointer, soa, text);
    }

    @Provide
    Arbitrary<DnsMessage> messages() {
        Arbitrary<List<DnsQuestion>> questions = Combinators.combine(names(), Arbitraries.integers().between(0, 65535))
                .as(DnsQuestion::new).list().ofMaxSize(2);
        Arbitrary<List<DnsRecord>> section = records().list().ofMaxSize(6);
        return Combinators.combine(Arbitraries.integers().between(0, 65535), Arbitraries.integers().between(0, 65535), questions,
                section, section, section).as(DnsMessage::new);
    }

    @Property(tries = 500)
    void messageComesBackFromItsBytes(@ForAll("messages") DnsMessage message) throws Exception {
        DnsMessage back = DnsMessage.parse(message.toBytes(65535));
        assertEquals(message.toString(), back.toString());
        assertEquals(message, back);
    }

    @Property(tries = 500)
    void messageIsCutToTheLimitAndSaysSo(@ForAll("messages") DnsMessage message, @ForAll @IntRange(min = 512, max = 1500) int limit)
            throws Exception {
        DnsMessage plain = new DnsMessage(message.id(), message.flags() & ~DnsMessage.TRUNCATED,
                message.questions(), message.answers(), message.authorities(), message.additionals());
        byte[] bytes = plain.toBytes(limit);
        assertTrue(bytes.length <= limit, bytes.length + " of " + limit);
        DnsMessage back = DnsMessage.parse(bytes);
        assertEquals(plain.answers().subList(0, back.answers().size()), back.answers());
        boolean whole = back.answers().size() == plain.answers().size() && back.authorities().size() == plain.authorities().size();
        assertEquals(!whole, back.isTruncated());
    }

    @Property(tries = 2000)
    void anyBytesAreAMessageOrRefused(@ForAll @Size(max = 200) byte[] bytes) {
        parses(bytes);
    }

    @Property(tries = 1000)
    void damagedMessagesAreAMessageOrRefused(@ForAll("messages") DnsMessage message, @ForAll long seed) {
        byte[] bytes = message.toBytes(65535);
        var random = new Random(seed);
        for (int i = 0; i < 4; i++) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        }
        parses(java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
    }

    private static void parses(byte[] bytes) {
        try {
            DnsMessage m = DnsMessage.parse(bytes);
            // What was read can be used, too.
            m.answers().forEach(r -> {
                r.target();
                r.inetAddress();
                r.negativeTtl();
            });
            assertTrue(m.toString().length() > 0);
        } catch (DnsFormatException e) {
            assertTrue(e.getMessage().length() > 0);
        }
    }

    private static byte[] hex(String... parts) {
        return HexFormat.of().parseHex(String.join("", parts).replace(" ", ""));
    }

    @Test
    void readsACompressedAnswerOfTheWire() throws Exception {
        DnsMessage m = DnsMessage.parse(hex("beef 8180 0001 0002 0000 0000", "0377777704746573740000010001",
                "c00c 0005 0001 0000003c 0007 04686f7374 c010", "c026 0001 0001 0000012c 0004 c0000205"));
        assertEquals(new DnsQuestion("www.test", DnsRecord.A), m.questions().getFirst());
        assertEquals("host.test", m.answers().getFirst().target());
        assertEquals("host.test", m.answers().get(1).name());
        assertEquals(InetAddress.ofLiteral("192.0.2.5"), m.answers().get(1).inetAddress());
        assertEquals(300, m.answers().get(1).ttl());
        assertEquals(0xbeef, m.id());
    }

    @Test
    void namesInAnswersAreCompressed() {
        List<DnsRecord> many = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            many.add(DnsRecord.address("a-rather-long-name.example.test", 60, InetAddress.ofLiteral("192.0.2." + i)));
        }
        DnsMessage q = DnsMessage.query(1, new DnsQuestion("a-rather-long-name.example.test", DnsRecord.A), 0);
        assertEquals(12 + 33 + 4 + 10 * 16, q.response(0, 0, many, List.of()).toBytes(65535).length);
    }

    @Test
    void pointersThatLeadForwardOrToThemselvesAreRefused() {
        for (String name : List.of("c00c", "c00e", "c0ff", "0161c00c")) {
            assertThrows(DnsFormatException.class, () -> DnsMessage.parse(hex("0001 0000 0001 0000 0000 0000", name, "00010001")));
        }
    }

    @Test
    void countsThatPromiseMoreThanThereIsAreRefused() {
        assertThrows(DnsFormatException.class, () -> DnsMessage.parse(hex("0001 8000 0000 ffff ffff ffff")));
    }

    @Test
    void labelsWithDotsInThemStayWhatTheyAre() throws Exception {
        DnsMessage m = DnsMessage.parse(hex("0001 0000 0001 0000 0000 0000", "03 612e62 04 74657374 00 0001 0001"));
        assertEquals("a\\046b.test", m.questions().getFirst().name());
        assertEquals(m, DnsMessage.parse(m.toBytes(65535)));
    }

    @Test
    void namesTooLongForTheWireAreNotWritten() {
        String label = "a".repeat(64);
        assertThrows(IllegalArgumentException.class, () -> DnsMessage.query(1, new DnsQuestion(label, 1), 0).toBytes(512));
        String name = String.join(".", java.util.Collections.nCopies(5, "b".repeat(60)));
        assertThrows(IllegalArgumentException.class, () -> DnsMessage.query(1, new DnsQuestion(name, 1), 0).toBytes(512));
    }
}
