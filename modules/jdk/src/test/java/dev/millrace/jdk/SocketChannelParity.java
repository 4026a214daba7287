package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// What cases of [SocketChannel] are made of.
abstract class SocketChannelParity extends Parity {
    static List<Object> facts(SocketChannel c, World w) {
        return List.of(c.isOpen(), c.isBlocking(), c.isConnected(), c.isConnectionPending(), c.isRegistered(), c.validOps(),
                World.hide(outcome(_ -> c.getLocalAddress(), w)), World.hide(outcome(_ -> c.getRemoteAddress(), w)), World.hide(c));
    }

    static void connect(SocketChannel c, ServerSocketChannel s) throws Exception {
        if (!c.connect(s.getLocalAddress())) {
            Await.until(c::finishConnect, c::toString);
        }
    }

    /// The JVM says what was null, which is not the same there.
    static boolean isNull(Case c, World w) {
        return outcome(c, w).startsWith(NullPointerException.class.getName());
    }

    /// Reads until a buffer is full: what was written at once may come in parts.
    static int fill(SocketChannel c, ByteBuffer b) throws IOException {
        int n = 0;
        while (b.hasRemaining()) {
            int got = c.read(b);
            if (got < 0) {
                throw new EOFException("after " + n + " bytes");
            }
            n += got;
        }
        return n;
    }

    static List<Integer> positions(ByteBuffer... all) {
        return Arrays.stream(all).map(ByteBuffer::position).toList();
    }

    static void reset(SocketChannel c) throws IOException {
        c.setOption(StandardSocketOptions.SO_LINGER, 0);
        c.close();
    }

    /// Writes all of it: what blocks may write less at once on a virtual thread.
    static int give(SocketChannel c, byte[] data) throws IOException {
        ByteBuffer b = ByteBuffer.wrap(data);
        int n = 0;
        while (b.hasRemaining()) {
            n += c.write(b);
        }
        return n;
    }

    static byte[] take(SocketChannel c, int length) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(length);
        fill(c, b);
        return b.array();
    }

    /// Writes until that fails.
    static int writeOn(SocketChannel c) throws IOException {
        ByteBuffer b = ByteBuffer.allocate(64 * 1024);
        while (true) {
            c.write(b.clear());
        }
    }

    static <T> List<Object> interrupted(java.util.concurrent.Callable<T> waits, SocketChannel c, World w) throws Exception {
        var told = new CompletableFuture<Boolean>();
        var result = new CompletableFuture<T>();
        Thread t = World.waiting(() -> {
            try {
                return waits.call();
            } finally {
                told.complete(Thread.currentThread().isInterrupted());
            }
        }, result);
        t.interrupt();
        return List.of(outcome(_ -> World.of(result), w), World.of(told), c.isOpen());
    }

    static <T> List<Object> before(java.util.concurrent.Callable<T> waits, SocketChannel c, World w) throws Exception {
        var told = new CompletableFuture<Boolean>();
        CompletableFuture<T> result = World.waiting(() -> {
            Thread.currentThread().interrupt();
            try {
                return waits.call();
            } finally {
                told.complete(Thread.currentThread().isInterrupted());
            }
        });
        return List.of(outcome(_ -> World.of(result), w), World.of(told), c.isOpen());
    }

    static List<Object> get(SocketChannel c, World w) {
        List<Object> all = new ArrayList<>();
        for (SocketOption<?> o : List.of(StandardSocketOptions.TCP_NODELAY, StandardSocketOptions.SO_KEEPALIVE,
                StandardSocketOptions.SO_LINGER, StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.IP_TOS)) {
            all.add(outcome(_ -> c.getOption(o), w));
        }
        return all;
    }
}
