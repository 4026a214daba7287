package example.ask;

import java.io.IOException;
import java.net.InetAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;

/// Questions and answers of up to 1000 bytes between two hosts, over IP protocol 253: `stack.service(Ask.class)`.
public interface Ask {
    /// Asks a host. The future ends with its answer, or with an [IOException] after the time-out, if the host does not know
    /// the protocol, or if the stack is closed.
    CompletableFuture<byte[]> ask(InetAddress host, byte[] question) throws IOException;

    /// Says how questions are answered. They come on threads that deliver packets: do not block.
    void answer(UnaryOperator<byte[]> how);
}
