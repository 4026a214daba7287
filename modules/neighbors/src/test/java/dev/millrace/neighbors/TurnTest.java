package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.StackContext;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Events of several threads: each runs once, none beside another.
@Timeout(60)
class TurnTest {
    private final AtomicInteger failures = new AtomicInteger();
    private final StackContext context = (StackContext) Proxy.newProxyInstance(getClass().getClassLoader(),
            new Class<?>[] {StackContext.class}, (_, m, _) -> {
                if (m.getName().equals("failed")) {
                    failures.incrementAndGet();
                }
                return null;
            });
    /// Not volatile: what keeps it right is the turn.
    private int count;
    private boolean inside;

    @Test
    void nobodyRunsBesideAnother() throws Exception {
        var turn = new Turn(context);
        var threads = new ArrayList<Thread>();
        for (int t = 0; t < 4; t++) {
            threads.add(Thread.ofPlatform().start(() -> {
                for (int i = 0; i < 20_000; i++) {
                    int n = i;
                    turn.run(() -> {
                        assertFalse(inside);
                        inside = true;
                        count++;
                        inside = false;
                        if (n % 1_000 == 0) {
                            throw new IllegalStateException("one event's fault");
                        }
                    });
                }
            }));
        }
        for (Thread t : threads) {
            t.join();
        }
        turn.run(() -> assertEquals(80_000, count));
        assertEquals(80, failures.get());
    }

    @Test
    void whatAnEventBringsAboutComesAfterIt() {
        var turn = new Turn(context);
        var order = new StringBuilder();
        turn.run(() -> {
            turn.run(() -> order.append('b'));
            order.append('a');
        });
        assertEquals("ab", order.toString());
    }

    @Test
    void strangersDoNotFillTheQueue() throws Exception {
        var turn = new Turn(context);
        var held = new CountDownLatch(1);
        var begun = new CountDownLatch(1);
        Thread holder = Thread.ofPlatform().start(() -> turn.run(() -> {
            begun.countDown();
            try {
                held.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
        begun.await();
        int taken = 0;
        for (int i = 0; i < 1_000; i++) {
            taken += turn.offer(() -> count++) ? 1 : 0;
        }
        assertTrue(taken > 0 && taken <= 64, "taken: " + taken);
        held.countDown();
        holder.join();
        assertEquals(taken, count);
    }
}
