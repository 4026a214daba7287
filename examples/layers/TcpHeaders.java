import dev.millrace.CaptureRequest;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;

/// The transport layer: accepts connections on port 80, reads them to their end, and prints every TCP header.
/// Run: ./millrace java examples/layers/TcpHeaders.java t0 10.0.0.2/24
/// Modules: dev.millrace, and at run time dev.millrace.stack, .ip, .tcp, .link.tun
public class TcpHeaders {
    public static void main(String[] args) throws Exception {
        if (args.length != 2) {
            System.out.println("usage: TcpHeaders DEVICE ADDRESS/PREFIX; millrace tun up makes a device");
            return;
        }
        try (Stack stack = Stack.builder().nic("nic", "tun:" + args[0], args[1]).open();
                TcpListener listener = stack.tcp().listen(80)) {
            stack.capture(CaptureRequest.lines(System.out::println));
            while (true) {
                try (TcpSocket connection = listener.accept()) {
                    System.out.println("accepted " + connection.remoteAddress());
                    System.out.println("read " + connection.inputStream().readAllBytes().length + " bytes");
                }
            }
        }
    }
}
