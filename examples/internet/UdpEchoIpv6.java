import dev.millrace.UdpSocket;
import dev.millrace.internet.Frame;
import dev.millrace.internet.FrameTrace;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/// Two hosts of a simulated Internet: a datagram and its echo over IPv6, through your code.
/// Run: ./millrace java examples/internet/UdpEchoIpv6.java
public class UdpEchoIpv6 {
    public static void main(String[] args) throws Exception {
        Path pcap = args.length > 0 ? Path.of(args[0]) : Files.createTempFile("udp-echo", ".pcapng");
        try (Internet net = Internet.builder().manual().maxInFlight(256).mtu(Internet.MTU_JUMBO).open();
                FrameTrace trace = new FrameTrace(pcap);
                Host server = net.host("server", "fd00::1");
                Host client = net.host("client", "fd00::2");
                UdpSocket echo = server.connector().bind("udp", "[fd00::1]:7");
                UdpSocket socket = client.connector().connectDatagrams("udp", "[fd00::1]:7")) {
            Thread.startVirtualThread(() -> {
                try {
                    ByteBuffer b = ByteBuffer.allocate(2048);
                    InetSocketAddress from = echo.receive(b);
                    echo.send(b.flip(), from);
                } catch (IOException e) {
                    e.printStackTrace();
                }
            });
            socket.send(ByteBuffer.wrap("Hello over IPv6".getBytes()), null);
            for (int i = 0; i < 2; i++) {
                Frame frame = net.take();
                trace.record(frame);
                net.deliver(frame);
            }
            ByteBuffer answer = ByteBuffer.allocate(2048);
            socket.receive(answer);
            System.out.println(new String(answer.array(), 0, answer.position()));
        }
        System.out.println("packets in " + pcap);
    }
}
