package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.VirtualTime;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;

/// Two stacks back to back in virtual time; `b` listens, `a` connects.
abstract class TwoFaultyStacks {
    static final long MS = 1_000_000;
    static final int PORT = 80;

    final VirtualTime time = new VirtualTime();
    final FaultyStack a = new FaultyStack("10.0.0.1", time, Map.of());
    final FaultyStack b = new FaultyStack("10.0.0.2", time, Map.of());
    TcpListener listener;

    @BeforeEach
    void listen() throws IOException {
        FaultyStack.join(a, b);
        listener = b.tcp.listen(new InetSocketAddress(PORT), 0);
    }

    final void pass(long ms) {
        time.runUntil(time.nanoTime() + ms * MS);
    }

    final TcpSocket connecting() throws IOException {
        TcpSocket client = a.tcp.open();
        client.startConnect(new InetSocketAddress(b.address().toInetAddress(), PORT));
        return client;
    }

    final TcpSocket connected() throws IOException {
        TcpSocket client = connecting();
        pass(10);
        assertTrue(client.finishConnect());
        return client;
    }

    /// Whenever a thread of `a` waits: looks, lets two milliseconds pass, and has a peer's program read what has come.
    final void readWhileParked(TcpSocket from, ByteBuffer sink, Runnable look) {
        a.whileParked = () -> {
            look.run();
            pass(2);
            try {
                from.tryRead(sink);
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            readWhileParked(from, sink, look);
        };
    }
}
