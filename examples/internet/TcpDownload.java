import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.internet.Frame;
import dev.millrace.internet.FrameTrace;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// Two hosts of a simulated Internet: a client downloads a message by TCP, and every packet passes your code.
/// Run: ./millrace java examples/internet/TcpDownload.java
public class TcpDownload {
    public static void main(String[] args) throws Exception {
        Path pcap = args.length > 0 ? Path.of(args[0]) : Files.createTempFile("tcp-download", ".pcapng");
        try (Internet net = Internet.builder().manual().maxInFlight(256).mtu(Internet.MTU_JUMBO).open();
                FrameTrace trace = new FrameTrace(pcap);
                Host server = net.host("server", "10.0.0.1");
                Host client = net.host("client", "10.0.0.2");
                TcpListener listener = server.connector().listen("tcp", ":80")) {
            Thread.startVirtualThread(() -> route(net, trace));
            Thread.startVirtualThread(() -> {
                try (TcpSocket s = listener.accept()) {
                    s.outputStream().write("Hello from 10.0.0.1\n".getBytes());
                } catch (IOException e) {
                    e.printStackTrace();
                }
            });
            try (TcpSocket s = client.connector().connect("tcp", "10.0.0.1:80", Duration.ofSeconds(5))) {
                System.out.print(new String(s.inputStream().readAllBytes()));
            }
        }
        System.out.println("packets in " + pcap);
    }

    /// You are the router: take each packet, and deliver it, or do not.
    static void route(Internet net, FrameTrace trace) {
        try {
            for (Frame frame; (frame = net.take()) != null; net.deliver(frame)) {
                trace.record(frame);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
