package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.Cidr;
import dev.millrace.ManualStack;
import dev.millrace.RouteConfig;
import dev.millrace.Stack;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Leaks;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Stacks open and close in every state, and nothing is left behind.
@Timeout(30)
class LifeCycleTest {
    private final FakePlugins fake = new FakePlugins();

    private Stack open() throws IOException {
        return fake.assembler().open(Stack.builder().nic("n", "fake:", "10.0.0.1/24").config());
    }

    private static boolean timerThreadLives() {
        return Thread.getAllStackTraces().keySet().stream().anyMatch(t -> t.getName().equals("millrace-timers"));
    }

    /// A stack that is closed by its own timer cannot wait for that thread, which ends soon after.
    private static void awaitEndOfTimerThread() throws InterruptedException {
        for (int i = 0; i < 10_000 && timerThreadLives(); i++) {
            Thread.sleep(1);
        }
        assertFalse(timerThreadLives(), "the timers' thread lives on");
    }

    @Test
    void closingTwiceAndFromManyThreadsIsOneClose() throws Exception {
        Stack stack = open();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.add(Thread.ofVirtual().start(stack::close));
        }
        for (Thread t : threads) {
            t.join();
            assertFalse(stack.isOpen());
        }
        stack.close();
        assertEquals(List.of("toy", "ipv4", "ipv6", "link"), fake.closed);
    }

    @Test
    void theTimerThreadEndsWithTheLastStack() throws Exception {
        Stack a = open();
        Stack b = open();
        var ran = new CountDownLatch(1);
        fake.transport.timers().create(_ -> ran.countDown()).set(System.nanoTime() + 2_000_000);
        assertTrue(ran.await(5, TimeUnit.SECONDS));
        assertTrue(timerThreadLives());
        a.close();
        assertTrue(timerThreadLives());
        b.close();
        assertFalse(timerThreadLives());
    }

    @Test
    void aStackMayBeClosedByItsOwnTimerAndItsOwnDelivery() throws Exception {
        Stack first = open();
        var done = new CountDownLatch(1);
        fake.transport.timers().create(_ -> {
            first.close();
            done.countDown();
        }).set(System.nanoTime());
        assertTrue(done.await(5, TimeUnit.SECONDS));
        first.close();

        Stack second = open();
        fake.onPacket = p -> {
            second.close();
            p.release();
        };
        fake.links.getLast().deliver(new byte[] {0x45}, new byte[] {0x45});
        assertFalse(second.isOpen());
        awaitEndOfTimerThread();
    }

    @Test
    void twoClosersOneOfThemATimerDoNotWaitForEachOther() throws Exception {
        for (int i = 0; i < 50; i++) {
            Stack stack = open();
            fake.transport.timers().create(_ -> stack.close()).set(System.nanoTime());
            Thread other = Thread.ofPlatform().start(stack::close);
            stack.close();
            other.join();
        }
    }

    @Test
    void packetsAfterTheEndAreCountedAndReleased() throws Exception {
        long before = Leaks.packets();
        Stack stack = open();
        stack.close();
        fake.links.getFirst().deliver(new byte[] {0x45, 0});
        assertEquals(1L, stack.counters().get("drops").get("stack-closed"));
        assertEquals(before, Leaks.packets());
    }

    @Test
    void timersNeverRunEarlyAndNoneIsLost() throws Exception {
        Stack stack = open();
        Timers timers = fake.transport.timers();
        var early = new ConcurrentLinkedQueue<Long>();
        var latch = new CountDownLatch(200);
        var random = new java.util.Random(5);
        for (int i = 0; i < 200; i++) {
            long deadline = System.nanoTime() + random.nextInt(60_000_000);
            Timers.Timer t = timers.create(now -> {
                if (now - deadline < 0) {
                    early.add(deadline - now);
                }
                latch.countDown();
            });
            t.set(deadline + 5_000_000_000L);
            t.set(deadline + 1_000_000);
            t.set(deadline);
        }
        assertTrue(latch.await(10, TimeUnit.SECONDS), "lost " + latch.getCount());
        assertTrue(early.isEmpty(), "early by " + early);
        stack.close();
    }

    /// The wheel turns for another stack meanwhile, whose timer tells when the deadlines of the first one's are over.
    @Test
    void timersRunNeitherAfterTheEndNorAfterTheyAreCancelled() throws Exception {
        try (Stack witness = open()) {
            Timers others = fake.transport.timers();
            Stack stack = open();
            Timers timers = fake.transport.timers();
            var closed = new AtomicBoolean();
            var wrong = new ConcurrentLinkedQueue<String>();
            long last = System.nanoTime();
            for (int i = 0; i < 40; i++) {
                last = System.nanoTime() + i * 500_000L;
                timers.create(_ -> {
                    if (closed.get()) {
                        wrong.add("after the end");
                    }
                }).set(last);
                var inTime = new AtomicBoolean();
                Timers.Timer cancelled = others.create(_ -> {
                    if (inTime.get()) {
                        wrong.add("after it was cancelled");
                    }
                });
                long deadline = last + 1_000_000;
                cancelled.set(deadline);
                cancelled.cancel();
                // Who was held up until the deadline has cancelled nothing.
                inTime.set(System.nanoTime() < deadline);
            }
            stack.close();
            closed.set(true);
            var over = new CountDownLatch(1);
            others.create(_ -> over.countDown()).set(last + 5_000_000);
            assertTrue(over.await(10, TimeUnit.SECONDS));
            assertEquals(List.of(), List.copyOf(wrong));
            assertTrue(witness.isOpen());
        }
    }

    @Test
    void packetsDeliveredWhileDeliveringComeLaterAndTasksLast() throws Exception {
        Stack stack = open();
        var log = new ArrayList<String>();
        fake.onPacket = p -> {
            int id = p.toBytes()[1];
            p.release();
            log.add("packet " + id);
            if (id < 3) {
                fake.transport.afterDelivery(() -> log.add("task " + id));
                assertTrue(fake.transport.isDelivering());
                fake.links.getFirst().deliver(new byte[] {0x45, (byte) (id + 10)});
            }
            if (id == 12) {
                throw new IllegalStateException("a defect");
            }
        };
        fake.links.getFirst().deliver(new byte[] {0x45, 1}, new byte[] {0x45, 2}, new byte[] {0x45, 3});
        assertEquals(List.of("packet 1", "packet 2", "packet 3", "packet 11", "packet 12", "task 1", "task 2"), log);
        fake.links.getFirst().deliver(new byte[] {0x45, 9});
        assertEquals("packet 9", log.getLast(), "the loop goes on after a defect");
        stack.close();
    }

    @Test
    void sizesAndVersionsAreChecked() throws Exception {
        long before = Leaks.packets();
        try (Stack stack = open()) {
            // The MTU is what may be sent; what comes in larger is taken, as kernels do.
            byte[] large = new byte[1501];
            large[0] = 0x45;
            fake.links.getFirst().deliver(new byte[0], new byte[] {0x15}, large, new byte[] {0x45});
            var drops = stack.counters().get("drops");
            assertEquals(1L, drops.get("truncated"));
            assertEquals(1L, drops.get("unknown-network-protocol"));
            assertEquals(0L, drops.getOrDefault("too-big", 0L));
            var list = new PacketList();
            list.add(Packet.copyOf(new byte[1501]));
            list.add(Packet.copyOf(new byte[1500]));
            ((StackNic) stack.nics().getFirst()).transmit(list, null);
            assertEquals(1, fake.links.getFirst().sent.size());
            assertEquals(1L, stack.counters().get("drops").get("too-big"));
        }
        assertEquals(before, Leaks.packets());
    }

    @Test
    void addressesAndRoutesChangeAtRunTime() throws Exception {
        try (Stack stack = open()) {
            var nic = stack.nics().getFirst();
            long generation = fake.transport.isClosing() ? 0 : fake.network.route(IpAddress.parse("10.0.0.1")).generation();
            nic.addAddress(Cidr.parse("10.7.0.1/16"));
            assertTrue(fake.network.route(IpAddress.parse("10.7.3.4")).generation() > generation);
            assertThrows(ConfigurationException.class, () -> nic.addAddress(Cidr.parse("10.7.0.1/16")));
            assertEquals(null, fake.network.route(IpAddress.parse("192.0.2.1")));
            stack.addRoute(new RouteConfig(null, IpAddress.parse("10.7.0.9"), ""));
            var route = fake.network.route(IpAddress.parse("192.0.2.1"));
            assertEquals(IpAddress.parse("10.7.0.9"), route.via());
            assertEquals(1, stack.removeRoutes(null));
            assertFalse(route.isCurrent());
            assertTrue(nic.removeAddress(Cidr.parse("10.7.0.1/16")));
            assertFalse(nic.removeAddress(Cidr.parse("10.7.0.1/16")));
        }
    }

    @Test
    void equalSeedsGiveEqualChance() throws Exception {
        long[] drawn = new long[3];
        for (int i = 0; i < 3; i++) {
            try (ManualStack stack = fake.assembler().openManual(
                    Stack.builder().nic("n", "fake:", "10.0.0.1/24").config(), i == 2 ? 8 : 7)) {
                drawn[i] = fake.transport.random().nextLong();
                assertEquals(0, stack.nowNs());
            }
        }
        assertEquals(drawn[0], drawn[1]);
        assertTrue(drawn[0] != drawn[2]);
    }

    @Test
    void aSteppedStackRunsItsTimersInOrderAndHasNoThread() throws Exception {
        try (ManualStack stack = fake.assembler().openManual(Stack.builder().nic("n", "fake:", "10.0.0.1/24").config(), 7)) {
            var log = new ArrayList<String>();
            Timers timers = fake.transport.timers();
            timers.create(now -> log.add("b" + now)).set(200);
            timers.create(now -> log.add("a" + now)).set(100);
            Timers.Timer again = timers.create(now -> log.add("c" + now));
            again.set(200);
            assertEquals(100, stack.nextDeadlineNs());
            stack.step(150);
            assertEquals(List.of("a100"), log);
            stack.step(1000);
            assertEquals(List.of("a100", "b200", "c200"), log);
            stack.step(10);
            assertEquals(1000, stack.nowNs());
            assertEquals(Long.MAX_VALUE, stack.nextDeadlineNs());
            assertFalse(timerThreadLives());
            try (Stack threaded = open()) {
                assertThrows(IllegalStateException.class, () -> ((ManualStack) threaded).step(1));
            }
        }
    }
}
