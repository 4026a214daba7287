package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Commands that go on until they are interrupted end when nobody reads what they print, as behind head(1).
class UnreadOutputTest {
    /// A pipe whose reader goes after so many writes.
    private static final class Pipe extends OutputStream {
        private int left;

        private Pipe(int left) {
            this.left = left;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] b, int offset, int length) throws IOException {
            if (left-- <= 0) {
                throw new IOException("Broken pipe");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--json ", "-O "})
    void aPingThatNobodyReadsEnds(String option) {
        String line = "ping --link loopback: --address 10.0.0.1/24 -i 10ms " + option + "10.0.0.1";
        int code = assertTimeoutPreemptively(Duration.ofSeconds(30), () -> Main.run(new PrintWriter(new Pipe(2)),
                new PrintWriter(new StringWriter(), true), line.split(" ")));
        assertEquals(0, code);
    }

    @Test
    void whoSaysSomethingToNobodyWantsToEnd() {
        try (var end = new EndOfRun()) {
            var ended = new int[1];
            end.whenWanted(() -> ended[0]++);
            var out = new PrintWriter(new Pipe(1));
            end.say(out, "read");
            assertEquals(0, ended[0]);
            end.say(out, "not read");
            assertTrue(end.isWanted());
            assertEquals(1, ended[0]);
        }
    }
}
