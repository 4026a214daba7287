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
        assertEquals(3000, net.now().minus(begin).toMillis());
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
}
