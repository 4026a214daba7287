package consumer;

import dev.millrace.Stack;
import dev.millrace.UdpSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;

/// A program that takes UDP and leaves TCP out.
public final class Main {
    private Main() {
    }

    public static void main(String[] args) throws Exception {
        try (Stack stack = Stack.builder().name("consumer").nic("lo", "loopback:", "10.9.0.1/24").open();
                UdpSocket server = stack.udp().bind(new InetSocketAddress("10.9.0.1", 7));
                UdpSocket client = stack.udp().connect(new InetSocketAddress("10.9.0.1", 7))) {
            client.send(ByteBuffer.wrap("taken as needed".getBytes()), null);
            ByteBuffer received = ByteBuffer.allocate(100);
            server.setReadTimeout(Duration.ofSeconds(5));
            server.receive(received);
            System.out.println("udp: " + new String(received.array(), 0, received.position()));
            try {
                stack.tcp();
                System.out.println("tcp: present");
            } catch (UnsupportedOperationException e) {
                System.out.println("tcp: absent: " + e.getMessage());
            }
        }
        boolean tcpModule = ModuleLayer.boot().findModule("dev.millrace.tcp").isPresent();
        System.out.println("tcp module: " + tcpModule);
    }
}
