package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Exchanger;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Phaser;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Programs that wait for one another in simulated time, and what becomes of those that wait elsewhere.
@Timeout(60)
class ConcurrencyTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    private final LeakCheck leaks = new LeakCheck();
    private final Internet net = Internet.virtualTime(9);

    @AfterEach
    void end() {
        try {
            net.close();
        } catch (SimulationException e) {
            // Of those that wait for ever.
            assertNotNull(e.getMessage());
        }
        leaks.close();
    }

    private Host host() throws IOException {
        return net.host("a", "10.0.0.1");
    }

    private long millis() {
        return net.now().toMillis();
    }

    // ---- what works

    @Test
    void executorsRunTasksAndTakeSimulatedTime() throws Exception {
        Host a = host();
        for (int limit : new int[] {1, 3, Integer.MAX_VALUE}) {
            long begin = millis();
            try (var executor = a.executor(limit)) {
                var futures = new ArrayList<java.util.concurrent.Future<Integer>>();
                for (int i = 0; i < 6; i++) {
                    int n = i;
                    futures.add(executor.submit(() -> {
                        a.sleep(SECOND);
                        return n;
                    }));
                }
                int sum = 0;
                for (var f : futures) {
                    sum += f.get();
                }
                assertEquals(15, sum);
            }
            assertEquals(limit == 1 ? 6000 : limit == 3 ? 2000 : 1000, millis() - begin);
        }
        var executor = a.executor();
        executor.shutdown();
        assertThrows(RejectedExecutionException.class, () -> executor.submit(() -> 1));
        assertTrue(executor.isTerminated());
    }

    @Test
    void executorsDoSeveralThings() throws Exception {
        Host a = host();
        var executor = a.executor();
        a.call(() -> {
            List<java.util.concurrent.Callable<Integer>> tasks = List.of(() -> {
                a.sleep(SECOND);
                return 1;
            }, () -> {
                throw new IOException("no");
            }, () -> {
                a.sleep(SECOND.multipliedBy(9));
                return 3;
            });
            assertEquals(1, executor.invokeAny(tasks));
            var some = executor.invokeAll(tasks, 2, TimeUnit.SECONDS);
            assertEquals(1, some.get(0).get());
            assertThrows(ExecutionException.class, some.get(1)::get);
            assertThrows(CancellationException.class, some.get(2)::get);
            assertThrows(TimeoutException.class, () -> executor.invokeAny(List.of(tasks.get(2)), 1, TimeUnit.SECONDS));
            return null;
        }).get();
        assertEquals(4000, millis());
        Program<Boolean> interrupted = a.call(() -> {
            var f = executor.submit(() -> {
                try {
                    a.sleep(SECOND.multipliedBy(60));
                    return false;
                } catch (InterruptedException e) {
                    return true;
                }
            });
            a.sleep(SECOND);
            f.cancel(true);
            executor.shutdown();
            return executor.awaitTermination(1, TimeUnit.SECONDS);
        });
        assertTrue(interrupted.get());
        assertEquals(5000, millis());
    }

    @Test
    void schedulersKeepSimulatedTime() throws Exception {
        Host a = host();
        var times = new ArrayList<Long>();
        var slow = new ArrayList<Long>();
        try (var scheduler = a.executor()) {
            var rate = scheduler.scheduleAtFixedRate(() -> times.add(millis()), 100, 1000, TimeUnit.MILLISECONDS);
            scheduler.scheduleWithFixedDelay(() -> {
                slow.add(millis());
                try {
                    a.sleep(Duration.ofMillis(500));
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }, 0, 1, TimeUnit.SECONDS);
            var once = scheduler.schedule(this::millis, 2500, TimeUnit.MILLISECONDS);
            assertEquals(2500L, once.get());
            assertEquals(List.of(100L, 1100L, 2100L), times);
            assertEquals(List.of(0L, 1500L), slow);
            rate.cancel(false);
            net.runFor(Duration.ofSeconds(3));
            assertEquals(3, times.size());
            var bad = scheduler.scheduleAtFixedRate(() -> {
                throw new IllegalStateException("once");
            }, 0, 1, TimeUnit.SECONDS);
            assertThrows(ExecutionException.class, bad::get);
        }
    }

    @Test
    void aCrashEndsExecutorsToo() throws Exception {
        Host a = host();
        var ticks = new ArrayList<Long>();
        a.boot(h -> {
            h.executor().scheduleAtFixedRate(() -> ticks.add(millis()), 0, 100, TimeUnit.MILLISECONDS);
            h.queue().take();
        });
        net.runFor(Duration.ofMillis(350));
        assertEquals(4, ticks.size());
        a.crash();
        net.runFor(SECOND);
        assertEquals(4, ticks.size());
        a.restart();
        net.runFor(Duration.ofMillis(350));
        assertEquals(8, ticks.size());
    }

    @Test
    void futuresTakeSimulatedTime() throws Exception {
        Host a = host();
        Program<String> answer = a.call(() -> {
            a.sleep(SECOND.multipliedBy(2));
            return "answer";
        });
        assertEquals("answer", a.await(answer.toCompletableFuture().thenApplyAsync(s -> s)));
        assertEquals(2000, millis());
        Program<Long> more = a.call(() -> {
            CompletableFuture<String> f = a.future();
            a.run(() -> {
                a.sleep(SECOND);
                f.complete("x");
            });
            assertThrows(TimeoutException.class, () -> f.get(500, TimeUnit.MILLISECONDS));
            assertEquals("x!", f.thenApply(s -> s + "!").join());
            CompletableFuture<String> never = a.future();
            assertEquals("late", never.copy().completeOnTimeout("late", 1, TimeUnit.SECONDS).join());
            assertThrows(CompletionException.class, () -> never.orTimeout(1, TimeUnit.SECONDS).join());
            var plain = new CompletableFuture<Integer>();
            a.run(() -> {
                a.sleep(SECOND);
                plain.complete(7);
            });
            assertEquals(7, a.await(plain));
            CompletableFuture<Integer> supplied = a.<Integer>future().completeAsync(() -> {
                try {
                    a.sleep(SECOND);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                return 8;
            });
            assertEquals(8, supplied.join());
            return millis();
        });
        assertEquals(2000 + 5000, more.get());
        Program<Void> bad = a.run(() -> {
            throw new IOException("oh");
        });
        CompletableFuture<Void> f = bad.toCompletableFuture();
        assertThrows(ExecutionException.class, f::get);
    }

    @Test
    void queuesLatchesSemaphoresAndLocks() throws Exception {
        Host a = host();
        BlockingQueue<Integer> queue = a.queue(2);
        var taken = new ArrayList<Integer>();
        a.run(() -> {
            for (int i = 0; i < 10; i++) {
                queue.put(i);
            }
        });
        a.run(() -> {
            while (taken.size() < 10) {
                a.sleep(Duration.ofMillis(100));
                taken.add(queue.take());
            }
        });
        net.runFor(SECOND.multipliedBy(2));
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), taken);
        assertEquals(null, queue.poll(1, TimeUnit.SECONDS));
        assertTrue(queue.offer(1) && queue.offer(2) && !queue.offer(3, 1, TimeUnit.SECONDS));
        assertEquals(4000, millis());

        CountDownLatch latch = a.latch(3);
        for (int i = 1; i <= 3; i++) {
            Duration when = SECOND.multipliedBy(i);
            a.run(() -> {
                a.sleep(when);
                latch.countDown();
            });
        }
        assertFalse(latch.await(2, TimeUnit.SECONDS));
        latch.await();
        assertEquals(7000, millis());

        Semaphore two = a.semaphore(2);
        for (int i = 0; i < 6; i++) {
            a.run(() -> {
                two.acquire();
                try {
                    a.sleep(SECOND);
                } finally {
                    two.release();
                }
            });
        }
        net.runFor(Duration.ofMillis(2500));
        assertFalse(two.tryAcquire(2));
        assertTrue(two.tryAcquire(2, 1, TimeUnit.SECONDS));
        assertEquals(10_000, millis());

        Lock lock = a.lock();
        Condition full = lock.newCondition();
        var heard = new ArrayList<Long>();
        for (int i = 0; i < 2; i++) {
            a.run(() -> {
                lock.lock();
                try {
                    lock.lock();
                    full.await();
                    heard.add(millis());
                    a.sleep(SECOND);
                    lock.unlock();
                } finally {
                    lock.unlock();
                }
            });
        }
        net.runFor(SECOND);
        lock.lock();
        full.signalAll();
        lock.unlock();
        net.runFor(SECOND.multipliedBy(3));
        assertEquals(List.of(11_000L, 12_000L), heard);
        assertThrows(IllegalMonitorStateException.class, lock::unlock);
        assertThrows(IllegalMonitorStateException.class, full::signal);
        assertTrue(lock.tryLock(1, TimeUnit.SECONDS));
        assertEquals(0, full.awaitNanos(SECOND.toNanos()));
        lock.unlock();
    }

    @Test
    void aLockMayBeHeldWhileAPacketIsAwaited() throws Exception {
        Host a = host();
        Host b = net.host("b", "10.0.0.2");
        net.link("a", "b", LinkConditions.perfect().delay(Duration.ofMillis(10)));
        b.run(() -> {
            try (TcpListener l = b.stack().tcp().listen(7); TcpSocket s = l.accept()) {
                s.inputStream().transferTo(s.outputStream());
            }
        });
        Lock lock = a.lock();
        var sum = new int[1];
        a.call(() -> {
            try (TcpSocket s = a.stack().tcp().connect(new InetSocketAddress("10.0.0.2", 7), SECOND); var executor = a.executor()) {
                for (int i = 0; i < 10; i++) {
                    executor.submit(() -> {
                        lock.lock();
                        try {
                            s.outputStream().write(1);
                            sum[0] += s.inputStream().read();
                        } finally {
                            lock.unlock();
                        }
                        return null;
                    });
                }
            }
            return null;
        }).get();
        assertEquals(10, sum[0]);
    }

    @Test
    void aThreadThatFailsIsHeard() throws Exception {
        Host a = host();
        a.threads().newThread(() -> {
            throw new IllegalStateException("of a thread");
        }).start();
        assertTrue(assertThrows(SimulationException.class, () -> net.runFor(SECOND)).getMessage().contains("of a thread"));
        a.executor().execute(() -> {
            throw new IllegalStateException("of a task");
        });
        assertTrue(assertThrows(SimulationException.class, () -> net.runFor(SECOND)).getMessage().contains("of a task"));
        assertEquals(2, net.failures().size());
        net.failures().forEach(Program::failure);
    }

    // ---- what does not, and is named

    private interface Wait {
        void in(Host host) throws Exception;
    }

    static Stream<Arguments> constructs() {
        var monitor = new Object();
        var lock = new ReentrantLock();
        return Stream.of(of("Thread.sleep", "host.sleep", _ -> Thread.sleep(5_000)),
                of("TimeUnit.sleep", "host.sleep", _ -> TimeUnit.SECONDS.sleep(5)),
                of("Thread.join", "Program.get", h -> {
                    Thread t = h.threads().newThread(() -> {
                    });
                    t.start();
                    t.join();
                }),
                of("Object.wait", "host.lock()", _ -> {
                    synchronized (monitor) {
                        monitor.wait();
                    }
                }),
                of("CompletableFuture.get", "host.await", _ -> new CompletableFuture<Integer>().get()),
                of("CompletableFuture.join", "host.await", _ -> new CompletableFuture<Integer>().join()),
                of("FutureTask.get", "host.await", h -> Executors.newFixedThreadPool(1, h.threads()).submit(() -> 1).get()),
                of("ExecutorService.close", "host.executor", h -> {
                    try (var e = Executors.newFixedThreadPool(1, h.threads())) {
                        e.submit(() -> 1);
                    }
                }),
                of("ThreadPerTaskExecutor.close", "host.executor", h -> {
                    try (var e = Executors.newThreadPerTaskExecutor(h.threads())) {
                        e.submit(() -> 1);
                    }
                }),
                of("CountDownLatch.await", "host.latch", _ -> new CountDownLatch(1).await()),
                of("Semaphore.acquire", "host.semaphore", _ -> new Semaphore(0).acquire()),
                of("CyclicBarrier.await", "host.latch", _ -> new CyclicBarrier(2).await()),
                of("Phaser.arriveAndAwaitAdvance", "host.latch", _ -> new Phaser(2).arriveAndAwaitAdvance()),
                of("Exchanger.exchange", "host.queue", _ -> new Exchanger<Integer>().exchange(1)),
                of("SynchronousQueue.put", "host.queue", _ -> new SynchronousQueue<Integer>().put(1)),
                of("LinkedBlockingQueue.take", "host.queue", _ -> new LinkedBlockingQueue<Integer>().take()),
                of("ArrayBlockingQueue.take", "host.queue", _ -> new ArrayBlockingQueue<Integer>(1).take()),
                of("LockSupport.park", "host.latch", _ -> LockSupport.park()),
                of("ReentrantLock.lock", "host.lock()", h -> {
                    h.run(() -> {
                        lock.lock();
                        h.sleep(SECOND);
                        lock.unlock();
                    });
                    h.sleep(Duration.ofMillis(1));
                    lock.lock();
                }),
                of("synchronized", "host.lock()", h -> {
                    h.run(() -> {
                        synchronized (monitor) {
                            h.sleep(SECOND);
                        }
                    });
                    h.sleep(Duration.ofMillis(1));
                    synchronized (monitor) {
                        h.sleep(SECOND);
                    }
                }));
    }

    private static Arguments of(String name, String advice, Wait wait) {
        return Arguments.of(name, advice, wait);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("constructs")
    void whatCannotWorkIsNamedAtOnce(String name, String advice, Wait wait) throws Exception {
        Host a = host();
        a.run(() -> wait.in(a));
        long begin = System.nanoTime();
        var told = assertThrows(SimulationException.class, () -> net.runFor(SECOND.multipliedBy(60)));
        assertTrue(told.getMessage().contains(name) && told.getMessage().contains(advice), told.getMessage());
        assertTrue(told.getMessage().contains("ConcurrencyTest"), told.getMessage());
        assertTrue(System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(30));
    }

    /// Nobody can tell whether it ever will be, but when nothing else is left it is worth saying.
    @Test
    void whoAwaitsWhatOnlyThreadsOutsideCompleteIsToldWhatToWrite() throws Exception {
        Host a = host();
        Program<Integer> p = a.call(() -> a.await(new CompletableFuture<Integer>()));
        var told = assertThrows(SimulationException.class, p::get);
        assertTrue(told.getMessage().contains("nothing is left") && told.getMessage().contains("threads outside")
                && told.getMessage().contains("host.executor()"), told.getMessage());
    }

    @Test
    void whoAwaitsAFutureOfTheHostIsToldNothingOfThreadsOutside() throws Exception {
        Host a = host();
        Program<Integer> p = a.call(() -> a.await(a.<Integer>future()));
        var told = assertThrows(SimulationException.class, p::get);
        assertTrue(told.getMessage().contains("nothing is left") && !told.getMessage().contains("threads outside"), told.getMessage());
    }
}
