package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Readiness;
import dev.millrace.TcpOptions;
import dev.millrace.TcpSocket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// NOTSENT_LOWAT of a socket, in virtual time: all ways to write keep to it.
class NotSentLowatTest extends TwoFaultyStacks {
    private static final int MARK = 16 * 1024;
    /// A segment may begin below the mark and end above it.
    private static final int MOST = MARK + 1448 - 1;

    private TcpSocket marked() throws Exception {
        TcpSocket client = connected();
        client.setOption(TcpOptions.NOTSENT_LOWAT, MARK);
        return client;
    }

    /// Writes until nothing is taken; the first window is out then.
    private static long fill(TcpSocket client) throws Exception {
        long taken = 0;
        int n;
        while ((n = client.tryWrite(ByteBuffer.allocate(300_000))) > 0) {
            taken += n;
            assertTrue(client.info().sending().bytesUnsent() <= MOST, () -> "unsent " + client.info().sending().bytesUnsent());
        }
        return taken;
    }

    @Test
    void tryWriteStopsAtTheMarkNotAtTheBuffer() throws Exception {
        TcpSocket client = marked();
        long taken = fill(client);
        assertTrue(taken > 10 * 1400 && taken < 60_000, "taken " + taken);
        assertFalse(client.readiness().writable());
    }

    @Test
    void withoutTheOptionTheBufferIsFilled() throws Exception {
        TcpSocket client = connected();
        assertEquals(300_000, client.tryWrite(ByteBuffer.allocate(300_000)));
        assertTrue(client.readiness().writable());
    }

    @Test
    void acknowledgementsMakeItWritableAgainAndTellTheCallback() throws Exception {
        TcpSocket client = marked();
        fill(client);
        List<Readiness> told = new ArrayList<>();
        client.onReady(told::add);
        told.clear();
        pass(3);
        assertTrue(client.info().sending().bytesUnsent() < MARK / 2);
        assertTrue(client.readiness().writable());
        assertTrue(told.stream().anyMatch(Readiness::writable), told::toString);
    }

    @Test
    void blockingWritesWaitForTheMark() throws Exception {
        TcpSocket client = marked();
        TcpSocket server = listener.tryAccept();
        ByteBuffer sink = ByteBuffer.allocate(1 << 20);
        var waits = new AtomicInteger();
        readWhileParked(server, sink, () -> {
            waits.incrementAndGet();
            assertTrue(client.info().sending().bytesUnsent() <= MOST);
        });
        assertEquals(400_000, client.write(ByteBuffer.allocate(400_000)));
        assertTrue(waits.get() > 2, "waited " + waits);
        assertTrue(client.info().sending().bytesUnsent() <= MOST);
    }

    @Test
    void takingTheMarkAwayLetsWritersGoOn() throws Exception {
        TcpSocket client = marked();
        fill(client);
        client.setOption(TcpOptions.NOTSENT_LOWAT, 0);
        assertTrue(client.readiness().writable());
        assertThrows(IllegalArgumentException.class, () -> client.setOption(TcpOptions.NOTSENT_LOWAT, -1));
    }
}
