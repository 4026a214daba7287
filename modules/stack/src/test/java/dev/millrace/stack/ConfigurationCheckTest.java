package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.Stack;
import java.io.IOException;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/// What is wrong in a configuration is found before anything opens, and said with its key.
class ConfigurationCheckTest {
    private static Stack.Builder good() {
        return Stack.builder().name("t").nic("a", "fake:x", "10.0.0.1/24", "fd00::1/64");
    }

    private static void check(String key, String says, UnaryOperator<Stack.Builder> change) {
        var fake = new FakePlugins();
        var e = assertThrows(ConfigurationException.class, () -> fake.assembler().open(change.apply(good()).config()).close());
        assertEquals(key, e.key(), e.getMessage());
        assertTrue(e.getMessage().contains(says), e.getMessage());
        assertTrue(fake.links.stream().allMatch(l -> l.isClosed), "nothing stays open");
        assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().startsWith("millrace-timers")));
    }

    @Test
    void theGoodOneIsGood() throws IOException {
        var fake = new FakePlugins();
        fake.assembler().open(good().route("default", "10.0.0.254").option("stack", "memory", "1MiB").config()).close();
        assertEquals(1, fake.links.size());
    }

    @Test
    void nicsAndLinks() {
        check("nic[1].name", "another NIC is called \"a\"", b -> b.nic("a", "fake:", "10.1.0.1/24"));
        check("nic[1].addresses[0]", "given twice: NIC \"a\" has it already", b -> b.nic("b", "fake:", "10.0.0.1/16"));
        check("nic[1].link", "to get it add dev.millrace:millrace-link-tun", b -> b.nic("b", "tun:mr0"));
        check("nic[1].link", "present are: fake", b -> b.nic("b", "packet:eth0"));
        check("nic[1].link", "did you mean fake?", b -> b.nic("b", "fkae:"));
        check("nic[1].link", "names no driver", b -> b.nic("b", "nothing"));
        check("nic[1].mtu", "is not in 68..65536", b -> b.nic("b", "fake:", n -> n.mtu(67)));
        check("nic[1].mtu", "more than the link's 1500", b -> b.nic("b", "fake:", n -> n.mtu(9000)));
        check("nic[1].addresses[0]", "at least 1280", b -> b.nic("b", "fake:", n -> n.mtu(1000).address("fd01::1/64")));
        check("nic[1].addresses[0]", "cannot be the address of a NIC", b -> b.nic("b", "fake:", "224.0.0.1/4"));
        check("nic[1].sped", "did you mean speed?", b -> b.nic("b", "fake:", n -> n.option("sped", "2")));
        check("nic[1].speed", "not a whole number", b -> b.nic("b", "fake:", n -> n.option("speed", "fast")));
    }

    @Test
    void routes() {
        check("route[0].nic", "did you mean", b -> b.route(new dev.millrace.RouteConfig(null, null, "aa")));
        check("route[0].via", "on no NIC's network", b -> b.route("default", "10.9.9.9"));
        check("route[0].via", "not of the same IP version", b -> b.route("10.0.0.0/8", "fd00::9"));
        check("route[0]", "needs via or nic", b -> b.nic("b", "fake:", "10.1.0.1/24")
                .route(new dev.millrace.RouteConfig(null, null, "")));
    }

    @Test
    void protocolsAndOptions() {
        check("stack.protocols[0]", "did you mean ipv4?", b -> b.protocols("ipv5"));
        check("stack.protocols[1]", "to get it add dev.millrace:millrace-proto-tcp", b -> b.protocols("ipv4", "tcp"));
        check("nic[0].addresses[1]", "does not run ipv6", b -> b.protocols("ipv4"));
        check("tcp", "to get it add dev.millrace:millrace-proto-tcp", b -> b.option("tcp", "no-delay", "true"));
        check("ipv9", "unknown table", b -> b.option("ipv9", "x", "y"));
        check("ipv4.tll", "did you mean ttl?", b -> b.option("ipv4", "tll", "3"));
        check("stack.memory", "unknown unit", b -> b.option("stack", "memory", "5 bananas"));
        check("stack.ephemeral-ports", "no range of ports", b -> b.option("stack", "ephemeral-ports", "9-3"));
        var e = assertThrows(ConfigurationException.class, () -> new FakePlugins().assembler().open(Stack.builder().config()));
        assertEquals("nic", e.key());
    }

    @Test
    void aMissingPluginHasItsCode() {
        var e = assertThrows(ConfigurationException.class,
                () -> new FakePlugins().assembler().open(good().nic("b", "tun:mr0").config()));
        assertEquals(ErrorCode.MISSING_PLUGIN, e.code());
    }

    @Test
    void aLinkThatFailsToOpenClosesTheOthers() {
        var fake = new FakePlugins();
        fake.failToOpen = true;
        var e = assertThrows(IOException.class, () -> fake.assembler().open(good().nic("b", "fake:", "10.1.0.1/24").config()));
        assertEquals("the device is on fire", e.getMessage());
        assertEquals(1, fake.links.size());
        assertTrue(fake.links.getFirst().isClosed);
        assertTrue(fake.closed.contains("toy") && fake.closed.contains("ipv4"));
    }

    @Test
    void aTransportThatIsNotThereIsNamed() throws IOException {
        try (Stack stack = new FakePlugins().assembler().open(good().config())) {
            var e = assertThrows(UnsupportedOperationException.class, stack::udp);
            assertTrue(e.getMessage().contains("dev.millrace:millrace-proto-udp"), e.getMessage());
        }
    }
}
