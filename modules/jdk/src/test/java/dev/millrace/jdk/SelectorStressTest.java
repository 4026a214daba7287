package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.Await;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// One selector echoes for 200 connections, while others close and reset them, cancel their keys, change what they wait for, and call
/// its wakeup. A selection without a time-out that misses something never returns: then the peers' patience ends.
@Timeout(240)
class SelectorStressTest {
    private static final int CONNECTIONS = 200;
    private static final int ROUNDS = 24;
    private static final int MAX_MESSAGE = 3_000;
    private static final int PATIENCE_S = 60;

    private final long seed = Long.getLong("millrace.fuzz.seed", System.nanoTime());
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    @Test
    void missesNothingWhateverOthersDo() throws Exception {
        run(true);
    }

    /// Without them, for a wakeup also wakes who has missed something.
    @Test
    void missesNothingWhereNobodyElseWakes() throws Exception {
        run(false);
    }

    private void run(boolean disturbed) throws Exception {
        System.out.println("seed " + seed);
        try (var leaks = new LeakCheck(); World w = World.stack()) {
            var echo = new Echo(w.selector(), w.listeningChannelFor(CONNECTIONS));
            Thread server = Thread.ofPlatform().name("echo").start(() -> guard(echo::serve));
            var peers = new CountDownLatch(CONNECTIONS);
            for (int i = 0; i < CONNECTIONS; i++) {
                var random = new Random(seed + i);
                Thread.ofVirtual().start(() -> guard(() -> {
                    peer(w, echo.address, random);
                    peers.countDown();
                }));
            }
            Thread[] others = new Thread[disturbed ? 2 : 0];
            for (int i = 0; i < others.length; i++) {
                var random = new Random(~seed - i);
                others[i] = Thread.ofPlatform().start(() -> guard(() -> {
                    while (peers.getCount() > 0 && failure.get() == null && !echo.stopped) {
                        echo.disturb(random);
                        Thread.sleep(0, 200_000);
                    }
                }));
            }
            boolean all = peers.await(PATIENCE_S, TimeUnit.SECONDS);
            if (all && failure.get() == null) {
                // They are closed: it hears of that, too, and keeps nothing but its server.
                Await.until(() -> echo.selector.keys().size() == 1 && echo.cancelled.isEmpty(),
                        () -> "seed " + seed + ": " + (echo.selector.keys().size() - 1) + " connections were not heard to end");
            }
            echo.stop();
            server.join(TimeUnit.SECONDS.toMillis(PATIENCE_S));
            for (Thread other : others) {
                other.join(TimeUnit.SECONDS.toMillis(PATIENCE_S));
            }
            assertNull(failure.get(), () -> "seed " + seed + ": " + failure.get());
            assertTrue(all, () -> "seed " + seed + ": " + peers.getCount() + " peers wait for their echo");
            assertEquals(Thread.State.TERMINATED, server.getState(), () -> "seed " + seed);
        }
    }

    interface Body {
        void run() throws Exception;
    }

    private void guard(Body body) {
        try {
            body.run();
        } catch (Throwable t) {
            failure.compareAndSet(null, t);
        }
    }

