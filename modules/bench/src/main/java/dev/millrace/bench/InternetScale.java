package dev.millrace.bench;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import dev.millrace.internet.Program;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Many hosts with many connections in simulated time: each host but the first half's serves, and each connection asks and
/// is answered once a second, all at the same time.
///
/// @param hosts how many, at least 2; half of them are servers
/// @param connections how many at the same time
/// @param rounds how often each asks
public record InternetScale(int hosts, int connections, int rounds) {
    private static final int PORT = 80;
    private static final int BYTES = 512;

    /// What it cost.
    ///
    /// @param hostBytes the heap that a host takes, idle
    /// @param connectionBytes that of a connection with both of its ends and the threads of its two programs
    /// @param totalBytes that of everything when all connections are there
    /// @param peakResident the most memory that the process has had, in bytes; 0 if the system does not tell
    /// @param openNs what it took to open a host
    /// @param packets how many were moved
    /// @param packetNs real time for each packet in the rounds, programs and stacks included
    /// @param simulatedNs how much time passed in the simulation
    /// @param realNs and how much on the wall
    public record Result(long hostBytes, long connectionBytes, long totalBytes, long peakResident, long openNs, long packets, double packetNs,
            long simulatedNs, long realNs) {
    }

    /// Measures.
    public Result run() throws Exception {
        long before = used();
        long begin = System.nanoTime();
        try (Internet net = Internet.builder().virtualTime(1)
                .conditions(LinkConditions.perfect().delay(Duration.ofMillis(20))).open()) {
            List<Host> all = new ArrayList<>();
            for (int i = 0; i < hosts; i++) {
                all.add(net.host("h" + i, "10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255)));
            }
            long opened = System.nanoTime();
            long afterHosts = used();
            int servers = hosts / 2;
            for (int i = 0; i < servers; i++) {
                Host server = all.get(i);
                server.run(() -> serve(server));
            }
            List<Program<Void>> programs = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                Host client = all.get(servers + i % (hosts - servers));
                Host server = all.get(i % servers);
                programs.add(client.run(() -> ask(client, server)));
            }
            net.runFor(Duration.ofMillis(500));
            long established = used();
            long sentBefore = net.counters().get("sent");
            long roundsBegin = System.nanoTime();
            for (Program<Void> p : programs) {
                p.get();
            }
            long end = System.nanoTime();
            long packets = net.counters().get("sent") - sentBefore;
            return new Result((afterHosts - before) / hosts, (established - afterHosts) / connections, established - before,
                    peakResident(), (opened - begin) / hosts, packets, (double) (end - roundsBegin) / packets, net.now().toNanos(), end - begin);
        }
    }

    private static void serve(Host server) throws IOException {
        try (TcpListener l = server.stack().tcp().listen(new InetSocketAddress(PORT), 4096)) {
            while (true) {
                TcpSocket s = l.accept();
                server.run(() -> answer(s));
            }
        } catch (SocketException e) {
            // The end.
        }
    }

    private static void answer(TcpSocket s) throws IOException {
        var buffer = ByteBuffer.allocate(BYTES);
        try (s) {
            while (s.read(buffer.clear()) >= 0) {
                s.write(buffer.flip());
            }
        }
    }

    private void ask(Host client, Host server) throws Exception {
        var buffer = ByteBuffer.allocate(BYTES);
        try (TcpSocket s = client.stack().tcp().connect(new InetSocketAddress(server.address(), PORT), Duration.ofSeconds(10))) {
            for (int i = 0; i < rounds; i++) {
                client.sleep(Duration.ofSeconds(1));
                s.write(buffer.clear());
                buffer.clear();
                while (buffer.hasRemaining() && s.read(buffer) >= 0) {
                    continue;
                }
            }
        }
    }

    /// The heap in use after a collection.
    private static long used() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /// The most memory that the process has had, in bytes, by the kernel's account; 0 where that is not told.
    private static long peakResident() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmHWM:")) {
                    return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
                }
            }
        } catch (IOException e) {
            // Another system.
        }
        return 0;
    }
}
