import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.io.BufferedReader;
import java.io.InputStreamReader;

/// The application layer: answers every HTTP request with a greeting. `millrace serve` is the server for real use.
/// Run: ./millrace java examples/layers/Application.java t0 10.0.0.2/24
/// Modules: dev.millrace, and at run time dev.millrace.stack, .ip, .tcp, .link.tun
public class Application {
    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.out.println("usage: Application DEVICE ADDRESS/PREFIX; millrace tun up makes a device");
            return;
        }
        try (Stack stack = Stack.builder().nic("nic", "tun:" + args[0], args[1]).open();
                TcpListener listener = stack.tcp().listen(80)) {
            while (true) {
                try (TcpSocket connection = listener.accept()) {
                    var in = new BufferedReader(new InputStreamReader(connection.inputStream()));
                    System.out.println(in.readLine());
                    while (!in.readLine().isEmpty()) {
                        // The headers, up to the empty line.
                    }
                    connection.outputStream().write(("HTTP/1.1 200 OK\r\nConnection: close\r\n"
                            + "Content-Type: text/plain\r\nContent-Length: 15\r\n\r\nHello, World!\r\n").getBytes());
                } catch (Exception e) {
                    System.out.println("no request: " + e);
                }
            }
        }
    }
}
