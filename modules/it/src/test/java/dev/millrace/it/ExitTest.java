package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.testkit.NetworkNamespace;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Programs that end without closing their stacks.
@Timeout(120)
class ExitTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"return, 0, left is closed", "exit, 3, left is closed", "callback, 3, left is closed",
            "blocked, 3, the link does not close"})
    void stackThatIsLeftOpenIsClosedAtTheEnd(String how, int code, String last) throws Exception {
        List<Path> path = new ArrayList<>(Artifacts.of("wire", "api", "stack", "proto-ip", "proto-udp", "link-vnic"));
        path.add(Path.of("target/test-classes"));
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                Artifacts.path(path), ExitProgram.class.getName(), how).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the program did not end");
        assertEquals(code, process.exitValue(), output);
        assertTrue(output.startsWith("closed is closed\n") || output.contains("\nclosed is closed\n"), output);
        assertEquals(last, output.lines().toList().getLast(), output);
    }

    /// The kernel's side of a connection hears of the end, as it would of any process that is killed.
    @Test
    void peerOfAProgramThatIsKilledHearsOfIt() throws Exception {
        String missing = NetworkNamespace.missing("python3").or(Artifacts::commandMissing).orElse(null);
        assumeTrue(missing == null, missing);
        try (var ns = new NetworkNamespace()) {
            ns.addDevice("t0", "tun", "10.0.0.1/24");
            Path heard = folder.resolve("heard.txt");
            Process server = ns.start(heard, "python3", "-u", "-c", """
                    import socket
                    s = socket.create_server(('10.0.0.1', 9000))
                    print('listens')
                    c, _ = s.accept()
                    c.settimeout(30)
                    print(c.recv(1000).split()[0].decode())
                    try:
                        print('end' if c.recv(1000) == b'' else 'data')
                    except ConnectionResetError:
                        print('end')
                    except socket.timeout:
                        print('nothing for 30 s')
                    """);
            awaitText(heard, "listens");
            Path log = folder.resolve("get.txt");
            Process get = ns.start(log, "bash", "-c",
                    "exec env MILLRACE_SKIP_BUILD=1 ../../millrace get --tun t0 --address 10.0.0.2/24 http://10.0.0.1:9000/");
            awaitText(heard, "GET");
            get.destroy();
            assertTrue(get.waitFor(30, TimeUnit.SECONDS), "it does not end");
            assertTrue(server.waitFor(60, TimeUnit.SECONDS), "the server does not end");
            assertEquals(List.of("listens", "GET", "end"), Files.readAllLines(heard), Files.readString(log));
        }
    }

    private static void awaitText(Path file, String text) throws Exception {
        for (int i = 0; i < 3000 && !Files.readString(file).contains(text); i++) {
            Thread.sleep(10);
        }
        assertTrue(Files.readString(file).contains(text), Files.readString(file));
    }
}
