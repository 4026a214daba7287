package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The options of `millrace get` and `millrace serve`.
@Timeout(60)
class HttpCommandsTest {
    @TempDir
    Path folder;

    @Test
    void serveTellsWhereItListensAndEndsByItself() {
        Run run = Run.of("serve", "--link", "loopback:", "--address", "10.0.0.2/24", "--address", "fd00::2/64", "--for", "50ms");
        assertEquals(0, run.code(), run.err());
        assertTrue(run.lines().getFirst().startsWith("listening on http://10.0.0.2:80/ and http://[fd00:"), run.out());
        assertEquals("served 0 requests; 0 connections are still open", run.lines().getLast());
    }

    @Test
    void serveNamesAFolderThatIsNone() {
        Run run = Run.of("serve", "--link", "loopback:", "--address", "10.0.0.2/24", "--root", folder + "/none");
        assertEquals(1, run.code());
        assertTrue(run.err().contains("/none: no such file or folder"), run.err());
    }

    @Test
    void getLeavesNoFileBehindThatItHasNothingFor() {
        Path output = folder.resolve("out");
        Run run = Run.of("get", "--link", "loopback:", "--address", "10.0.0.2/24", "--output", output.toString(),
                "http://10.0.0.2:81/");
        assertEquals(1, run.code());
        assertTrue(run.err().contains("10.0.0.2 port 81: Connection refused"), run.err());
        assertFalse(Files.exists(output));
    }

    @ParameterizedTest
    @ValueSource(strings = {"get ftp://x/", "get http://x/ --resolver nobody", "get http://x/ --header nothing",
            "get http://x/ --connect-timeout 0s", "get http://x/ --resolver 1.2.3.4:99999", "get http://x/ --max-redirects -1",
            "serve --port 70000", "serve --connections 0", "serve --for never", "get"})
    void wrongOptionsAreUsage(String line) {
        String[] args = (line + " --link loopback: --address 10.0.0.2/24").split(" ");
        Run run = Run.of(args);
        assertEquals(2, run.code(), run.out() + run.err());
    }
}
