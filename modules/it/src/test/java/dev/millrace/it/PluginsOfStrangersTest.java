package dev.millrace.it;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.config.StackConfigFile;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.spi.StackProvider;
import dev.millrace.testkit.LeakCheck;
import example.ask.Ask;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The plug-ins of `examples/plugins`, written against `api` alone, as a configuration file brings them into a stack.
class PluginsOfStrangersTest {
    private static final long MS = 1_000_000;

    private LeakCheck leaks;

    @BeforeEach
    void begin() {
        leaks = new LeakCheck();
    }

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    private static StackConfigFile toml(String text) {
        return StackConfigFile.parse(text, "test.toml");
    }

    private static ManualStack manual(String name, String link, String address) throws Exception {
        return StackProvider.find().openManual(toml("[stack]\nname = \"" + name + "\"\n[[nic]]\nname = \"n\"\nlink = \"" + link
                + "\"\naddresses = [\"" + address + "\"]\n").config(), 1);
    }

    @Test
    void aLinkThatWrapsAnotherDelaysOnTheStacksClock() throws Exception {
        try (ManualStack near = manual("near", "delay:50ms,vnic:", "10.0.0.1/24");
                ManualStack far = manual("far", "vnic:", "10.0.0.2/24");
                UdpSocket from = near.udp().bind(0);
                UdpSocket to = far.udp().bind(7)) {
            Vnic.connect(vnic(near), vnic(far));
            from.send(ByteBuffer.wrap("late".getBytes(UTF_8)), new InetSocketAddress("10.0.0.2", 7));
            ByteBuffer got = ByteBuffer.allocate(100);
            near.step(near.nowNs() + 49 * MS);
            assertEquals(null, to.tryReceive(got));
            near.step(near.nowNs() + MS);
            InetSocketAddress sender = to.tryReceive(got);
            assertEquals("late", UTF_8.decode(got.flip()).toString());
            to.send(ByteBuffer.wrap("back".getBytes(UTF_8)), sender);
            near.step(near.nowNs() + 49 * MS);
            assertEquals(null, from.tryReceive(got.clear()));
            near.step(near.nowNs() + MS);
            assertTrue(from.tryReceive(got.clear()) != null);
        }
    }

    private static Vnic vnic(Stack stack) {
        return stack.nic("n").orElseThrow().unwrap(Vnic.class).orElseThrow();
    }

    @Test
    void aPluginsOwnReasonToDropIsCountedByItsName() throws Exception {
        try (ManualStack near = StackProvider.find().openManual(toml("""
                [[nic]]
                name = "n"
                link = "delay:50ms,vnic:"
                delay-queue = 2
                checksums = false
                addresses = ["10.0.0.1/24"]
                """).config(), 1); UdpSocket from = near.udp().bind(0)) {
            for (int i = 0; i < 5; i++) {
                from.send(ByteBuffer.allocate(10), new InetSocketAddress("10.0.0.2", 7));
            }
            assertEquals(3, near.counters().get("drops").get("delay-queue-full"));
        }
    }

    @Test
    void optionsOfInnerAndOuterDriversAreCheckedTogether() {
        var wrong = assertThrows(ConfigurationException.class, () -> toml("""
                [[nic]]
                name = "n"
                link = "delay:50ms,vnic:"
                delay-queu = 2
                """));
        assertTrue(wrong.getMessage().contains("delay-queue"), wrong.getMessage());
        var missing = assertThrows(ConfigurationException.class,
                () -> manual("x", "delay:50ms,nosuch:x", "10.0.0.1/24"));
        assertTrue(missing.getMessage().contains("nosuch"), missing.getMessage());
        var empty = assertThrows(ConfigurationException.class, () -> manual("x", "delay:vnic:", "10.0.0.1/24"));
        assertTrue(empty.getMessage().contains("delay:50ms"), empty.getMessage());
        assertThrows(ConfigurationException.class, () -> manual("x", "delay:1ms," .repeat(20) + "vnic:", "10.0.0.1/24"));
    }

    @Test
    void aTransportIsReachedByItsService() throws Exception {
        try (Stack stack = Stack.open(toml("""
                [[nic]]
                name = "lo"
                link = "loopback:"
                addresses = ["127.0.0.1/8", "::1/128"]
                [ask]
                timeout = "30s"
                """).config())) {
            Ask ask = stack.service(Ask.class).orElseThrow();
            ask.answer(question -> ("you said " + new String(question, UTF_8)).getBytes(UTF_8));
            for (String host : List.of("127.0.0.1", "::1")) {
                CompletableFuture<byte[]> answer = ask.ask(InetAddress.ofLiteral(host), "hello".getBytes(UTF_8));
                assertEquals("you said hello", new String(answer.get(30, TimeUnit.SECONDS), UTF_8));
            }
            assertFalse(stack.service(PluginsOfStrangersTest.class).isPresent());
        }
    }

    @Test
    void aHostWithoutTheTransportSaysSo() throws Exception {
        try (ManualStack near = manual("near", "vnic:", "10.0.0.1/24");
                Stack far = StackProvider.find().openManual(toml("""
                        [stack]
                        protocols = ["ipv4", "udp"]
                        [[nic]]
                        name = "n"
                        link = "vnic:"
                        addresses = ["10.0.0.2/24"]
                        """).config(), 1)) {
            Vnic.connect(vnic(near), vnic(far));
            CompletableFuture<byte[]> answer = near.service(Ask.class).orElseThrow()
                    .ask(InetAddress.ofLiteral("10.0.0.2"), new byte[0]);
            var why = assertThrows(ExecutionException.class, () -> answer.get(30, TimeUnit.SECONDS));
            assertTrue(why.getCause().getMessage().contains("does not know the protocol"), why.toString());
            CompletableFuture<byte[]> nobody = near.service(Ask.class).orElseThrow()
                    .ask(InetAddress.ofLiteral("10.0.0.3"), new byte[0]);
            near.step(near.nowNs() + 2_999 * MS);
            assertFalse(nobody.isDone());
            near.step(near.nowNs() + MS);
            assertTrue(nobody.isCompletedExceptionally());
        }
    }

    @Test
    void aCongestionControlHasATableOfItsOwn() throws Exception {
        try (Stack stack = Stack.open(toml("""
                [[nic]]
                name = "lo"
                link = "loopback:"
                mtu = 1500
                addresses = ["127.0.0.1/8"]
                [tcp]
                congestion-control = "fixed"
                [fixed]
                window = 3
                """).config()); TcpListener listener = stack.tcp().listen(80);
                TcpSocket client = stack.tcp().connect(new InetSocketAddress("127.0.0.1", 80), Duration.ofSeconds(30));
                TcpSocket server = listener.accept()) {
            assertEquals("fixed", client.info().congestionControl());
            assertEquals(3L * client.info().sending().mss(), client.info().sending().cwnd());
            assertTrue(server.isOpen());
        }
        var wrong = assertThrows(ConfigurationException.class, () -> Stack.open(toml("""
                [[nic]]
                name = "lo"
                link = "loopback:"
                [tcp]
                congestion-control = "fixed"
                [fixed]
                window = 0
                """).config()));
        assertEquals("fixed.window", wrong.key());
    }
}
