package dev.millrace.jdk.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.NameServer;
import dev.millrace.jdk.StackSockets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What the JVM says to names, in a JVM whose own sockets lead to no stack.
@Timeout(60)
class NamesTest {
    @AfterEach
    void forget() {
        System.clearProperty(StackNames.PROPERTY);
    }

    private static void always() {
        System.setProperty(StackNames.PROPERTY, "always");
    }

    private static List<String> lookedUp(String name) throws IOException {
        return Arrays.stream(InetAddress.getAllByName(name)).map(InetAddress::getHostAddress).toList();
    }

    @Test
    void aSimulatedNameThatMeetsSocketsOfTheKernelIsToldAtOnceWhatIsMissing() throws Exception {
        try (Internet net = Internet.virtualTime(1)) {
            Host client = net.host("client", "198.18.0.1");
            net.host("bank.example", "198.18.0.2");
            var program = client.call(() -> assertThrows(IllegalStateException.class, () -> new Socket("bank.example", 80)));
            String told = program.get().getMessage();
            assertTrue(told.startsWith("bank.example is a simulated host, and this JVM's own sockets do not lead there. Start Java with"), told);
            var outside = assertThrows(IllegalStateException.class, () -> new InetSocketAddress("bank.example", 80));
            assertEquals(told, outside.getMessage());
            // Nothing that only looks may throw.
            assertEquals("198.18.0.2", InetAddress.ofLiteral("198.18.0.2").getCanonicalHostName());
        }
    }

    @Test
    void namesOfHosts() throws Exception {
        always();
        try (Internet net = Internet.virtualTime(1)) {
            net.host("bank.example", "198.18.0.2", "2001:db8::2");
            net.host("six", "2001:db8::6");
            net.nameServer("198.18.0.53").alias("www.bank.example", "bank.example");
            assertEquals(List.of("198.18.0.2", "2001:db8:0:0:0:0:0:2"), lookedUp("bank.example"));
            assertEquals(lookedUp("bank.example"), lookedUp("BANK.example."));
            assertEquals(List.of("2001:db8:0:0:0:0:0:6"), lookedUp("six"));
            assertTrue(lookedUp("www.bank.example").contains("198.18.0.2"));
            assertEquals("bank.example", InetAddress.ofLiteral("198.18.0.2").getHostName());
            assertEquals("bank.example/198.18.0.2", InetAddress.getByName("bank.example").toString());
        }
        // Nothing is kept.
        assertThrows(UnknownHostException.class, () -> InetAddress.getByName("bank.example"));
        try (Internet net = Internet.virtualTime(1)) {
            net.host("bank.example", "198.18.0.9");
            assertEquals(List.of("198.18.0.9"), lookedUp("bank.example"));
        }
    }

