package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testkit.Await;
import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `millrace link` between two kernels: 10.0.0.1 on `wa` in one namespace, 10.0.0.2 on `wb` in another.
@Timeout(300)
class LinkCommandTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder;
    private final List<NetworkNamespace> spaces = new ArrayList<>();
    private NetworkNamespace a;
    private NetworkNamespace b;
    private Path said;
    private Path complained;

    private Process join(String... options) throws Exception {
        String missing = NetworkNamespace.missing("ping").orElse(null);
        assumeTrue(missing == null, missing);
        a = new NetworkNamespace();
        spaces.add(a);
        b = new NetworkNamespace();
        spaces.add(b);
        a.run("ip", "tuntap", "add", "wa", "mode", "tun").orFail();
        a.run("ip", "tuntap", "add", "wb", "mode", "tun").orFail();
        a.run("ip", "link", "set", "wa", "up").orFail();
        a.run("ip", "link", "set", "wb", "up").orFail();
        said = folder.resolve("said");
        var all = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" 2>" + folder.resolve("complained"), "sh",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")), "dev.millrace.cli.Main", "link",
                "--between", "tun:wa,tun:wb"));
        all.addAll(List.of(options));
        complained = folder.resolve("complained");
        Process link = a.start(said, all.toArray(String[]::new));
        Await.said(link, complained, "joined");
        // Its other end goes into the other namespace, and the wire stays.
        a.run("ip", "link", "set", "wb", "netns", b.name()).orFail();
        a.run("ip", "addr", "add", "10.0.0.1/24", "dev", "wa").orFail();
        b.run("ip", "addr", "add", "10.0.0.2/24", "dev", "wb").orFail();
        b.run("ip", "link", "set", "wb", "up").orFail();
        return link;
    }

    private static String read(Path file) {
        try {
            return Files.exists(file) ? Files.readString(file) : "";
        } catch (IOException e) {
            return "";
        }
    }

    @AfterEach
    void removeSpaces() throws IOException {
        for (NetworkNamespace ns : spaces) {
            ns.close();
        }
    }

    private int end(Process link) throws Exception {
        link.destroy();
        assertTrue(link.waitFor(60, TimeUnit.SECONDS));
        return link.exitValue();
    }

    @Test
    void delaysBothWaysAndLoses() throws Exception {
        Process link = join("--delay", "30ms", "--back", "delay=70ms", "--loss", "20%", "--seed", "3");
        String ping = a.run(PATIENCE, "ping", "-c", "60", "-i", "0.05", "-W", "20", "10.0.0.2").out();
        assertTrue(ping.contains("60 packets transmitted"), ping);
        var least = java.util.regex.Pattern.compile("min/avg/max/mdev = ([0-9.]+)/").matcher(ping);
        assertTrue(least.find(), ping);
        assertTrue(Double.parseDouble(least.group(1)) >= 100, ping);
        var lost = java.util.regex.Pattern.compile(" ([0-9.]+)% packet loss").matcher(ping);
        assertTrue(lost.find(), ping);
        // Of 60 with 64 % that come back.
        assertTrue(Double.parseDouble(lost.group(1)) > 8 && Double.parseDouble(lost.group(1)) < 70, ping);
        assertEquals(0, end(link), read(complained));
        assertTrue(read(said).contains("tun:wa > tun:wb: "), read(said));
        assertTrue(read(said).contains(" dropped loss"), read(said));
    }

    @Test
    void whatIsDifferentOneWayIsDifferentOneWay() throws Exception {
        Process link = join("--loss", "1", "--back", "loss=0", "--json");
        a.run(PATIENCE, "ping", "-c", "3", "-i", "0.05", "-W", "1", "10.0.0.2");
        b.run(PATIENCE, "ping", "-c", "3", "-i", "0.05", "-W", "1", "10.0.0.1");
        assertEquals(0, end(link), read(complained));
        assertTrue(read(said).matches("(?s)\\{\"tun:wa>tun:wb\":\\{.*\"delivered\":0.*\"dropped-loss\":[0-9]+.*"), read(said));
    }

    @Test
    void bulkOfTheKernelArrivesThroughARateAndLoss() throws Exception {
        String missing = NetworkNamespace.missing("socat", "timeout").orElse(null);
        assumeTrue(missing == null, missing);
        Process link = join("--delay", "5ms", "--rate", "200Mbit/s", "--loss", "0.5%");
        Path sent = folder.resolve("sent");
        Files.write(sent, new byte[4_000_000]);
        Path got = folder.resolve("got");
        Process server = b.start(folder.resolve("server"), "timeout", "80", "socat", "-u", "TCP-LISTEN:5000,reuseaddr", "OPEN:" + got + ",creat");
        Await.until(() -> b.run("ss", "-ltn").out().contains(":5000"), () -> "the server does not listen");
        a.run(PATIENCE, "timeout", "80", "socat", "-u", "OPEN:" + sent, "TCP:10.0.0.2:5000").orFail();
        assertTrue(server.waitFor(80, TimeUnit.SECONDS));
        assertEquals(-1, Files.mismatch(sent, got));
        assertEquals(0, end(link), read(complained));
    }

    @Test
    void aDeviceThatIsRemovedEndsIt() throws Exception {
        Process link = join();
        a.run("ip", "link", "del", "wa").orFail();
        assertTrue(link.waitFor(60, TimeUnit.SECONDS));
        assertEquals(1, link.exitValue());
        assertTrue(read(complained).contains("tun:wa: wa was removed"), read(complained));
    }
}
