import dev.millrace.Stack;
import dev.millrace.UdpSocket;
import dev.millrace.config.StackConfigFile;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/// A stack from a TOML file, and UDP on it. Run: ./millrace java examples/config-file/FromFile.java
public class FromFile {
    public static void main(String[] args) throws IOException {
        Path file = Path.of(args.length > 0 ? args[0] : "examples/config-file/lab.toml");
        try (Stack stack = StackConfigFile.load(file).open();
                UdpSocket server = stack.udp().bind(53);
                UdpSocket client = stack.udp().connect(new InetSocketAddress("fd00:20::1", 53))) {
            client.send(ByteBuffer.wrap("a question".getBytes()), null);
            ByteBuffer question = ByteBuffer.allocate(512);
            InetSocketAddress from = server.receive(question);
            System.out.println(from + " asks: " + new String(question.array(), 0, question.position()));
            stack.routes().forEach(System.out::println);
        }
    }
}
