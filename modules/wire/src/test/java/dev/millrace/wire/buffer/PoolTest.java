package dev.millrace.wire.buffer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Free lists: under several threads, with one that only takes and one that only gives, and without memory.
class PoolTest {
    private static final class Thing extends Pooled {
        final AtomicBoolean inUse = new AtomicBoolean();
    }

    private static final class Things extends Pool<Thing> {
        final AtomicInteger made = new AtomicInteger();
        volatile boolean noMemory;

        @Override
        Thing create() {
            if (noMemory) {
                throw new OutOfMemoryError("as a test wants it");
            }
            Thing chain = null;
            for (int i = 0; i < 10; i++) {
                var t = new Thing();
                t.nextFree = chain;
                chain = t;
                made.incrementAndGet();
            }
            return chain;
        }
    }

    @Test
    void eachObjectHasOneHolderAtATime() {
        var pool = new Things();
        var wrong = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 8; t++) {
            boolean virtual = t % 2 == 0;
            Runnable work = () -> {
                var held = new ArrayList<Thing>();
                for (int i = 0; i < 5000; i++) {
                    Thing thing = pool.take();
                    if (thing.nextFree != null || !thing.inUse.compareAndSet(false, true)) {
                        wrong.incrementAndGet();
                    }
                    held.add(thing);
                    if (held.size() == 150) {
                        giveAll(pool, held);
                    }
                }
                giveAll(pool, held);
            };
            threads.add(virtual ? Thread.startVirtualThread(work) : Thread.ofPlatform().start(work));
        }
        join(threads);
        assertEquals(0, wrong.get());
        assertEquals(0, pool.outstanding());
        assertTrue(pool.made.get() < 8 * 400, "made " + pool.made.get());
    }

    private static void giveAll(Things pool, List<Thing> held) {
        for (Thing thing : held) {
            thing.inUse.set(false);
            pool.give(thing);
        }
        held.clear();
    }

    private static void join(List<Thread> threads) {
        for (Thread t : threads) {
            try {
                t.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Test
    void aThreadThatTakesAndOneThatGivesNeedNoMoreThanIsUnderWay() {
        var pool = new Things();
        var underWay = new ArrayBlockingQueue<Thing>(64);
        List<Thread> threads = List.of(
                Thread.ofPlatform().start(() -> uninterrupted(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        underWay.put(pool.take());
                    }
                })),
                Thread.ofPlatform().start(() -> uninterrupted(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        pool.give(underWay.take());
                    }
                })));
        join(threads);
        assertEquals(0, pool.outstanding());
        assertTrue(pool.made.get() < 1000, "made " + pool.made.get());
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private static void uninterrupted(Work work) {
        try {
            work.run();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aPoolThatFoundNoMemoryWorksOnceThereIsSome() throws InterruptedException {
        var pool = new Things();
        var works = new AtomicBoolean();
        // A daemon: it would spin for ever on the stripes that were lost.
        Thread thread = Thread.ofPlatform().daemon().start(() -> {
            pool.noMemory = true;
            // More often than there are stripes.
            for (int i = 0; i < 200; i++) {
                assertThrows(OutOfMemoryError.class, pool::take);
            }
            pool.noMemory = false;
            pool.give(pool.take());
            works.set(true);
        });
        assertTrue(thread.join(Duration.ofSeconds(10)) && works.get());
        assertEquals(0, pool.outstanding());
    }
}
