package dev.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.buffer.Leaks;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// That it runs, with messages that fit into a segment and with others, and says what it has to say.
@Timeout(60)
class NettyEchoBenchTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "5, 1000", "3, 200000"})
    void bothAreMeasuredByTurns(int connections, int bytes) throws Exception {
        long before = Leaks.buffers() + Leaks.packets();
        try (var bench = new NettyEchoBench(connections, bytes, 0.1, 0.05)) {
            for (int i = 0; i < 2; i++) {
                Map<String, Object> figures = bench.pair().figures();
                assertEquals("netty-echo", figures.get("work"));
                assertEquals(connections, figures.get("connections"));
                assertEquals(bytes, figures.get("bytes"));
                assertTrue((Double) figures.get("ratio") > 0, figures::toString);
                for (String who : new String[] {"millrace", "kernel"}) {
                    assertTrue((Double) figures.get(who + "_per_s") > 0, figures::toString);
                    assertTrue((Double) figures.get(who + "_p50_us") <= (Double) figures.get(who + "_p99_us"), figures::toString);
                }
            }
        }
        assertEquals(before, Leaks.buffers() + Leaks.packets());
    }

    @Test
    void nonsenseIsRefused() {
        for (double[] wrong : new double[][] {{0, 1, 1, 1}, {1, 0, 1, 1}, {1, 1, 0, 1}, {1, 1, 1, -1}}) {
            assertThrows(IllegalArgumentException.class,
                    () -> new NettyEchoBench((int) wrong[0], (int) wrong[1], wrong[2], wrong[3]).close());
        }
    }
}
