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
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
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

    /// Two programs' callbacks, or two halves of one, each closing the other's stack while it closes its own.
    @Test
    void stacksWhoseEndsCloseEachOtherDoNotWaitForEachOther() throws Exception {
        var others = new FakePlugins();
        Stack first = open();
        Stack second = others.assembler().open(Stack.builder().name("other").nic("n", "fake:", "10.0.0.2/24").config());
        var bothClose = new CyclicBarrier(2);
        fake.onLinkClose = () -> closeToo(bothClose, second);
        others.onLinkClose = () -> closeToo(bothClose, first);
        Thread closesFirst = Thread.ofPlatform().daemon().start(first::close);
        Thread closesSecond = Thread.ofPlatform().daemon().start(second::close);
        assertTrue(closesFirst.join(Duration.ofSeconds(20)), "the first stack's close waits for the second's");
        assertTrue(closesSecond.join(Duration.ofSeconds(20)), "the second stack's close waits for the first's");
        assertFalse(first.isOpen());
        assertFalse(second.isOpen());
    }

    /// The close of the first stack closes the second, and waits for its timers' tasks; one of those closes the first.
    @Test
    void aTimerOfAnotherStackDoesNotWaitForWhoWaitsForIt() throws Exception {
        var others = new FakePlugins();
        Stack first = open();
        Stack second = others.assembler().open(Stack.builder().name("other").nic("n", "fake:", "10.0.0.2/24").config());
        var bothClose = new CyclicBarrier(2);
        fake.onLinkClose = () -> closeToo(bothClose, second);
        others.transport.timers().create(_ -> closeToo(bothClose, first)).set(System.nanoTime());
        Thread closesFirst = Thread.ofPlatform().daemon().start(first::close);
        assertTrue(closesFirst.join(Duration.ofSeconds(20)), "the close waits for a timer that waits for it");
        assertFalse(first.isOpen());
        assertFalse(second.isOpen());
    }

    private static void closeToo(CyclicBarrier bothClose, Stack other) {
        try {
            bothClose.await();
        } catch (InterruptedException | BrokenBarrierException e) {
            throw new IllegalStateException(e);
        }
        other.close();
    }
}
