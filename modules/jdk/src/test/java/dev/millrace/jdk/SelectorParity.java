package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/// What cases of [java.nio.channels.Selector] are made of.
abstract class SelectorParity extends Parity {
    static final int READ = SelectionKey.OP_READ;
    static final int WRITE = SelectionKey.OP_WRITE;
    static final int CONNECT = SelectionKey.OP_CONNECT;
    static final int ACCEPT = SelectionKey.OP_ACCEPT;
    static final long PATIENCE_MS = 60_000;

    /// Both ends of a connection that do not block.
    static SocketChannel[] ends(World w) throws IOException {
        SocketChannel[] c = w.channels();
        c[0].configureBlocking(false);
        c[1].configureBlocking(false);
        return c;
    }

    /// Two of this end, each of a connection of its own, that do not block.
    static SocketChannel[] two(World w) throws IOException {
        return new SocketChannel[] {ends(w)[0], ends(w)[0]};
    }

    /// Selects until a key is ready for all of these, and returns for what it is.
    static int until(SelectionKey key, int ops) throws IOException {
        key.selector().selectedKeys().clear();
        while (true) {
            patiently(key.selector());
            if (key.selector().selectedKeys().contains(key) && (key.readyOps() & ops) == ops) {
                return key.readyOps();
            }
        }
    }

    /// Selects until there is something.
    static int patiently(Selector s) throws IOException {
        long begin = System.nanoTime();
        while (true) {
            int n = s.select(PATIENCE_MS);
            if (n > 0) {
                return n;
            }
            if (Thread.currentThread().isInterrupted() || System.nanoTime() - begin > PATIENCE_MS * 1_000_000) {
                throw new IllegalStateException("nothing is selected");
            }
        }
    }

    /// Something that is about to wait in a selector. Whether it does already nobody can tell: the outcome is to be the same.
    static <T> CompletableFuture<T> started(Callable<T> body, boolean virtual, Thread[] who) throws Exception {
        var result = new CompletableFuture<T>();
        var begun = new CountDownLatch(1);
        Runnable run = () -> {
            begun.countDown();
            try {
                result.complete(body.call());
            } catch (Throwable t) {
                result.completeExceptionally(t);
            }
        };
        Thread t = virtual ? Thread.ofVirtual().start(run) : Thread.ofPlatform().daemon().start(run);
        if (who != null) {
            who[0] = t;
        }
        begun.await();
        // So that it mostly does.
        Thread.sleep(20);
        return result;
    }

    static <T> CompletableFuture<T> started(Callable<T> body) throws Exception {
        return started(body, false, null);
    }

    /// Returns when a thread is past the question whether its selector is open, in the JDK's or in ours: what it returns from then on
    /// is another matter than what it returns before.
    static void awaitSelecting(Thread t) throws Exception {
        Await.until(() -> Arrays.stream(t.getStackTrace()).map(StackTraceElement::getMethodName)
                .anyMatch(Set.of("doSelect", "selectLocked")::contains), () -> "" + List.of(t.getStackTrace()));
    }

    static <T> T of(CompletableFuture<T> result) throws Exception {
        return World.of(result);
    }

    /// Writes until there is no room for a while.
    static void fillUp(SocketChannel c) throws Exception {
        ByteBuffer b = ByteBuffer.allocate(1 << 18);
        // On another thread the kernel moves on to its peer what it has.
        for (int none = 0; none < 20; ) {
            if (c.write(b.clear()) == 0) {
                none++;
                Thread.sleep(5);
            } else {
                none = 0;
            }
        }
    }

    static Set<Object> attachments(Selector s) {
        Set<Object> all = new TreeSet<>();
        s.selectedKeys().forEach(k -> all.add(k.attachment()));
        return all;
    }
}