    private static List<String> bank() {
        try {
            return lookedUp("bank.example");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void whatSeveralSimulationsNameIsSaidInAProgramOnly() throws Exception {
        always();
        try (Internet one = Internet.virtualTime(1); Internet two = Internet.virtualTime(2)) {
            one.host("bank.example", "198.18.0.2");
            Host other = two.host("bank.example", "198.18.0.3");
            var both = assertThrows(IllegalStateException.class, () -> InetAddress.getByName("bank.example"));
            assertTrue(both.getMessage().startsWith("hosts of 2 simulations are named bank.example"), both.getMessage());
            var program = other.call(() -> lookedUp("bank.example"));
            assertEquals(List.of("198.18.0.3"), program.get());
            // Also on threads that its programs have not started.
            assertEquals(List.of("198.18.0.3"), other.sockets().call(() -> lookedUp("bank.example")));
            assertEquals(List.of("198.18.0.3"), other.sockets().callWithThreads(() ->
                    CompletableFuture.supplyAsync(NamesTest::bank, task -> new Thread(task).start()).join()));
            assertEquals("198.18.0.2", InetAddress.ofLiteral("198.18.0.2").getCanonicalHostName());
        }
    }

    @Test
    void allElseIsTheJdks() throws Exception {
        assertTrue(lookedUp("localhost").stream().anyMatch(a -> a.equals("127.0.0.1") || a.equals("0:0:0:0:0:0:0:1")));
        assertThrows(UnknownHostException.class, () -> InetAddress.getByName("no.such.invalid"));
        assertFalse(InetAddress.getLocalHost().getHostName().isEmpty());
    }

    @Test
    void aStacksProgramsAskWhomTheStackSays() throws Exception {
        try (Stack lab = Stack.builder().name("lab").nic("lo", "loopback:", "10.8.0.1/24").open()) {
            lab.setNames(name -> switch (name) {
                case "db.lab" -> List.of(InetAddress.ofLiteral("10.8.0.1"));
                case "slow.lab" -> throw new SocketTimeoutException("10.8.0.53 has not answered in 6 s");
                default -> throw new UnknownHostException(name);
            });
            StackSockets sockets = StackSockets.of(lab);
            assertEquals(List.of("10.8.0.1"), sockets.call(() -> lookedUp("db.lab")));
            assertTrue(sockets.call(() -> lookedUp("localhost")).contains("127.0.0.1"));
            var slow = assertThrows(UnknownHostException.class, () -> sockets.call(() -> lookedUp("slow.lab")));
            assertEquals("slow.lab: 10.8.0.53 has not answered in 6 s", slow.getMessage());
            assertThrows(UnknownHostException.class, () -> lookedUp("db.lab"));
            System.setProperty("dev.millrace.jdk.stack", "lab");
            try {
                assertEquals(List.of("10.8.0.1"), lookedUp("db.lab"));
            } finally {
                System.clearProperty("dev.millrace.jdk.stack");
            }
        }
    }

    @Test
    void whoIsAskedMayAskTheJvm() throws Exception {
        try (Stack lab = Stack.builder().name("lab").nic("lo", "loopback:", "10.8.0.1/24").open()) {
            lab.setNames(name -> List.of(InetAddress.getAllByName(name.equals("alias.lab") ? "localhost" : name)));
            StackSockets sockets = StackSockets.of(lab);
            assertEquals(lookedUp("localhost"), sockets.call(() -> lookedUp("alias.lab")));
            assertThrows(UnknownHostException.class, () -> sockets.call(() -> lookedUp("no.such.invalid")));
        }
    }

    @Test
    void beforeItsStackIsOpenTheJvmAsksAsItAlwaysDid() throws Exception {
        System.setProperty("dev.millrace.jdk.stack", "later");
        try {
            assertFalse(InetAddress.getLocalHost().getHostName().isEmpty());
            var e = assertThrows(UnknownHostException.class, () -> lookedUp("no.such.invalid"));
            assertNull(e.getCause());
        } finally {
            System.clearProperty("dev.millrace.jdk.stack");
        }
    }

    @Test
    void anAddressOfSeveralSimulationsIsTheHostsOfTheProgramsOwn() throws Exception {
        always();
        try (Internet one = Internet.virtualTime(1); Internet two = Internet.virtualTime(2)) {
            one.host("alpha", "198.18.0.2");
            two.host("beta", "198.18.0.2");
            Host here = one.host("here", "198.18.0.1");
            Host there = two.host("there", "198.18.0.1");
            InetAddress at = InetAddress.ofLiteral("198.18.0.2");
            assertEquals("alpha", here.call(() -> InetAddress.getByAddress(at.getAddress()).getHostName()).get());
            assertEquals("beta", there.call(() -> InetAddress.getByAddress(at.getAddress()).getHostName()).get());
        }
    }

    @Test
    void anAddressOfALinkKeepsItsNameAndItsLink() throws Exception {
        try (Stack lab = Stack.builder().name("lab").nic("lo", "loopback:", "10.8.0.1/24").open()) {
            InetAddress scoped = Inet6Address.getByAddress(null, InetAddress.ofLiteral("fe80::8").getAddress(), 3);
            lab.setNames(_ -> List.of(scoped));
            InetAddress told = StackSockets.of(lab).call(() -> InetAddress.getByName("six.lab"));
            assertEquals("six.lab", told.getHostName());
            assertEquals(3, ((Inet6Address) told).getScopeId());
        }
    }

    @Test
    void aHostIsToldTheAddressesThatItSpeaksFirst() throws Exception {
        always();
        try (Internet net = Internet.virtualTime(1)) {
            Host six = net.host("six", "2001:db8::1");
            Host four = net.host("four", "198.18.0.1");
            Host both = net.host("both", "2001:db8::9", "198.18.0.9");
            net.host("bank.example", "198.18.0.2", "2001:db8::2");
            assertEquals("2001:db8:0:0:0:0:0:2", six.call(() -> InetAddress.getByName("bank.example").getHostAddress()).get());
            assertEquals(2, six.call(() -> InetAddress.getAllByName("bank.example").length).get());
            assertEquals("198.18.0.2", four.call(() -> InetAddress.getByName("bank.example").getHostAddress()).get());
            assertEquals("198.18.0.2", both.call(() -> InetAddress.getByName("bank.example").getHostAddress()).get());
        }
    }

    @Test
    void hostileNamesAreUnknownHosts() throws Exception {
        always();
        try (Internet net = Internet.virtualTime(1)) {
            Host client = net.host("client", "198.18.0.1");
            net.nameServer("198.18.0.53").alias("a.loop", "b.loop").alias("b.loop", "a.loop");
            for (String name : List.of("a\0b", "x y", "b\u00fccher.invalid", "x".repeat(100_000), "x.".repeat(1000), ".", "..", "a..b", "\\", "\\999.x",
                    "a.loop", "\ud800", "xn--\u0000")) {
                assertThrows(UnknownHostException.class, () -> InetAddress.getByName(name), name);
                assertNull(client.call(() -> assertThrows(UnknownHostException.class, () -> InetAddress.getByName(name)).getCause()).get(), name);
            }
        }
    }

    /// The JDK holds a lock while it is asked.
    @Test
    void inASimulationNobodyIsAskedOverTheNetwork() throws Exception {
        always();
        try (Internet net = Internet.virtualTime(1)) {
            Host client = net.host("client", "198.18.0.1");
            NameServer server = net.nameServer("198.18.0.53");
            client.call(() -> assertThrows(UnknownHostException.class, () -> InetAddress.getByName("no.such.invalid"))).get();
            assertEquals(Map.of(), server.counters());
        }
    }
}
