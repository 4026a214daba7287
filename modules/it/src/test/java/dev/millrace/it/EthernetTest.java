package dev.millrace.it;

import static dev.millrace.it.EthernetLab.KERNEL_V4;
import static dev.millrace.it.EthernetLab.KERNEL_V6;
import static dev.millrace.it.EthernetLab.V4;
import static dev.millrace.it.EthernetLab.V6;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.neighbors.Neighbors;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.NetworkNamespace;
import dev.millrace.wire.IpAddress;
import example.hello.Hello;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A stack with a station of its own on an Ethernet of the kernel's: a TAP device, or one end of a veth pair.
@Timeout(120)
class EthernetTest {
    @ParameterizedTest
    @CsvSource({"tap:e0, true", "tap:e0, false", "packet:e1, true", "packet:e1, false"})
    void pingsAndStreamsCrossInBothFamiliesAndDirections(String link, boolean offload) throws Exception {
        byte[] data = new byte[8 << 20];
        new Random(5).nextBytes(data);
        try (EthernetLab lab = new EthernetLab(link, Map.of("offload", String.valueOf(offload)), "ping", "socat")) {
            lab.awaitReachable();
            for (String to : new String[] {V4, V6}) {
                lab.sh("ping -c 3 -i 0.2 -w 50 " + to);
                String host = to.contains(":") ? "TCP6:[" + to + "]" : "TCP4:" + to;
                Path file = Files.write(Files.createTempFile("ethernet", "data"), data);
                try (TcpListener listener = lab.stack.tcp().listen(5003)) {
                    Thread.startVirtualThread(() -> echo(listener));
                    assertEquals(sha256(data), lab.sh("socat -t 30 " + host + ":5003 - < " + file
                            + " | sha256sum").substring(0, 64));
                } finally {
                    Files.delete(file);
                }
            }
            // The other way: our stack asks for the kernel's station and connects.
            for (String to : new String[] {KERNEL_V4, KERNEL_V6}) {
                Path log = Files.createTempFile("ethernet", "log");
                Process echo = lab.ns.start(log, "socat", "TCP6-LISTEN:6003,ipv6only=0,reuseaddr", "EXEC:cat");
                try (TcpSocket socket = Lab.connect(lab.stack, to, 6003)) {
                    Thread.startVirtualThread(() -> {
                        try {
                            socket.write(data, 0, data.length);
                            socket.shutdownOutput();
                        } catch (IOException e) {
                            socket.abort();
                        }
                    });
                    assertEquals(sha256(data), sha256(socket.inputStream().readAllBytes()));
                } finally {
                    echo.destroy();
                    echo.waitFor(10, TimeUnit.SECONDS);
                    Files.delete(log);
                }
            }
            Neighbors neighbors = lab.stack.service(Neighbors.class).orElseThrow();
            assertTrue(neighbors.list().stream().anyMatch(n -> n.address().equals(IpAddress.parse(KERNEL_V4))
                    && n.station() != 0), neighbors.list().toString());
            String kernel = lab.sh("ip neigh show dev e0");
            assertTrue(kernel.contains(V4 + " lladdr") && kernel.contains(V6 + " lladdr"), kernel);
        }
    }

    private static void echo(TcpListener listener) {
        try (TcpSocket socket = listener.accept()) {
            socket.inputStream().transferTo(socket.outputStream());
        } catch (IOException e) {
            // The test looks at what came back.
            return;
        }
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tap:e0", "packet:e1"})
    void aConnectToNobodyOnTheLinkFailsAndSaysSo(String link) throws Exception {
        try (EthernetLab lab = new EthernetLab(link, Map.of())) {
            IOException e = assertThrows(IOException.class, () -> lab.stack.tcp()
                    .connect(new InetSocketAddress("10.0.0.77", 80), Duration.ofSeconds(60)));
            assertTrue(e.getMessage().toLowerCase().contains("no route to host"), e.toString());
        }
    }

    /// A network protocol of a stranger's on the same Ethernet.
    @Test
    void stationsOfAStrangersProtocolHearOneAnother() throws Exception {
        try (EthernetLab lab = new EthernetLab("packet:e1", Map.of());
                Stack other = lab.ns.call(() -> Stack.builder().name("other").nic("nic", "packet:e0", nic -> {
                    nic.address("10.0.0.3/24").option("mac", "02:00:00:00:00:03").option("promiscuous", "true");
                }).open())) {
            Hello ours = lab.stack.service(Hello.class).orElseThrow();
            Hello theirs = other.service(Hello.class).orElseThrow();
            long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (ours.heard().isEmpty() && System.nanoTime() < until) {
                ours.greet();
                Thread.sleep(20);
            }
            assertEquals("other", ours.heard().get(0x0200_0000_0003L));
            assertFalse(theirs.heard().isEmpty());
        }
    }
}
