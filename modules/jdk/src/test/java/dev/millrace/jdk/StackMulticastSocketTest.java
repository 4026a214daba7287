package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.Stack;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// What a stack's multicast socket has that the kernel's has not.
@Timeout(60)
class StackMulticastSocketTest {
    private static final int MANY = 50;

    private static Stack stack() throws IOException {
        return Stack.builder().nic("lo", "loopback:", "127.0.0.1/8", "::1/128").route("224.0.0.0/4", "lo").route("ff00::/8", "lo")
                .option("stack", "close-timeout", "0").open();
    }

    /// The constructors of [MulticastSocket] open one each.
    @Test
    @EnabledOnOs(OS.LINUX)
    void leavesNoSocketOfTheKernelsOpen() throws IOException {
        try (Stack stack = stack()) {
            StackSockets sockets = StackSockets.of(stack);
            // Classes are loaded first, and what they open.
            sockets.multicastSocket(null).close();
            long before = kernelSockets();
            var open = new MulticastSocket[MANY];
            for (int i = 0; i < MANY; i++) {
                open[i] = sockets.multicastSocket(new InetSocketAddress(0));
            }
            long now = kernelSockets();
            for (MulticastSocket s : open) {
                s.close();
            }
            // Others in this JVM may open some meanwhile, but not so many.
            assertEquals(0, Math.max(0, now - before) / MANY, now + " sockets of the kernel's, " + before + " before");
        }
    }

    private static long kernelSockets() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.filter(StackMulticastSocketTest::isSocket).count();
        }
    }

    private static boolean isSocket(Path fd) {
        try {
            return Files.readSymbolicLink(fd).toString().startsWith("socket:");
        } catch (IOException e) {
            // Closed meanwhile, such as the one that the folder is read with.
            return false;
        }
    }

    /// Not of the kernel's, which has no route for it by its loopback NIC.
    @Test
    void receivesWhatIsSentToGroupsOfIpv6() throws IOException {
        InetAddress group = InetAddress.ofLiteral("ff15::1:2:3");
        try (Stack stack = stack(); MulticastSocket s = StackSockets.of(stack).multicastSocket(new InetSocketAddress(0))) {
            s.joinGroup(new InetSocketAddress(group, 0), null);
            s.send(new DatagramPacket(new byte[3], 3, group, s.getLocalPort()));
            var p = new DatagramPacket(new byte[9], 9);
            s.receive(p);
            assertEquals(3, p.getLength());
        }
    }

    /// It is bound to no port that it would have to keep.
    @Test
    void aChannelJoinsBeforeItIsBound() throws IOException {
        InetAddress group = InetAddress.ofLiteral("239.1.2.3");
        try (Stack stack = stack(); DatagramChannel c = StackSockets.of(stack).selectorProvider().openDatagramChannel()) {
            MembershipKey key = c.join(group, null);
            assertEquals(null, c.getLocalAddress());
            assertThrows(IllegalArgumentException.class, () -> c.join(group, NetworkInterface.getByIndex(1)));
            c.bind(new InetSocketAddress(0));
            int port = ((InetSocketAddress) c.getLocalAddress()).getPort();
            c.send(ByteBuffer.wrap(new byte[2]), new InetSocketAddress(group, port));
            ByteBuffer dst = ByteBuffer.allocate(5);
            c.receive(dst);
            assertEquals(2, dst.position());
            assertSame(key, c.join(group, null));
            key.drop();
            key.drop();
            assertEquals(false, key.isValid());
            c.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress(group, port));
            c.send(ByteBuffer.wrap(new byte[3]), new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            dst.clear();
            c.receive(dst);
            assertEquals(3, dst.position());
            assertNotSame(key, c.join(group, null));
        }
    }

    @Test
    @SuppressWarnings("deprecation")
    void namesNoInterfaceOfTheKernels() throws IOException {
        NetworkInterface nic = NetworkInterface.networkInterfaces().findFirst().orElseThrow();
        var group = new InetSocketAddress(InetAddress.ofLiteral("239.1.2.3"), 0);
        try (Stack stack = stack(); MulticastSocket s = StackSockets.of(stack).multicastSocket(null)) {
            for (var refused : List.<org.junit.jupiter.api.function.Executable>of(() -> s.joinGroup(group, nic),
                    () -> s.leaveGroup(group, nic), () -> s.setNetworkInterface(nic), () -> s.setInterface(InetAddress.getLoopbackAddress()))) {
                assertEquals("a stack has no NetworkInterface: null is the NIC that datagrams to the group leave by",
                        assertThrows(IllegalArgumentException.class, refused).getMessage());
            }
            s.setNetworkInterface(null);
            s.setInterface(InetAddress.ofLiteral("0.0.0.0"));
            assertEquals(null, s.getNetworkInterface());
            assertEquals(true, s.getInterface().isAnyLocalAddress());
        }
    }
}
