import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.time.Duration;

/// A TCP server and a client on a stack of their own. Run: ./millrace java examples/embed/Embed.java
public class Embed {
    public static void main(String[] args) throws IOException {
        try (Stack stack = Stack.builder().nic("lo", "loopback:", "192.168.1.1/24", "fd00::1/64").open();
                TcpListener server = stack.tcp().listen(8080)) {
            Thread.startVirtualThread(() -> {
                try (TcpSocket s = server.accept()) {
                    s.inputStream().transferTo(s.outputStream());
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
            var address = new InetSocketAddress("192.168.1.1", 8080);
            try (TcpSocket client = stack.tcp().connect(address, Duration.ofSeconds(5))) {
                client.outputStream().write("hello, stack".getBytes());
                client.shutdownOutput();
                System.out.println(new String(client.inputStream().readAllBytes()));
                System.out.println(client.info());
            }
        }
    }
}
