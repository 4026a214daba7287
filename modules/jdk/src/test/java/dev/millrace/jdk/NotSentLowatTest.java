package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.TcpOptions;
import dev.millrace.testkit.LeakCheck;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A selector has a channel ready to write when little waits unsent, if its program wants that.
@Timeout(60)
class NotSentLowatTest {
    private static final int MARK = 20_000;

    @Test
    void aSelectorWaitsForTheMarkAndNotForTheBuffer() throws Exception {
        try (var leaks = new LeakCheck();
                Stack lab = Stack.builder().name("lab").nic("lo", "loopback:", "10.8.0.1/24").option("stack", "close-timeout", "0").open()) {
            var provider = StackSockets.of(lab).selectorProvider();
            try (ServerSocketChannel server = provider.openServerSocketChannel();
                    SocketChannel client = provider.openSocketChannel(); Selector selector = provider.openSelector()) {
                server.setOption(java.net.StandardSocketOptions.SO_RCVBUF, 64_000);
                server.bind(new InetSocketAddress("10.8.0.1", 80));
                client.setOption(TcpOptions.NOTSENT_LOWAT, MARK);
                client.connect(server.getLocalAddress());
                client.configureBlocking(false);
                client.register(selector, SelectionKey.OP_WRITE);
                assertEquals(1, selector.select(1000));
                try (SocketChannel peer = server.accept()) {
                    long taken = 0;
                    int n;
                    while ((n = client.write(ByteBuffer.allocate(500_000))) > 0) {
                        taken += n;
                    }
                    // What the peer's buffer holds, and the mark: the send buffer is a mebibyte.
                    assertTrue(taken < 64_000 + 2 * 65_536 + MARK, "taken " + taken);
                    selector.selectedKeys().clear();
                    assertEquals(0, selector.select(100), "nothing is read, nothing can be written");
                    long read = 0;
                    ByteBuffer sink = ByteBuffer.allocate(10_000);
                    while (selector.select(1) == 0 && read < taken) {
                        read += peer.read(sink.clear());
                    }
                    assertEquals(1, selector.selectedKeys().size(), "read " + read + " of " + taken);
                    assertTrue(read < taken, "not everything had to be read");
                    assertTrue(client.write(ByteBuffer.allocate(10)) > 0);
                }
            }
        }
    }
}
