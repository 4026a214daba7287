package dev.millrace;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.spi.SocketErrors;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import org.junit.jupiter.api.Test;

/// What the sockets of the JDK say, beside what ours say: same class, same words.
class JdkMessagesTest {
    private static final InetAddress HERE = InetAddress.getLoopbackAddress();

    private static void same(ErrorCode code, Exception jdk) {
        IOException ours = SocketErrors.of(code);
        assertEquals(jdk.getMessage(), ours.getMessage());
        assertEquals(jdk.getClass(), ours.getClass().getSuperclass());
    }

    private interface Use {
        void of(Socket client, Socket server) throws IOException;
    }

    private static void pair(Use use) throws IOException {
        try (var listener = new ServerSocket(0, 1, HERE);
             var client = new Socket(HERE, listener.getLocalPort()); var server = listener.accept()) {
            use.of(client, server);
        }
    }

    @Test
    void aReadThatTakesTooLong() throws IOException {
        pair((client, server) -> {
            client.setSoTimeout(1);
            same(ErrorCode.READ_TIMEOUT, assertThrows(SocketTimeoutException.class, () -> client.getInputStream().read()));
        });
    }

    @Test
    void aReadAfterClose() throws IOException {
        pair((client, server) -> {
            var in = client.getInputStream();
            client.close();
            same(ErrorCode.SOCKET_CLOSED, assertThrows(SocketException.class, in::read));
        });
    }

    @Test
    void aReadAfterTheReset() throws IOException {
        pair((client, server) -> {
            server.setSoLinger(true, 0);
            server.close();
            same(ErrorCode.CONNECTION_RESET, assertThrows(SocketException.class, () -> client.getInputStream().read()));
        });
    }

    @Test
    void aSocketThatIsNotConnected() throws IOException {
        try (var socket = new Socket()) {
            same(ErrorCode.NOT_CONNECTED, assertThrows(SocketException.class, socket::getInputStream));
        }
    }

    @Test
    void anAddressThatIsNotOurs() {
        // 192.0.2.0/24 is for documentation (RFC 5737): no machine has an address of it.
        var e = assertThrows(java.net.BindException.class, () -> {
            try (var socket = new Socket()) {
                socket.bind(new InetSocketAddress("192.0.2.77", 0));
            }
        });
        IOException ours = SocketErrors.of(ErrorCode.ADDRESS_NOT_AVAILABLE);
        assertEquals(e.getMessage().replaceFirst(" \\(.*", ""), ours.getMessage());
        assertEquals(e.getClass(), ours.getClass().getSuperclass());
    }

    @Test
    void aDatagramThatIsTooLong() throws IOException {
        try (var socket = new DatagramSocket(0, HERE)) {
            var packet = new java.net.DatagramPacket(new byte[65508], 65508, HERE, socket.getLocalPort());
            IOException e = assertThrows(IOException.class, () -> socket.send(packet));
            assertEquals(e.getMessage().replaceFirst(" \\(.*", ""), SocketErrors.of(ErrorCode.MESSAGE_TOO_LONG).getMessage());
        }
    }
}