    /// Says something and waits until it has all of it back; goes now and then, with what is still on its way or without.
    private static void peer(World w, SocketAddress server, Random random) throws IOException {
        SocketChannel c = null;
        for (int round = 0; round < ROUNDS; round++) {
            if (c == null) {
                c = w.here.channel();
                c.connect(server);
            }
            byte[] message = new byte[1 + random.nextInt(MAX_MESSAGE)];
            random.nextBytes(message);
            c.write(ByteBuffer.wrap(message));
            int fate = random.nextInt(20);
            if (fate == 0) {
                c.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
            if (fate <= 1) {
                c.close();
                c = null;
                continue;
            }
            ByteBuffer back = ByteBuffer.allocate(message.length);
            while (back.hasRemaining()) {
                if (c.read(back) < 0) {
                    throw new AssertionError("the end came after " + back.position() + " of " + message.length);
                }
            }
            assertEquals(ByteBuffer.wrap(message), back.flip());
        }
        if (c != null) {
            c.close();
        }
    }

    /// The server. Its keys are its own but for [#disturb].
    private static final class Echo {
        final Selector selector;
        final SocketAddress address;
        private final ServerSocketChannel listener;
        /// Those whose keys were cancelled: they come back as soon as the selector knows nothing of them any more.
        private final Queue<Connection> cancelled = new ConcurrentLinkedQueue<>();
        private int accepted;
        private volatile boolean stopped;

        private record Connection(SocketChannel channel, ByteBuffer unsent) {
        }

        Echo(Selector selector, ServerSocketChannel listener) throws IOException {
            this.selector = selector;
            this.listener = listener;
            address = listener.getLocalAddress();
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
        }

        void stop() {
            stopped = true;
            selector.wakeup();
        }

        void serve() throws IOException {
            while (!stopped) {
                if (accepted % 2 == 0) {
                    selector.select(this::serve);
                } else {
                    selector.select();
                    selector.selectedKeys().forEach(this::serve);
                    selector.selectedKeys().clear();
                }
                comeBack();
            }
            for (SelectionKey k : selector.keys()) {
                k.channel().close();
            }
            for (Connection c; (c = cancelled.poll()) != null; ) {
                c.channel.close();
            }
            selector.close();
        }

        private void comeBack() throws IOException {
            if (!cancelled.isEmpty()) {
                // Which lets go of those that were cancelled.
                selector.selectNow(this::serve);
            }
            int n = cancelled.size();
            for (int i = 0; i < n; i++) {
                Connection c = cancelled.poll();
                SelectionKey key = c.channel.keyFor(selector);
                if (!c.channel.isOpen() || key != null && key.isValid()) {
                    // Two have cancelled it, and it came back for one of them.
                    continue;
                }
                if (key == null) {
                    c.channel.register(selector, SelectionKey.OP_READ | SelectionKey.OP_WRITE, c);
                } else {
                    // Cancelled since: it is not to be waited with it still there.
                    cancelled.add(c);
                    selector.wakeup();
                }
            }
        }

        private void serve(SelectionKey key) {
            try {
                if (key.isAcceptable()) {
                    accept();
                } else {
                    echo(key, (Connection) key.attachment());
                }
            } catch (CancelledKeyException e) {
                // By another thread: it comes back.
            } catch (IOException e) {
                // A reset.
                close((Connection) key.attachment());
            }
        }

        private static void close(Connection c) {
            try {
                c.channel.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        private void accept() throws IOException {
            for (SocketChannel c; (c = listener.accept()) != null; ) {
                accepted++;
                c.configureBlocking(false);
                c.register(selector, SelectionKey.OP_READ, new Connection(c, ByteBuffer.allocate(512).limit(0)));
            }
        }

        private void echo(SelectionKey key, Connection c) throws IOException {
            ByteBuffer b = c.unsent;
            if (b.hasRemaining()) {
                c.channel.write(b);
            }
            if (!b.hasRemaining()) {
                int n = c.channel.read(b.clear());
                b.flip();
                if (n < 0) {
                    close(c);
                    return;
                }
                if (n > 0) {
                    c.channel.write(b);
                }
            }
            // What is still there to be read is so the next time.
            key.interestOps(b.hasRemaining() ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        }

        /// On another thread: does what a program may do with a selector that is not its own.
        void disturb(Random random) {
            selector.wakeup();
            int skip = random.nextInt(CONNECTIONS);
            for (SelectionKey key : selector.keys()) {
                if (skip-- > 0 || !(key.attachment() instanceof Connection c)) {
                    continue;
                }
                try {
                    if (random.nextInt(3) == 0) {
                        if (key.isValid()) {
                            key.cancel();
                            cancelled.add(c);
                        }
                    } else {
                        key.interestOps(0);
                        Thread.yield();
                        key.interestOpsOr(SelectionKey.OP_READ | SelectionKey.OP_WRITE);
                    }
                } catch (CancelledKeyException e) {
                    // The other one was faster.
                }
                break;
            }
            selector.wakeup();
        }
    }
}
