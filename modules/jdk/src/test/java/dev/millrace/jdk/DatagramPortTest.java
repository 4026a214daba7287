package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.Udp;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.LeakCheck;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import org.junit.jupiter.api.Test;

/// Options that are set before a port is bound, and what keeps them.
class DatagramPortTest {
    /// Remembers the port that was given out last.
    private static final class LastPort implements Udp {
        private final Udp udp;
        private int last;

        LastPort(Udp udp) {
            this.udp = udp;
        }

        @Override
        public UdpSocket bind(InetSocketAddress local) throws IOException {
            UdpSocket socket = udp.bind(local);
            last = socket.localAddress().getPort();
            return socket;
        }

        @Override
        public UdpSocket bindShared(InetSocketAddress local) throws IOException {
            return udp.bindShared(local);
        }

        @Override
        public int socketCount() {
            return udp.socketCount();
        }
    }

    @Test
    void whatKeepsTheOptionsIsInNobodysWay() throws IOException {
        try (var leaks = new LeakCheck(); Stack stack = Stack.builder().nic("lo", "loopback:", "127.0.0.1/8").open()) {
            var udp = new LastPort(stack.udp());
            var port = new DatagramPort(udp);
            port.setOption(StandardSocketOptions.SO_BROADCAST, true);
            port.bind(new InetSocketAddress(udp.last));
            assertTrue(port.getOption(StandardSocketOptions.SO_BROADCAST));
            assertEquals(1, stack.udp().socketCount());
            port.close();
        }
    }

    @Test
    void aBindingThatFailsLosesNoOption() throws IOException {
        try (var leaks = new LeakCheck(); Stack stack = Stack.builder().nic("lo", "loopback:", "127.0.0.1/8").open();
             UdpSocket taken = stack.udp().bind(0)) {
            var port = new DatagramPort(stack.udp());
            port.setOption(StandardSocketOptions.SO_BROADCAST, true);
            assertThrows(BindException.class, () -> port.bind(taken.localAddress()));
            assertTrue(port.getOption(StandardSocketOptions.SO_BROADCAST));
            port.bind(new InetSocketAddress(0));
            assertTrue(port.getOption(StandardSocketOptions.SO_BROADCAST));
            port.close();
        }
    }
}
