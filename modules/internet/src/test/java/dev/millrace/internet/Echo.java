package dev.millrace.internet;

import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;

/// The echo service over UDP, and one who asks it.
final class Echo {
    private static final int PORT = 7;

    private Echo() {
    }

    /// Answers until its host ends.
    static void serve(Host host) throws IOException {
        try (UdpSocket s = host.stack().udp().bind(new InetSocketAddress(PORT))) {
            var b = ByteBuffer.allocate(100);
            while (true) {
                InetSocketAddress from = s.receive(b.clear());
                s.send(b.flip(), from);
            }
        }
    }

    /// How long an answer takes, or `null` for none within the patience.
    static Duration ask(Internet net, Host host, String whom, Duration patience) throws IOException {
        Duration begin = net.now();
        try (UdpSocket s = host.stack().udp().connect(new InetSocketAddress(whom, PORT))) {
            s.setReadTimeout(patience);
            s.send(ByteBuffer.wrap(new byte[1]), null);
            s.receive(ByteBuffer.allocate(100));
            return net.now().minus(begin);
        } catch (SocketTimeoutException e) {
            return null;
        }
    }
}
