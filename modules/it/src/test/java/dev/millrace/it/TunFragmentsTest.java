package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.UdpOptions;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Fragments against the kernel: what it cuts, the stack makes whole, and the other way.
@Timeout(120)
class TunFragmentsTest {
    private static TunLab lab(boolean offload, String... programs) throws Exception {
        return new TunLab(offload ? Map.of() : Map.of("offload", "false"), true, true, programs);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pingsOfAllSizesAreAnswered(boolean offload) throws Exception {
        try (TunLab lab = lab(offload, "ping", "tshark")) {
            var random = new Random(1);
            var sizes = new StringBuilder("0 1 1472 1473 1480 1481 2952 2953 65506 65507");
            random.ints(40, 0, 65507).forEach(n -> sizes.append(' ').append(n));
            lab.sh("for s in " + sizes + "; do ping -q -c 1 -W 5 -s $s " + TunLab.V4
                    + " > /dev/null || { echo no answer to $s; exit 1; }; done");
            sizes.append(" 1448 1449 1452 1453 65519 65520 65527");
            lab.sh("for s in " + sizes + "; do ping -6 -q -c 1 -W 5 -s $s " + TunLab.V6
                    + " > /dev/null || { echo no answer to $s; exit 1; }; done");
            assertTrue(lab.stack.counters().get("ipv4").get("reassembled") > 40, lab.stack.counters().toString());
            assertTrue(lab.stack.counters().get("ipv6").get("reassembled") > 40);
        }
    }

    /// A program of the kernel's side sends datagrams and wants each back as it was.
    @ParameterizedTest
    @CsvSource({"10.0.0.2, 65507, true", "10.0.0.2, 65507, false", "fd00:1::2, 65527, true", "fd00:1::2, 65527, false"})
    void datagramsOfAllSizesComeBack(String address, int largest, boolean offload) throws Exception {
        try (TunLab lab = lab(offload, "python3", "tshark"); UdpSocket socket = lab.stack.udp().bind(new InetSocketAddress(7))) {
            Thread.startVirtualThread(() -> {
                ByteBuffer b = ByteBuffer.allocate(65536);
                try {
                    while (true) {
                        b.clear();
                        InetSocketAddress from = socket.receive(b);
                        socket.send(b.flip(), from);
                    }
                } catch (IOException e) {
                    // Closed.
                    return;
                }
            });
            Path program = Files.writeString(lab.folder().resolve("ask.py"), """
                    import os, random, socket, sys
                    address, largest = sys.argv[1], int(sys.argv[2])
                    random.seed(2)
                    s = socket.socket(socket.AF_INET6 if ':' in address else socket.AF_INET, socket.SOCK_DGRAM)
                    s.settimeout(10)
                    s.connect((address, 7))
                    sizes = [1, 1400, 1448, 1449, 1472, 1473, 2953, largest - 1, largest]
                    for size in sizes + [random.randint(1, largest) for _ in range(150)]:
                        data = os.urandom(size)
                        s.send(data)
                        if s.recv(65536) != data:
                            sys.exit('another answer to %d bytes' % size)
                    print('all')
                    """);
            assertEquals("all\n", lab.sh("python3 " + program + " " + address + " " + largest));
        }
    }

    /// The stack sends datagrams to an echo of the kernel's side.
    @ParameterizedTest
    @CsvSource({"10.0.0.1, 65507", "fd00:1::1, 65527"})
    void datagramsOfAllSizesAreEchoedByTheKernel(String address, int largest) throws Exception {
        try (TunLab lab = lab(true, "python3", "tshark");
                UdpSocket socket = lab.stack.udp().connect(new InetSocketAddress(address, 9007))) {
            Path program = Files.writeString(lab.folder().resolve("echo.py"), """
                    import socket
                    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
                    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
                    s.bind(('::', 9007))
                    print('ready', flush=True)
                    while True:
                        data, who = s.recvfrom(65536)
                        s.sendto(data, who)
                    """);
            Path log = lab.folder().resolve("echo.log");
            Process echo = lab.ns.start(log, "python3", program.toString());
            try {
                socket.setReadTimeout(Duration.ofSeconds(10));
                awaitReady(log);
                var random = new Random(3);
                int[] sizes = random.ints(150, 1, largest).toArray();
                System.arraycopy(new int[] {1, 1448, 1449, 1472, 1473, 2953, largest - 1, largest}, 0, sizes, 0, 8);
                for (int size : sizes) {
                    byte[] data = new byte[size];
                    random.nextBytes(data);
                    socket.send(ByteBuffer.wrap(data), null);
                    ByteBuffer answer = ByteBuffer.allocate(65536);
                    socket.receive(answer);
                    byte[] got = new byte[answer.flip().remaining()];
                    answer.get(got);
                    assertArrayEquals(data, got, size + " bytes");
                }
                var e = assertThrows(IOException.class, () -> socket.send(ByteBuffer.allocate(largest + 1), null));
                assertEquals(ErrorCode.MESSAGE_TOO_LONG, ErrorCode.of(e).orElseThrow());
            } finally {
                echo.destroyForcibly().waitFor();
            }
        }
    }

    /// Waits until a program says that it is ready.
    private static void awaitReady(Path log) throws Exception {
        for (int i = 0; i < 2000 && !Files.readString(log).contains("ready"); i++) {
            Thread.sleep(10);
        }
    }

    @Test
    void programsMayForbidFragmentsAndSeeThePathsMtu() throws Exception {
        try (TunLab lab = lab(true, "tshark");
                UdpSocket four = lab.stack.udp().connect(new InetSocketAddress("10.0.0.1", 9));
                UdpSocket six = lab.stack.udp().connect(new InetSocketAddress("fd00:1::1", 9))) {
            assertEquals(1500, four.getOption(UdpOptions.PATH_MTU));
            assertEquals(1500, six.getOption(UdpOptions.PATH_MTU));
            for (UdpSocket s : new UdpSocket[] {four, six}) {
                int header = s == four ? 28 : 48;
                s.setOption(UdpOptions.DONT_FRAGMENT, true);
                var e = assertThrows(IOException.class, () -> s.send(ByteBuffer.allocate(1501 - header), null));
                assertEquals(ErrorCode.MESSAGE_TOO_LONG, ErrorCode.of(e).orElseThrow());
                s.setOption(UdpOptions.DONT_FRAGMENT, false);
                s.send(ByteBuffer.allocate(1501 - header), null);
            }
        }
    }
}
