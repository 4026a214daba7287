package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import java.nio.ByteBuffer;
import java.nio.channels.NotYetConnectedException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Urgent data between two programs, in virtual time.
class UrgentSocketTest extends TwoFaultyStacks {
    private static ByteBuffer text(String s) {
        return ByteBuffer.wrap(s.getBytes(StandardCharsets.US_ASCII));
    }

    private static String read(TcpSocket s) throws Exception {
        ByteBuffer b = ByteBuffer.allocate(100);
        s.tryRead(b);
        return new String(b.array(), 0, b.position(), StandardCharsets.US_ASCII);
    }

    @Test
    void theReaderIsToldAndFindsTheMark() throws Exception {
        TcpSocket client = connected();
        TcpSocket server = listener.tryAccept();
        var calls = new AtomicInteger();
        server.onUrgent(calls::incrementAndGet);
        assertEquals(0, server.urgentBytes());
        client.write(text("abc"));
        client.writeUrgent(text("XYZ"));
        client.write(text("def"));
        pass(10);
        assertEquals(1, calls.get());
        assertEquals(6, server.urgentBytes());
        assertEquals("abcXY", read(server));
        assertEquals(1, server.urgentBytes());
        assertEquals("Zdef", read(server));
        assertEquals(0, server.urgentBytes());
        client.tryWriteUrgent(text("!"));
        pass(10);
        assertEquals(2, calls.get());
        server.onUrgent(null);
        client.writeUrgent(text("?"));
        pass(10);
        assertEquals(2, calls.get());
        assertEquals(2, server.urgentBytes());
    }

    @Test
    void whoAsksLateIsToldAtOnce() throws Exception {
        TcpSocket client = connected();
        client.writeUrgent(text("a"));
        pass(10);
        var calls = new AtomicInteger();
        TcpSocket server = listener.tryAccept();
        server.onUrgent(calls::incrementAndGet);
        assertEquals(1, calls.get());
        assertThrows(NotYetConnectedException.class, () -> a.tcp.open().onUrgent(calls::incrementAndGet));
        assertThrows(NotYetConnectedException.class, () -> a.tcp.open().urgentBytes());
    }

    @Test
    void whatWasPeekedAtIsStillToBeRead() throws Exception {
        TcpSocket client = connected();
        TcpSocket server = listener.tryAccept();
        client.writeUrgent(text("abc"));
        client.write(text("d"));
        pass(10);
        ByteBuffer b = ByteBuffer.allocate(100);
        assertEquals(2, server.peek(b));
        assertEquals(3, server.urgentBytes());
        assertEquals(4, server.peek(b));
        assertEquals(3, server.urgentBytes());
        assertEquals("abcd", read(server));
        assertEquals(0, server.urgentBytes());
    }

    @Test
    void outOfLineTheByteIsNotInTheStream() throws Exception {
        listener.setOption(TcpOptions.URGENT_INLINE, false);
        TcpSocket client = connected();
        TcpSocket server = listener.tryAccept();
        var calls = new AtomicInteger();
        server.onUrgent(calls::incrementAndGet);
        client.writeUrgent(text("!"));
        pass(10);
        assertEquals(1, calls.get());
        assertTrue(!server.readiness().readable() && server.available() == 0);
        client.write(text("a"));
        pass(10);
        assertEquals("a", read(server));
    }

    @Test
    void urgentDataLargerThanTheBuffers() throws Exception {
        TcpSocket client = connected();
        TcpSocket server = listener.tryAccept();
        ByteBuffer sink = ByteBuffer.allocate(4 << 20);
        var calls = new AtomicInteger();
        server.onUrgent(calls::incrementAndGet);
        readWhileParked(server, sink, () -> {
        });
        assertEquals(3 << 20, client.writeUrgent(ByteBuffer.allocate(3 << 20)));
        for (int i = 0; i < 100_000 && sink.position() < 3 << 20; i++) {
            pass(1);
            server.tryRead(sink);
        }
        assertEquals(3 << 20, sink.position());
        assertTrue(calls.get() > 10);
        assertEquals(0, server.urgentBytes());
    }
}
