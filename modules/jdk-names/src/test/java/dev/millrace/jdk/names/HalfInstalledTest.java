package dev.millrace.jdk.names;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.jdk.JvmSockets;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.SocketException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A JVM whose servers' sockets are somebody else's.
@Timeout(60)
class HalfInstalledTest {
    @Test
    @SuppressWarnings("deprecation")
    void whatCouldNotBeInstalledIsNotSaidToBeTheNextTime() throws IOException {
        ServerSocket.setSocketFactory(() -> {
            throw new AssertionError("nobody makes one here");
        });
        for (int i = 0; i < 2; i++) {
            String told = assertThrows(SocketException.class, JvmSockets::install).getMessage();
            assertTrue(told.startsWith("a JVM has one factory of sockets, and that of servers was set by somebody else"), told);
        }
        // Those of clients do.
        assertEquals(true, JvmSockets.leadToStacks());
    }
}
