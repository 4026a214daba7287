import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.TcpSocket;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.wire.Dissector;
import java.io.IOException;
import java.net.InetSocketAddress;

/// A stack without threads and clock: a connection attempt into silence, thirty seconds of it, at once.
/// Run: ./millrace java examples/stepped/Stepped.java
public class Stepped {
    public static void main(String[] args) throws IOException {
        var wire = new Vnic(1500);
        try (ManualStack stack = Stack.builder().nic("nic", wire, nic -> nic.address("10.0.0.1/24")).manual(42)) {
            wire.onTransmit(frame -> System.out.printf("%6.3f s  %s%n", stack.nowNs() / 1e9, Dissector.ip(frame)));
            TcpSocket socket = stack.tcp().open();
            socket.startConnect(new InetSocketAddress("10.0.0.2", 80));
            while (stack.nextDeadlineNs() < 30_000_000_000L) {
                stack.step(stack.nextDeadlineNs());
            }
        }
    }
}
