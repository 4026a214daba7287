package dev.millrace.it;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

/// A connection from its beginning to its end, and a packet that nobody wants; started by [RecorderTest] with and without the
/// module `jdk.jfr`.
final class RecorderProgram {
    private RecorderProgram() {
    }

    public static void main(String[] args) throws Exception {
        System.out.println("recorder: " + ModuleLayer.boot().findModule("jdk.jfr").isPresent());
        try (Stack stack = Stack.builder().name("s").nic("lo", "loopback:", n -> n.address("10.0.0.1/32")).open();
                TcpListener listener = stack.tcp().listen(80);
                TcpSocket client = stack.tcp().connect(new InetSocketAddress("10.0.0.1", 80), Duration.ofSeconds(5));
                TcpSocket server = listener.accept()) {
            client.write(ByteBuffer.allocate(100_000));
            int n = 0;
            while (n < 100_000) {
                n += server.read(ByteBuffer.allocate(100_000));
            }
            try (var udp = stack.udp().bind(new InetSocketAddress("10.0.0.1", 0))) {
                udp.send(ByteBuffer.allocate(5), new InetSocketAddress("10.0.0.1", 9));
            }
            System.out.println("read " + n);
        }
    }
}
