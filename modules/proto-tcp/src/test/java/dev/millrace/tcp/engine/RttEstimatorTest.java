package dev.millrace.tcp.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.testkit.Requirement;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// RFC 6298 as a table of round trips and what they lead to, in milliseconds; the floor of 200 ms is one under the
/// variation.
class RttEstimatorTest {
    @ParameterizedTest(name = "{0} gives srtt {1}, rttvar {2}, rto {3}")
    @CsvSource({
        "100,             100,   50,    300",
        "100 100,         100,   37.5,  300",
        "100 200,         112.5, 62.5,  362.5",
        "100 100 100 100, 100,   21.09375, 300",
        "1000 2000 3000,  1359.375, 937.5, 5109.375",
        "0.01,            0.01,  0.005, 200.01",
        "100000,          100000, 50000, 120000",
    })
    @Requirement("RFC6298:2.2")
    @Requirement("RFC6298:2.3")
    void samplesLeadToTheTimeoutOfTheRfc(String samples, double srtt, double rttvar, double rto) {
        var e = new RttEstimator(TcpSettings.of());
        for (String s : samples.trim().split(" +")) {
            e.onSample(Math.round(Double.parseDouble(s) * 1e6), 1);
        }
        assertEquals(srtt * 1e6, e.srttNs(), 2);
        assertEquals(rttvar * 1e6, e.rttvarNs(), 2);
        assertEquals(rto * 1e6, e.rtoNs(), 2);
    }

    @Requirement("RFC6298:2.5")
    @Requirement("RFC6298:5.5")
    @ParameterizedTest
    @CsvSource({"1, 2", "3, 8", "10, 120"})
    void backingOffDoublesUpToTheMaximum(int times, int seconds) {
        var e = new RttEstimator(TcpSettings.of());
        for (int i = 0; i < times; i++) {
            e.backOff();
        }
        assertEquals(seconds * 1_000_000_000L, e.rtoNs());
    }
}
