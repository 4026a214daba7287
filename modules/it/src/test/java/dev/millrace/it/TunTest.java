package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.ErrorCode;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// A stack on a TUN device against the kernel and real programs.
@Timeout(120)
class TunTest {
    private static final Map<String, String> OFFLOAD = Map.of();
    private static final Map<String, String> PLAIN = Map.of("offload", "false");

    private static TunLab lab(Map<String, String> options, String... programs) throws Exception {
        return new TunLab(options, true, true, programs.length == 0 ? new String[] {"tshark"} : programs);
    }

    @Test
    void deviceThatCannotBeOpenedIsAnErrorThatSaysWhatToDo() {
        boolean able = NetworkNamespace.missing().isEmpty();
        IOException e = assertThrows(IOException.class,
                () -> Stack.builder().nic("nic", able ? "tun:lo" : "tun:mr-none", "10.0.0.2/24").open());
        assertTrue(able ? e.getMessage().contains("no TUN device") : e.getMessage().contains("CAP_NET_ADMIN")
                || e.getMessage().contains("/dev/net/tun") || e.getMessage().contains("work on Linux"), e.getMessage());
    }

    @Test
    void unprivilegedUserIsToldWhatIsMissing(@TempDir Path folder) throws Exception {
        String missing = NetworkNamespace.missing("setpriv").orElse(null);
        assumeTrue(missing == null, missing);
        Path program = Files.writeString(folder.resolve("Open.java"), """
                void main() throws Exception {
                    try (var s = dev.millrace.Stack.builder().nic("nic", "tun:mr9", "10.0.0.2/24").open()) {
                        System.out.println("open");
                    } catch (java.io.IOException e) {
                        System.out.println(dev.millrace.ErrorCode.of(e).get() + ": " + e.getMessage());
                    }
                }
                """);
        try (var ns = new NetworkNamespace()) {
            String out = ns.run(Duration.ofSeconds(60), "setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin",
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                    "-cp", Artifacts.path(Artifacts.all()), program.toString()).out();
            assertTrue(out.contains("LINK_FAILED") && out.contains("CAP_NET_ADMIN") && out.contains("millrace tun up mr9"), out);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void pingsOfAllSizesUpToTheMtuAreAnswered(boolean offload) throws Exception {
        try (TunLab lab = lab(offload ? OFFLOAD : PLAIN, "ping", "tshark")) {
            // Until so many are answered: with a deadline ping does not take a late answer for none, and the lab looks for
            // requests that were not answered at all.
            for (int size : new int[] {0, 1, 7, 56, 1000, 1471, 1472}) {
                lab.sh("ping -c 2 -i 0.01 -w 50 -M do -s " + size + " " + TunLab.V4);
            }
            for (int size : new int[] {0, 56, 1452}) {
                lab.sh("ping -c 2 -i 0.01 -w 50 -M do -s " + size + " " + TunLab.V6);
            }
            lab.sh("ping -q -f -c 2000 -w 50 " + TunLab.V4);
        }
    }

    /// What dd and socat of the kernel's side send and get is what the stack gets and sends.
    @ParameterizedTest
    @CsvSource({"10.0.0.2, true", "10.0.0.2, false", "fd00:1::2, true", "fd00:1::2, false"})
    void bulkDataInBothDirectionsIsWhole(String address, boolean offload) throws Exception {
        String host = address.contains(":") ? "TCP6:[" + address + "]" : "TCP4:" + address;
        byte[] data = new byte[64 << 20];
        new Random(7).nextBytes(data);
        String sha = sha256(data);
        try (TunLab lab = new TunLab(offload ? OFFLOAD : PLAIN, false, false, "socat")) {
            Path file = Files.write(lab.folder().resolve("data"), data);
            var received = new CompletableFuture<String>();
            try (TcpListener sink = lab.serve(5001, s -> received.complete(sha256(s.inputStream())));
                    TcpListener source = lab.serve(5002, s -> {
                        try (OutputStream out = s.outputStream()) {
                            out.write(data);
                        }
                    })) {
                lab.sh("socat -u OPEN:" + file + " " + host + ":5001");
                assertEquals(sha, received.get(20, TimeUnit.SECONDS));
                assertEquals(sha, lab.sh("socat -u " + host + ":5002 - | sha256sum").substring(0, 64));
                assertTrue(sink.isOpen() && source.isOpen());
            }
        }
    }

    /// As an iperf3 pair would: the stack connects to a server of the kernel, in both directions.
    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "fd00:1::1"})
    void stackConnectsToServersOfTheKernel(String address) throws Exception {
        byte[] data = new byte[16 << 20];
        new Random(8).nextBytes(data);
        try (TunLab lab = new TunLab(OFFLOAD, false, false, "socat")) {
            Path file = Files.write(lab.folder().resolve("data"), data);
            Path got = lab.folder().resolve("got");
            lab.ns.start(lab.folder().resolve("a.log"), "socat", "-u", "OPEN:" + file, "TCP6-LISTEN:6001,ipv6only=0");
            lab.ns.start(lab.folder().resolve("b.log"), "socat", "-u", "TCP6-LISTEN:6002,ipv6only=0", "CREATE:" + got);
            try (TcpSocket in = Lab.connect(lab.stack, address, 6001)) {
                assertEquals(sha256(data), sha256(in.inputStream()));
            }
            try (TcpSocket out = Lab.connect(lab.stack, address, 6002)) {
                out.write(data, 0, data.length);
                out.shutdownOutput();
                assertEquals(-1, out.read(ByteBuffer.allocate(1)));
            }
            Await.until(() -> Files.size(got) >= data.length, () -> "socat has not written all");
            assertEquals(sha256(data), sha256(Files.readAllBytes(got)));
        }
    }

