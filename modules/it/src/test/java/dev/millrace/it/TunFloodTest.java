package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// A flood of SYNs from everywhere shuts nobody out: kernel clients connect while it lasts and after it, every one of them.
class TunFloodTest {
    private static final int PORT = 7;
    /// The device's queue is full of the flood, and the kernel drops what finds it so before we see it: on a busy machine a
    /// client's SYN may need six tries, which is 63 s.
    private static final int PATIENCE_MS = 100_000;
    private static final int MOST_CLIENTS = 300;
    /// So many come while there are more SYNs than records, however long it takes until there are.
    private static final int FEWEST_CLIENTS = 10;
    private static final long FLOOD_MS = 8_000;
    private static final int CLIENTS_AFTER = 20;

    @Test
    void floodOfSynsShutsNobodyOut() throws Exception {
        try (TunLab lab = new TunLab(Map.of(), false, false, "hping3", "timeout")) {
            lab.echo(PORT);
            // Sources without a route back are not the kernel's business here.
            lab.sh("for f in all t0; do echo 0 > /proc/sys/net/ipv4/conf/$f/rp_filter; done");
            Path log = lab.folder().resolve("hping3.log");
            Process flood = lab.ns.start(log, "timeout", "600", "hping3", "--flood", "-S", "--rand-source", "-p",
                    String.valueOf(PORT), "-q", TunLab.V4);
            long enough = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(FLOOD_MS);
            int during = 0;
            int withCookies = 0;
            while (withCookies < FEWEST_CLIENTS || during < MOST_CLIENTS && System.nanoTime() < enough) {
                client(lab, during++);
                assertTrue(flood.isAlive(), "hping3 has ended by itself");
                withCookies += cookies(lab) > 0 ? 1 : 0;
            }
            flood.destroy();
            assertTrue(flood.waitFor(30, TimeUnit.SECONDS), "hping3 does not end");
            for (int i = 0; i < CLIENTS_AFTER; i++) {
                client(lab, during + i);
            }
        }
    }

    private static long cookies(TunLab lab) {
        return lab.stack.counters().get("tcp").get("syn-cookies-sent");
    }

    /// Connects with a kernel's socket and has some bytes echoed.
    private static void client(TunLab lab, int number) throws Exception {
        byte[] said = ("client " + number).getBytes();
        byte[] heard = lab.ns.call(() -> {
            try (var socket = new Socket()) {
                socket.setSoTimeout(PATIENCE_MS);
                socket.connect(new InetSocketAddress(TunLab.V4, PORT), PATIENCE_MS);
                socket.getOutputStream().write(said);
                return socket.getInputStream().readNBytes(said.length);
            }
        });
        assertArrayEquals(said, heard);
    }
}
