package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Stacks on one Ethernet over UDP sockets of the kernel's, and with the kernel's own VXLAN device.
@Timeout(120)
class VxlanTest {
    private LeakCheck leaks;

    @BeforeEach
    void begin() {
        leaks = new LeakCheck();
    }

    @AfterEach
    void nothingIsLeft() {
        leaks.close();
        assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(t -> t.getName().startsWith("millrace-vxlan")),
                "a thread of the link is left");
    }

    private static Stack stack(String name, String local, String remotes, String... addresses) throws IOException {
        return Stack.builder().name(name).nic("v", "vxlan:7", nic -> {
            nic.option("local", local).option("remotes", remotes);
            for (String a : addresses) {
                nic.address(a);
            }
        }).option("tcp", "time-wait", "20ms").open();
    }

    private static int freePort() throws IOException {
        try (var s = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            return s.getLocalPort();
        }
    }

    private static void echoOnce(TcpListener listener) {
        try (TcpSocket s = listener.accept()) {
            s.inputStream().transferTo(s.outputStream());
        } catch (IOException e) {
            // The test looks at what came back.
            return;
        }
    }

    private static byte[] echoed(Stack stack, String to, byte[] data) throws Exception {
        try (TcpSocket s = stack.tcp().connect(new InetSocketAddress(to, 7), Duration.ofSeconds(30))) {
            Thread.startVirtualThread(() -> {
                try {
                    s.write(data, 0, data.length);
                    s.shutdownOutput();
                } catch (IOException e) {
                    s.abort();
                }
            });
            return s.inputStream().readAllBytes();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.2", "fd00::2"})
    void stacksOfTwoMachinesAreOnOneEthernet(String to) throws Exception {
        byte[] data = new byte[4 << 20];
        new Random(3).nextBytes(data);
        int a = freePort();
        int b = freePort();
        try (Stack near = stack("near", "127.0.0.1:" + a, "127.0.0.1:" + b, "10.0.0.1/24", "fd00::1/64");
                Stack far = stack("far", "127.0.0.1:" + b, "127.0.0.1:" + a, "10.0.0.2/24", "fd00::2/64");
                TcpListener listener = far.tcp().listen(7)) {
            Thread.startVirtualThread(() -> echoOnce(listener));
            assertArrayEquals(data, echoed(near, to, data));
            assertEquals(1450, near.nic("v").orElseThrow().mtu());
        }
    }

    @Test
    void whatStrangersSendIsCountedAndDropped() throws Exception {
        int port = freePort();
        try (Stack stack = stack("near", "127.0.0.1:" + port, "127.0.0.9", "10.0.0.1/24");
                var stranger = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                var named = new DatagramSocket(0, InetAddress.ofLiteral("127.0.0.9"))) {
            byte[] frame = new byte[8 + 60];
            frame[0] = 8;
            frame[6] = 7;
            var to = new InetSocketAddress("127.0.0.1", port);
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (System.nanoTime() < until && stack.counters().get("drops").size() < 5) {
                stranger.send(new DatagramPacket(frame, frame.length, to));
                named.send(new DatagramPacket(frame, frame.length, to));
                frame[6] = 8;
                named.send(new DatagramPacket(frame, frame.length, to));
                frame[6] = 7;
                named.send(new DatagramPacket(frame, 3, to));
                byte[] large = new byte[9500];
                System.arraycopy(frame, 0, large, 0, frame.length);
                named.send(new DatagramPacket(large, large.length, to));
                Thread.sleep(10);
            }
            var drops = stack.counters().get("drops");
            assertTrue(drops.containsKey("vxlan-unknown-machine") && drops.containsKey("vxlan-other-network")
                    && drops.containsKey("truncated") && drops.containsKey("too-big") && drops.containsKey("other-station"),
                    drops.toString());
        }
    }

    @ParameterizedTest
    @CsvSource({"vxlan:, 127.0.0.1, link", "vxlan:16777216, 127.0.0.1, link", "vxlan:7, '', remotes", "vxlan:7, example.com, remotes",
        "vxlan:7, 127.0.0.1:99999, remotes", "vxlan:7, '[::1]x', remotes"})
    void whatMakesNoSenseIsRefused(String link, String remotes, String key) {
        var wrong = assertThrows(ConfigurationException.class, () -> Stack.builder().nic("v", link,
                nic -> nic.option("local", "127.0.0.1:0").option("remotes", remotes).address("10.0.0.1/24")).open());
        assertEquals("nic[0]." + key, wrong.key());
    }

    @Test
    void aPortThatIsTakenIsAnErrorThatSaysWhatToDo() throws Exception {
        try (var taken = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            var e = assertThrows(IOException.class,
                    () -> stack("near", "127.0.0.1:" + taken.getLocalPort(), "127.0.0.2", "10.0.0.1/24"));
            assertTrue(e.getMessage().contains("set local to another one"), e.getMessage());
        }
    }

    /// The kernel's device in one namespace, a stack in the other.
    @Test
    void theKernelsDeviceIsOnTheSameEthernet() throws Exception {
        String missing = NetworkNamespace.missing("ping", "ethtool").orElse(null);
        assumeTrue(missing == null, missing);
        byte[] data = new byte[4 << 20];
        new Random(4).nextBytes(data);
        try (var here = new NetworkNamespace(); var there = new NetworkNamespace()) {
            here.run("ip", "link", "add", "u0", "type", "veth", "peer", "name", "u1", "netns", there.name()).orFail();
            here.run("ip", "addr", "add", "10.1.0.1/24", "dev", "u0").orFail();
            here.run("ip", "link", "set", "u0", "up").orFail();
            there.run("ip", "addr", "add", "10.1.0.2/24", "dev", "u1").orFail();
            there.run("ip", "link", "set", "u1", "up").orFail();
            NetworkNamespace.Result device = there.run("ip", "link", "add", "vx0", "type", "vxlan", "id", "7", "dstport", "4789",
                    "local", "10.1.0.2", "remote", "10.1.0.1");
            assumeTrue(device.code() == 0, "this kernel has no vxlan devices: " + device.out());
            there.run("ip", "addr", "add", "10.0.0.1/24", "dev", "vx0").orFail();
            // A veth carries frames whose inner checksum nobody has made yet, and only a device of the kernel would at the end.
            there.run("ethtool", "-K", "vx0", "tx", "off").orFail();
            there.run("ip", "link", "set", "vx0", "up").orFail();
            try (Stack stack = here.call(() -> stack("near", "10.1.0.1:4789", "10.1.0.2", "10.0.0.2/24"));
                    TcpListener listener = stack.tcp().listen(7)) {
                there.run("ping", "-c", "30", "-i", "0.2", "-W", "1", "-w", "30", "10.0.0.2");
                there.run("ping", "-c", "3", "-i", "0.2", "-w", "50", "-s", "4000", "10.0.0.2").orFail();
                Thread.startVirtualThread(() -> echoOnce(listener));
                byte[] back = there.call(() -> {
                    try (var socket = new java.net.Socket("10.0.0.2", 7)) {
                        Thread.ofPlatform().start(() -> {
                            try {
                                socket.getOutputStream().write(data);
                                socket.shutdownOutput();
                            } catch (IOException e) {
                                // What comes back is looked at.
                                return;
                            }
                        });
                        return socket.getInputStream().readAllBytes();
                    }
                });
                assertArrayEquals(data, back);
            }
        }
    }
}
