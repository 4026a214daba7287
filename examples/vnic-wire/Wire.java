import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.link.vnic.Vnic;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Random;

/// Two stacks and a wire that is your code: this one loses every hundredth packet, and TCP repairs it.
/// Run: ./millrace java examples/vnic-wire/Wire.java
public class Wire {
    public static void main(String[] args) throws Exception {
        var left = new Vnic(1500);
        var right = new Vnic(1500);
        var chance = new Random(1);
        left.onTransmit(frame -> {
            if (chance.nextInt(100) != 0) {
                right.inject(frame);
            }
        });
        right.onTransmit(left::inject);
        try (Stack a = Stack.builder().name("a").nic("nic", left, nic -> nic.address("10.0.0.1/24")).open();
                Stack b = Stack.builder().name("b").nic("nic", right, nic -> nic.address("10.0.0.2/24")).open();
                TcpListener server = b.tcp().listen(80);
                TcpSocket client = a.tcp().connect(new InetSocketAddress("10.0.0.2", 80), Duration.ofSeconds(5));
                TcpSocket accepted = server.accept()) {
            Thread writer = Thread.startVirtualThread(() -> {
                try {
                    client.outputStream().write(new byte[5_000_000]);
                    client.shutdownOutput();
                } catch (IOException e) {
                    e.printStackTrace();
                }
            });
            System.out.println("received " + accepted.inputStream().readAllBytes().length + " bytes");
            writer.join();
            System.out.println("segments sent again: " + client.info().totals().retransmittedSegments());
        }
    }
}
