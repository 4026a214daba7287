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
    private static final int PATIENCE_MS = 20_000;
    private static final int MOST_CLIENTS = 300;
    private static final int CLIENTS_AFTER = 20;

    @Test
    void floodOfSynsShutsNobodyOut() throws Exception {
        try (TunLab lab = new TunLab(Map.of(), false, false, "hping3", "timeout")) {
            lab.echo(PORT);
            // Sources without a route back are not the kernel's business here.
            lab.sh("for f in all t0; do echo 0 > /proc/sys/net/ipv4/conf/$f/rp_filter; done");
            Path log = lab.folder().resolve("hping3.log");
            Process flood = lab.ns.start(log, "timeout", "8", "hping3", "--flood", "-S", "--rand-source", "-p",
                    String.valueOf(PORT), "-q", TunLab.V4);
            int during = 0;
            while (flood.isAlive() && during < MOST_CLIENTS) {
                client(lab, during++);
            }
            assertTrue(flood.waitFor(30, TimeUnit.SECONDS), "hping3 does not end");
            for (int i = 0; i < CLIENTS_AFTER; i++) {
                client(lab, during + i);
            }
            long cookies = lab.stack.counters().get("tcp").get("syn-cookies-sent");
            assertTrue(during > 0 && cookies > 0, during + " clients met a flood that took " + cookies + " cookies");
        }
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
