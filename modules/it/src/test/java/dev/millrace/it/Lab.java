package dev.millrace.it;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.Await;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/// What the tests of this module are made of.
final class Lab {
    static final String V4 = "10.9.0.1";
    static final String V6 = "fd09::1";

    private Lab() {
    }

    /// One stack on a loopback link.
    static Stack loopback() throws IOException {
        return Stack.builder().name("lab").nic("lo", "loopback:", V4 + "/24", V6 + "/64").open();
    }

    /// Two stacks on joined virtual NICs, 10.9.0.1 and 10.9.0.2, fd09::1 and fd09::2.
    record Pair(Stack a, Stack b, Vnic wireA, Vnic wireB) implements AutoCloseable {
        static Pair open(int mtu) throws IOException {
            var wireA = new Vnic(mtu);
            var wireB = new Vnic(mtu);
            Vnic.connect(wireA, wireB);
            return open(wireA, wireB);
        }

        /// The same, which send nothing again because time has passed: on a busy machine it may pass between two turns of a thread.
        static Pair patient(int mtu) throws IOException {
            var wireA = new Vnic(mtu);
            var wireB = new Vnic(mtu);
            Vnic.connect(wireA, wireB);
            return open(wireA, wireB, Lab::waitLong);
        }

        static Pair open(Vnic wireA, Vnic wireB) throws IOException {
            return open(wireA, wireB, _ -> {
            });
        }

        private static Pair open(Vnic wireA, Vnic wireB, Consumer<Stack.Builder> settings) throws IOException {
            Stack.Builder a = Stack.builder().name("a").nic("nic", wireA, n -> n.address("10.9.0.1/24").address("fd09::1/64"));
            Stack.Builder b = Stack.builder().name("b").nic("nic", wireB, n -> n.address("10.9.0.2/24").address("fd09::2/64"));
            settings.accept(a);
            settings.accept(b);
            return new Pair(a.open(), b.open(), wireA, wireB);
        }

        @Override
        public void close() {
            a.close();
            b.close();
        }
    }

    /// Has a stack wait longer for answers than a test lasts.
    static void waitLong(Stack.Builder stack) {
        stack.option("tcp", "initial-rto", "50s").option("tcp", "min-rto", "50s").option("tcp", "tail-loss-probe", "false");
    }

    /// Runs something on a virtual thread.
    static <T> CompletableFuture<T> async(Callable<T> body) {
        var future = new CompletableFuture<T>();
        start(body, future);
        return future;
    }

    private static <T> Thread start(Callable<T> body, CompletableFuture<T> future) {
        return Thread.startVirtualThread(() -> {
            try {
                future.complete(body.call());
            } catch (Throwable t) {
                future.completeExceptionally(t);
            }
        });
    }

    /// Runs something on a virtual thread, and returns when that waits, or has ended.
    static <T> CompletableFuture<T> blocked(Callable<T> body) throws InterruptedException {
        var future = new CompletableFuture<T>();
        awaitWaiting(start(body, future));
        return future;
    }

    /// Returns when a thread waits, or has ended.
    static void awaitWaiting(Thread thread) throws InterruptedException {
        while (true) {
            switch (thread.getState()) {
                case WAITING, TIMED_WAITING, TERMINATED -> {
                    return;
                }
                default -> Thread.sleep(1);
            }
        }
    }

    /// Connects to a program that is about to listen.
    static TcpSocket connect(Stack stack, String address, int port) throws Exception {
        var connected = new AtomicReference<TcpSocket>();
        Await.until(() -> {
            try {
                connected.set(stack.tcp().connect(new InetSocketAddress(address, port), Duration.ofSeconds(30)));
                return true;
            } catch (ConnectException notYet) {
                return false;
            }
        }, () -> "nobody listens on " + port);
        return connected.get();
    }

    /// Waits for it, at most ten seconds.
    static <T> T within(CompletableFuture<T> future) throws Exception {
        return future.get(10, TimeUnit.SECONDS);
    }

    /// Echoes the next connection of a listener until its end.
    static CompletableFuture<Long> echo(TcpListener listener) {
        return async(() -> {
            try (TcpSocket s = listener.accept()) {
                return s.inputStream().transferTo(s.outputStream());
            }
        });
    }
}