    @Test
    void halfClosedConnectionCarriesTheAnswer() throws Exception {
        try (TunLab lab = lab(OFFLOAD, "socat", "tshark")) {
            try (TcpListener _ = lab.serve(7, s -> {
                byte[] all = s.inputStream().readAllBytes();
                s.outputStream().write(("got " + new String(all)).getBytes());
            })) {
                assertEquals("got half", lab.sh("printf half | socat -t 5 - TCP:10.0.0.2:7"));
            }
        }
    }

    @Test
    void loadedCaptureHasNoFault() throws Exception {
        for (Map<String, String> options : java.util.List.of(OFFLOAD, PLAIN)) {
            try (TunLab lab = lab(options, "socat", "tshark")) {
                try (TcpListener _ = lab.echo(7)) {
                    assertEquals("1000000\n", lab.sh("head -c 1000000 /dev/zero | socat -t 5 - TCP:10.0.0.2:7 | wc -c"));
                    assertEquals("300000\n", lab.sh("head -c 300000 /dev/zero | socat -t 5 - TCP6:[fd00:1::2]:7 | wc -c"));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"UDP4:10.0.0.2:7", "UDP6:[fd00:1::2]:7"})
    void datagramsAreEchoed(String target) throws Exception {
        try (TunLab lab = lab(OFFLOAD, "socat", "tshark"); UdpSocket socket = lab.stack.udp().bind(new InetSocketAddress(7))) {
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
            for (int size : new int[] {1, 512, 1400}) {
                assertEquals(size + "\n", lab.sh("head -c " + size + " /dev/zero | socat -T 1 - " + target + " | wc -c"));
            }
        }
    }

    @Test
    void closedPortsAreRefusedBothWays() throws Exception {
        try (TunLab lab = lab(OFFLOAD, "socat", "tshark")) {
            assertTrue(lab.ns.run("socat", "-", "TCP:10.0.0.2:81").out().contains("Connection refused"));
            var e = assertThrows(ConnectException.class, () -> lab.stack.tcp()
                    .connect(new InetSocketAddress(TunLab.KERNEL, 81), Duration.ofSeconds(5)));
            assertEquals(ErrorCode.CONNECTION_REFUSED, ErrorCode.of(e).orElseThrow());
        }
    }

    @Test
    void portScanFindsWhatIsOpen() throws Exception {
        try (TunLab lab = new TunLab(OFFLOAD, true, false, "nmap", "tshark"); TcpListener _ = lab.echo(80)) {
            String out = lab.sh("nmap -n -Pn -sS -p 70-90 --max-retries 1 10.0.0.2");
            assertTrue(out.contains("80/tcp open"), out);
            assertEquals(20, out.lines().filter(l -> l.contains("/tcp closed")).count(), out);
        }
    }

    @Test
    void manyConnectionsComeAndGo() throws Exception {
        try (TunLab lab = new TunLab(OFFLOAD, false, false, "python3"); TcpListener _ = lab.echo(7)) {
            assertEquals("2000\n", lab.sh("""
                    python3 -c "
                    import socket
                    n = 0
                    for i in range(2000):
                        s = socket.create_connection(('10.0.0.2', 7)); s.send(b'x'); n += len(s.recv(1)); s.close()
                    print(n)
                    "
                    """.replace("\n                    ", "\n").strip()));
        }
    }

    @Test
    void busyPollingReaderServes() throws Exception {
        try (TunLab lab = lab(Map.of("busy-poll", "200us"), "socat", "tshark"); TcpListener _ = lab.echo(7)) {
            assertEquals("on", lab.sh("printf on | socat -t 5 - TCP:10.0.0.2:7"));
        }
    }

    @Test
    void deviceThatIsDownForAWhileLetsATransferRecover() throws Exception {
        try (Transfer t = new Transfer()) {
            t.lab.sh("ip link set t0 down; sleep 0.3; ip link set t0 up");
            t.goesOn();
        }
    }

    @Test
    void renamedDeviceLetsATransferGoOn() throws Exception {
        try (Transfer t = new Transfer()) {
            // A device that is up may be renamed since Linux 6.2.
            t.lab.sh("ip link set t0 name t1 || (ip link set t0 down; ip link set t0 name t1; ip link set t1 up)");
            t.goesOn();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {600, 1300, 9000})
    void anotherMtuLetsATransferGoOn(int mtu) throws Exception {
        try (Transfer t = new Transfer()) {
            t.lab.sh("ip link set t0 mtu " + mtu);
            Await.until(() -> t.lab.stack.nic("nic").orElseThrow().mtu() == mtu, () -> "" + t.lab.stack.nic("nic"));
            t.goesOn();
        }
    }

    @Test
    void deletedDeviceEndsWithAnError() throws Exception {
        try (Transfer t = new Transfer()) {
            t.lab.sh("ip link del t0");
            Await.until(() -> !t.lab.stack.nic("nic").orElseThrow().isUp(), () -> "the NIC is up");
            IOException e = assertThrows(IOException.class, () -> t.lab.stack.tcp()
                    .connect(new InetSocketAddress(TunLab.KERNEL, 9), Duration.ofSeconds(2)));
            assertEquals(ErrorCode.NETWORK_UNREACHABLE, ErrorCode.of(e).orElseThrow());
            t.socket.abort();
            assertInstanceOf(IOException.class, t.end.get(10, TimeUnit.SECONDS));
        }
    }

    /// A transfer that is under way: the stack writes, and a program of the kernel throws away.
    private static final class Transfer implements AutoCloseable {
        final TunLab lab = new TunLab(OFFLOAD, false, false, "socat");
        final TcpSocket socket;
        final CompletableFuture<Throwable> end = new CompletableFuture<>();
        private volatile long written;

        Transfer() throws Exception {
            TcpSocket connected = null;
            try {
                // The address goes with the link in IPv4 only when it is deleted; routes have to come back with it.
                lab.ns.start(lab.folder().resolve("sink.log"), "socat", "-u", "TCP-LISTEN:6000,reuseaddr", "OPEN:/dev/null");
                connected = Lab.connect(lab.stack, TunLab.KERNEL, 6000);
                socket = connected;
                begin();
            } catch (Throwable t) {
                // Nobody else could: the test has no object yet.
                if (connected != null) {
                    connected.abort();
                }
                lab.close();
                throw t;
            }
        }

        private void begin() throws Exception {
            Thread.startVirtualThread(() -> {
                byte[] chunk = new byte[100_000];
                try {
                    while (true) {
                        socket.write(chunk, 0, chunk.length);
                        written += chunk.length;
                    }
                } catch (Throwable t) {
                    end.complete(t);
                }
            });
            goesOn();
        }

        /// Waits until more than fits any buffer has gone through since now.
        void goesOn() throws Exception {
            long from = written;
            Await.until(() -> written >= from + 64_000_000,
                    () -> "the transfer stands still after " + (written - from) + " bytes; " + socket.info());
        }

        @Override
        public void close() throws Exception {
            socket.abort();
            lab.close();
        }
    }

    private static String sha256(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    private static String sha256(InputStream in) throws IOException {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] chunk = new byte[65536];
            int n;
            while ((n = in.read(chunk)) >= 0) {
                digest.update(chunk, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
