package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.UdpSocket;
import dev.millrace.dns.DnsException;
import dev.millrace.dns.DnsMessage;
import dev.millrace.dns.DnsQuestion;
import dev.millrace.dns.DnsRecord;
import dev.millrace.testkit.LeakCheck;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NameServerTest {
    private LeakCheck leaks;
    private Internet net;
    private NameServer names;
    private Host client;

    @BeforeEach
    void open() throws Exception {
        leaks = new LeakCheck();
        net = Internet.virtualTime(11);
        names = net.nameServer("10.0.0.53", "fd00::53");
        client = net.host("client", "10.0.0.2", "fd00::2");
    }

    @AfterEach
    void close() {
        net.close();
        leaks.close();
    }

    private static InetAddress ip(String text) {
        return InetAddress.ofLiteral(text);
    }

    @Test
    void hostsFindOneAnotherByNameU31() throws Exception {
        net.host("bank.example", "10.0.0.3", "fd00::3");
        Host four = net.host("four", "10.0.0.4");
        assertEquals(List.of(ip("fd00::3"), ip("10.0.0.3")), client.resolve("bank.example"));
        assertEquals(List.of(ip("10.0.0.4")), client.resolve("FOUR"));
        assertEquals(List.of(ip("10.0.0.3")), four.resolve("Bank.Example"));
        assertEquals(List.of(ip("192.0.2.9")), client.resolve("192.0.2.9"));
        assertEquals(List.of(ip("10.0.0.4")), client.call(() -> client.resolve("four")).get());
    }

    @Test
    void whatIsNotThereIsToldAndRemembered() throws Exception {
        assertTrue(assertThrows(DnsException.class, () -> client.resolve("nobody")).getMessage().contains("no such name"));
        long asked = names.counters().get("no-such-name");
        net.host("nobody", "10.0.0.9");
        assertThrows(DnsException.class, () -> client.resolve("nobody"));
        assertEquals(asked, names.counters().get("no-such-name"));
        net.runFor(Duration.ofSeconds(61));
        assertEquals(List.of(ip("10.0.0.9")), client.resolve("nobody"));
    }

    @Test
    void closedHostsVanishWhenTheirTimeIsOver() throws Exception {
        names.ttl(Duration.ofSeconds(5));
        Host gone = net.host("gone", "10.0.0.9");
        client.resolve("gone");
        gone.close();
        client.resolve("gone");
        net.runFor(Duration.ofSeconds(6));
        assertThrows(DnsException.class, () -> client.resolve("gone"));
    }

    @Test
    void aliasesAndFurtherAddressesArePossible() throws Exception {
        net.host("web1", "10.0.0.9");
        names.alias("www.example", "web1").add("web1", ip("10.0.0.10"))
                .add(new DnsRecord("web1", DnsRecord.TXT, DnsRecord.IN, 60, new byte[] {1, 'x'}));
        assertEquals(List.of(ip("10.0.0.9"), ip("10.0.0.10")), client.resolve("www.example"));
        names.remove("web1");
        net.runFor(Duration.ofMinutes(2));
        assertEquals(List.of(ip("10.0.0.9")), client.resolve("www.example"));
    }

    private DnsMessage ask(DnsQuestion question) throws Exception {
        try (UdpSocket s = client.stack().udp().connect(names.address())) {
            s.send(ByteBuffer.wrap(DnsMessage.query(7, question, 1232).toBytes(512)), null);
            var b = ByteBuffer.allocate(2000);
            s.receive(b);
            byte[] bytes = new byte[b.flip().remaining()];
            b.get(bytes);
            return DnsMessage.parse(bytes);
        }
    }

    @Test
    void addressesLeadBackToNames() throws Exception {
        assertEquals("client", ask(new DnsQuestion("2.0.0.10.in-addr.arpa", DnsRecord.PTR)).answers().getFirst().target());
        assertEquals("2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa", Zone.reverse(ip("fd00::2")));
        assertEquals("client", ask(new DnsQuestion(Zone.reverse(ip("fd00::2")), DnsRecord.PTR)).answers().getFirst().target());
        DnsMessage none = ask(new DnsQuestion("client", DnsRecord.MX));
        assertEquals(DnsMessage.NO_ERROR, none.code());
        assertEquals(DnsRecord.SOA, none.authorities().getFirst().type());
    }

    @Test
    void answersThatDoNotFitComeByTcp() throws Exception {
        for (int i = 1; i <= 120; i++) {
            names.add("many", ip("10.9.0." + i));
        }
        assertTrue(ask(new DnsQuestion("many", DnsRecord.A)).isTruncated());
        assertEquals(120, client.resolve("many").size());
    }

    @Test
    void troubleBefallsQueriesToo() throws Exception {
        net.host("bank", "10.0.0.3");
        try (Fault _ = net.cut("client", "dns")) {
            assertThrows(Exception.class, () -> client.resolve("bank"));
            assertTrue(net.now().toSeconds() >= 4, net.now().toString());
        }
        Duration begin = net.now();
        try (Fault _ = net.delay(p -> p.isFrom(names.host()), Duration.ofMillis(1500))) {
            client.resolve("bank");
        }
        // Both kinds of addresses are asked for at once, so both answers are late together.
        assertEquals(1500, net.now().minus(begin).toMillis());
    }

    @Test
    void hostileQueriesAreCountedAndHarmNobody() throws Exception {
        var random = new Random(3);
        try (UdpSocket s = client.stack().udp().connect(names.address())) {
            for (int i = 0; i < 500; i++) {
                byte[] junk = new byte[random.nextInt(100)];
                random.nextBytes(junk);
                s.send(ByteBuffer.wrap(junk), null);
            }
            net.runFor(Duration.ofSeconds(1));
            assertTrue(names.counters().get("malformed") > 100, names.counters().toString());
            var b = ByteBuffer.allocate(2000);
            s.setReadTimeout(Duration.ofMillis(100));
            assertThrows(SocketTimeoutException.class, () -> {
                while (true) {
                    s.receive(b.clear());
                    // None is an answer to an answer.
                    assertFalse((b.get(2) & 0x80) == 0);
                }
            });
        }
        assertEquals(List.of(), net.failures());
        assertEquals(List.of(ip("fd00::2"), ip("10.0.0.2")), client.resolve("client"));
    }

    @Test
    void withoutANameServerTheErrorSaysHowToGetOne() throws Exception {
        try (Internet other = Internet.virtualTime(1); Host h = other.host("h", "10.0.0.1")) {
            assertTrue(assertThrows(IllegalStateException.class, () -> h.resolve("x")).getMessage().contains("net.nameServer"));
            assertEquals(new InetSocketAddress("10.0.0.53", 53), names.address());
        }
    }

    private DnsMessage ask(DnsMessage query) throws Exception {
        try (UdpSocket s = client.stack().udp().connect(names.address())) {
            s.setReadTimeout(Duration.ofSeconds(1));
            s.send(ByteBuffer.wrap(query.toBytes(512)), null);
            var b = ByteBuffer.allocate(2000);
            s.receive(b);
            byte[] bytes = new byte[b.flip().remaining()];
            b.get(bytes);
            return DnsMessage.parse(bytes);
        }
    }

    private static DnsMessage query(int flags, List<DnsQuestion> questions, DnsRecord... additionals) {
        return new DnsMessage(7, flags, questions, List.of(), List.of(), List.of(additionals));
    }

    @Test
    void namesThatDnsCannotCarryDoNotEndTheServer() throws Exception {
        net.host("x".repeat(70), "10.0.0.70");
        net.host("a..b", "10.0.0.71");
        assertEquals(DnsMessage.NAME_ERROR, ask(new DnsQuestion("70.0.0.10.in-addr.arpa", DnsRecord.PTR)).code());
        assertEquals(DnsMessage.NAME_ERROR, ask(new DnsQuestion("71.0.0.10.in-addr.arpa", DnsRecord.PTR)).code());
        assertThrows(IllegalArgumentException.class, () -> names.add("x".repeat(70), ip("10.0.0.9")));
        assertThrows(IllegalArgumentException.class, () -> names.add(new DnsRecord("web", DnsRecord.TXT, DnsRecord.IN, 60,
                new byte[70_000])));
        assertEquals(List.of(ip("fd00::2"), ip("10.0.0.2")), client.resolve("client"));
        assertEquals(List.of(), net.failures());
    }

    @Test
    void namesOfOtherAlphabetsAndDotsAtTheEndAreUnderstood() throws Exception {
        net.host("b\u00fccher.example", "10.0.0.3");
        assertEquals(List.of(ip("10.0.0.3")), client.resolve("B\u00fccher.example"));
        names.add("dot.example.", ip("10.0.0.4")).alias("alias.", "dot.example.");
        assertEquals(List.of(ip("10.0.0.4")), client.resolve("dot.example"));
        assertEquals(List.of(ip("10.0.0.4")), client.resolve("alias"));
    }

    @Test
    void anAliasOfNothingIsNoNameAndThatMayBeKept() throws Exception {
        names.alias("www", "nothing");
        DnsMessage m = ask(new DnsQuestion("www", DnsRecord.A));
        assertEquals(DnsMessage.NAME_ERROR, m.code());
        assertEquals("nothing", m.answers().getFirst().target());
        assertEquals(DnsRecord.SOA, m.authorities().getFirst().type());
        assertEquals(60, m.authorities().getFirst().negativeTtl());
        names.alias("round", "trip").alias("trip", "round");
        assertThrows(DnsException.class, () -> client.resolve("round"));
        // The name itself has what is asked for.
        assertEquals("nothing", ask(new DnsQuestion("www", DnsRecord.CNAME)).answers().getFirst().target());
    }

    @Test
    void namesAboveOthersExistWithoutRecords() throws Exception {
        net.host("deep.bank.example", "10.0.0.3");
        names.add("www.shop.test", ip("10.0.0.4"));
        for (String name : List.of("bank.example", "example", "shop.test", "", "0.10.in-addr.arpa")) {
            assertEquals(DnsMessage.NO_ERROR, ask(new DnsQuestion(name, DnsRecord.A)).code(), name);
        }
        for (String name : List.of("ank.example", "xample", "1.10.in-addr.arpa")) {
            assertEquals(DnsMessage.NAME_ERROR, ask(new DnsQuestion(name, DnsRecord.A)).code(), name);
        }
    }

    @Test
    void whoSpeaksEdnsIsAnsweredInEdns() throws Exception {
        var question = List.of(new DnsQuestion("client", DnsRecord.A));
        DnsMessage m = ask(query(0, question, new DnsRecord("", DnsRecord.OPT, 1232, 0x8000, new byte[0])));
        assertEquals(DnsRecord.OPT, m.additionals().getFirst().type());
        assertEquals(0x8000, m.additionals().getFirst().ttl());
        assertEquals(1, m.answers().size());
        assertEquals(List.of(), ask(query(0, question)).additionals());
        DnsMessage other = ask(query(0, question, new DnsRecord("", DnsRecord.OPT, 1232, 1 << 16, new byte[0])));
        assertEquals(1 << 24, other.additionals().getFirst().ttl());
        assertEquals(List.of(), other.answers());
        var opt = new DnsRecord("", DnsRecord.OPT, 1232, 0, new byte[0]);
        assertEquals(DnsMessage.FORMAT_ERROR, ask(query(0, question, opt, opt)).code());
    }

    @Test
    void whatItDoesNotDoIsRefused() throws Exception {
        var question = new DnsQuestion("client", DnsRecord.A);
        assertEquals(DnsMessage.NOT_IMPLEMENTED, ask(query(0x2800, List.of(question))).code());
        assertEquals(DnsMessage.REFUSED, ask(new DnsQuestion("", 252)).code());
        DnsMessage two = ask(query(0, List.of(question, question)));
        assertEquals(DnsMessage.FORMAT_ERROR, two.code());
        assertEquals(List.of(), two.questions());
        assertEquals(DnsMessage.FORMAT_ERROR, ask(query(0, List.of())).code());
        assertEquals("{malformed=2, refused=2}", names.counters().toString());
    }

    @Test
    void theTtlIsThatOfTheTimeOfTheQuery() throws Exception {
        names.add("late", ip("10.0.0.4")).ttl(Duration.ofSeconds(5));
        assertEquals(5, ask(new DnsQuestion("late", DnsRecord.A)).answers().getFirst().ttl());
    }

    @Test
    void hostsAskTheAddressOfAVersionThatTheyHave() throws Exception {
        try (Internet other = Internet.virtualTime(1)) {
            other.nameServer("fd00::53", "10.0.0.53");
            Host four = other.host("four", "10.0.0.4");
            Host six = other.host("six", "fd00::6");
            assertEquals(List.of(ip("10.0.0.4")), four.resolve("four"));
            assertEquals(List.of(ip("fd00::6")), six.resolve("six"));
            // Another one takes its place.
            other.host("dns").orElseThrow().close();
            other.nameServer("10.0.0.54");
            assertEquals(List.of(ip("10.0.0.4")), four.resolve("four"));
        }
    }

    @Test
    void aNameServerThatCannotBeLeavesNothingBehind() throws Exception {
        try (Internet manual = Internet.manual()) {
            assertThrows(IllegalStateException.class, () -> manual.nameServer("10.0.0.53"));
            assertEquals(List.of(), List.copyOf(manual.hosts().keySet()));
        }
        try (Internet other = Internet.virtualTime(1)) {
            assertThrows(IllegalArgumentException.class, other::nameServer);
            assertEquals(List.of(), List.copyOf(other.hosts().keySet()));
        }
    }

    @Test
    void noAnswerByUdpIsLargerThanAPacket() throws Exception {
        for (int i = 0; i < 1000; i++) {
            names.add("many", ip("10.9." + i / 250 + "." + i % 250));
        }
        try (UdpSocket s = client.stack().udp().connect(names.address())) {
            s.setReadTimeout(Duration.ofSeconds(1));
            s.send(ByteBuffer.wrap(DnsMessage.query(7, new DnsQuestion("many", DnsRecord.A), 65535).toBytes(512)), null);
            var b = ByteBuffer.allocate(70_000);
            s.receive(b);
            assertTrue(b.position() > 1200 && b.position() <= 1232, "" + b.position());
        }
        assertEquals(1000, client.resolve("many").size());
    }

    @Test
    void connectionsBeyondItsLimitAreClosed() throws Exception {
        var open = new java.util.ArrayList<dev.millrace.TcpSocket>();
        for (int i = 0; i < 101; i++) {
            open.add(client.stack().tcp().connect(names.address(), Duration.ofSeconds(5)));
        }
        net.runFor(Duration.ofSeconds(1));
        var last = open.getLast();
        last.setReadTimeout(Duration.ofSeconds(1));
        assertEquals(-1, last.inputStream().read());
        open.getFirst().setReadTimeout(Duration.ofSeconds(1));
        assertThrows(SocketTimeoutException.class, () -> open.getFirst().inputStream().read());
        for (var s : open) {
            s.close();
        }
    }
}
