package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.CaptureRequest;
import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.RouteConfig;
import dev.millrace.Stack;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is asked of a stack that closes, and by whom.
@Timeout(60)
class ClosingTest {
    private final FakePlugins fake = new FakePlugins();

    private Stack open() throws IOException {
        return fake.assembler().open(Stack.builder().name("lab").nic("n", "fake:", "10.0.0.1/24").config());
    }

    @Test
    void aStackThatIsClosedTakesNeitherAddressesNorRoutes() throws Exception {
        Stack stack = open();
        var nic = stack.nics().getFirst();
        stack.close();
        var routes = stack.routes();
        var e = assertThrows(IllegalStateException.class, () -> nic.addAddress(Cidr.parse("10.7.0.1/16")));
        assertEquals("stack lab is closed", e.getMessage());
        assertThrows(IllegalStateException.class, () -> stack.addRoute(new RouteConfig(null, IpAddress.parse("10.0.0.9"), "")));
        assertEquals(routes, stack.routes());
        assertEquals(List.of(Cidr.parse("10.0.0.1/24")), nic.addresses());
    }

    @Test
    void noAddressIsTakenFromTheMomentThatTheCloseBegins() throws Exception {
        Stack stack = open();
        var nic = stack.nics().getFirst();
        var refused = new AtomicInteger();
        fake.onLinkClose = () -> {
            assertThrows(IllegalStateException.class, () -> nic.addAddress(Cidr.parse("10.7.0.1/16")));
            refused.incrementAndGet();
        };
        stack.close();
        assertEquals(1, refused.get(), fake.closed.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0/8", "224.0.0.1/24", "255.255.255.255/32", "ff02::1/64", "fd00::1/64"})
    void anAddressIsCheckedAtRunTimeAsAtTheBeginning(String address) throws Exception {
        fake.mtu = 1000;
        try (Stack stack = open()) {
            assertThrows(ConfigurationException.class, () -> stack.nics().getFirst().addAddress(Cidr.parse(address)));
            assertEquals(1, stack.nics().getFirst().addresses().size());
        }
    }

    /// Whoever closes waits for the capture's thread, which runs the program's consumer: that must not wait in turn.
    @Test
    void theConsumerOfACaptureMayCloseTheStackThatCloses() throws Exception {
        Stack stack = open();
        var closes = new CountDownLatch(1);
        var returned = new CountDownLatch(1);
        stack.capture(new CaptureRequest(new CaptureRequest.Lines(_ -> {
            try {
                closes.await();
            } catch (InterruptedException e) {
                return;
            }
            stack.close();
            returned.countDown();
        }, false), List.of(), 0, 16));
        fake.links.getFirst().deliver(new byte[] {0x45, 0});
        fake.onLinkClose = () -> {
            closes.countDown();
            try {
                assertTrue(returned.await(30, TimeUnit.SECONDS), "the consumer waits for the close, which waits for it");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        stack.close();
        assertEquals(0, returned.getCount());
        assertFalse(stack.isOpen());
        assertEquals(0L, stack.counters().get("failures").getOrDefault("close", 0L), "closing the link failed");
    }
}
