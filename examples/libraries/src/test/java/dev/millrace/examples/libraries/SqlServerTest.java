package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// SQL Server's driver, which is told the name of a factory's class, and a string that its constructor takes: the stack's name. No SQL
/// Server could be had for CI, so the other side is a few lines that know the beginning of a conversation (MS-TDS) and let nobody in.
@Timeout(120)
class SqlServerTest {
    private static final int PRE_LOGIN = 0x12;
    private static final int LOGIN = 0x10;
    private static final int ANSWER = 0x04;
    private static final int END_OF_MESSAGE = 1;
    private static final int HEADER_BYTES = 8;
    private static final int NO_ENCRYPTION = 2;
    private static final int LOGIN_FAILED = 18456;

    @Test
    void aUserIsNotLetIn() throws Exception {
        try (var threads = new ThreadCheck(); Internet net = Internet.realTime()) {
            Host client = net.host("client", "10.0.0.1");
            Host server = net.host("server", "10.0.0.2");
            var served = server.call(() -> {
                try (ServerSocket port = server.sockets().serverSocketFactory().createServerSocket(1433); Socket connection = port.accept()) {
                    return refuse(connection);
                }
            });
            SQLException failed = assertThrows(SQLException.class, () -> DriverManager.getConnection("jdbc:sqlserver://10.0.0.2:1433;"
                    + "user=millrace;password=secret;encrypt=false;connectRetryCount=0;"
                    + "socketFactoryClass=dev.millrace.jdk.StackSocketFactory;socketFactoryConstructorArg=" + client.stack().name()));
            assertEquals(LOGIN_FAILED, failed.getErrorCode());
            assertTrue(failed.getMessage().startsWith("Login failed for user 'millrace'."), failed::getMessage);
            assertEquals("10.0.0.1", served.get(60, TimeUnit.SECONDS));
        }
    }

    /// @return where it was called from
    private static String refuse(Socket connection) throws IOException {
        var in = new DataInputStream(connection.getInputStream());
        ByteBuffer options = message(in, PRE_LOGIN);
        // The first option is the version (0), six bytes at an offset behind the options, whose end is 255.
        assertEquals(0, options.get());
        int offset = options.getShort();
        assertEquals(6, options.getShort());
        assertEquals(255, options.get(offset - 1) & 255);
        answer(connection, ByteBuffer.allocate(18).put((byte) 0).putShort((short) 11).putShort((short) 6)
                .put((byte) 1).putShort((short) 17).putShort((short) 1).put((byte) 255)
                .put((byte) 16).put(new byte[5]).put((byte) NO_ENCRYPTION));

        ByteBuffer login = message(in, LOGIN).order(ByteOrder.LITTLE_ENDIAN);
        String user = StandardCharsets.UTF_16LE.decode(login.slice(login.getShort(40), 2 * login.getShort(42))).toString();
        byte[] text = ("Login failed for user '" + user + "'.").getBytes(StandardCharsets.UTF_16LE);
        // An error, of class 14, without names of a server and a procedure, at line 1; and that this was all, with an error.
        answer(connection, ByteBuffer.allocate(30 + text.length).order(ByteOrder.LITTLE_ENDIAN).put((byte) 0xaa)
                .putShort((short) (14 + text.length)).putInt(LOGIN_FAILED).put((byte) 1).put((byte) 14)
                .putShort((short) (text.length / 2)).put(text).put((byte) 0).put((byte) 0).putInt(1)
                .put((byte) 0xfd).putShort((short) 2).putShort((short) 0).putLong(0));
        return connection.getInetAddress().getHostAddress();
    }

    /// What is in a message of one packet.
    private static ByteBuffer message(DataInputStream in, int type) throws IOException {
        assertEquals(type, in.readUnsignedByte());
        assertEquals(END_OF_MESSAGE, in.readUnsignedByte());
        byte[] content = new byte[in.readUnsignedShort() - HEADER_BYTES];
        in.readInt();
        in.readFully(content);
        return ByteBuffer.wrap(content);
    }

    private static void answer(Socket connection, ByteBuffer content) throws IOException {
        content.flip();
        ByteBuffer packet = ByteBuffer.allocate(HEADER_BYTES + content.remaining()).put((byte) ANSWER).put((byte) END_OF_MESSAGE)
                .putShort((short) (HEADER_BYTES + content.remaining())).putInt(0).put(content);
        connection.getOutputStream().write(packet.array());
    }
}
