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

/// Two hosts of a simulated Internet: a datagram and its echo over IPv4, through your code.
/// Run: ./millrace java examples/internet/UdpEchoIpv4.java
public class UdpEchoIpv4 {
    public static void main(String[] args) throws Exception {
        Path pcap = args.length > 0 ? Path.of(args[0]) : Files.createTempFile("udp-echo", ".pcapng");
        try (Internet net = Internet.builder().manual().maxInFlight(256).mtu(Internet.MTU_JUMBO).open();
                FrameTrace trace = new FrameTrace(pcap);
                Host server = net.host("server", "10.0.0.1");
                Host client = net.host("client", "10.0.0.2");
                UdpSocket echo = server.connector().bind("udp", "10.0.0.1:7");
                UdpSocket socket = client.connector().connectDatagrams("udp", "10.0.0.1:7")) {
            Thread.startVirtualThread(() -> {
                try {
                    ByteBuffer b = ByteBuffer.allocate(2048);
                    InetSocketAddress from = echo.receive(b);
                    echo.send(b.flip(), from);
                } catch (IOException e) {
                    e.printStackTrace();
                }
            });
            socket.send(ByteBuffer.wrap("Hello over IPv4".getBytes()), null);
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
