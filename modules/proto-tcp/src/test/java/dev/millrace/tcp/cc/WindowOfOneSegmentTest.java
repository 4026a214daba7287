package dev.millrace.tcp.cc;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.tcp.engine.Reno;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// However small the window was in bytes: it is never less than a segment of the present size (RFC 5681 §3.1).
class WindowOfOneSegmentTest {
    static List<CongestionControlFactory.Chosen> controls() {
        return List.of(Reno.CHOSEN, Reno.CUBIC, Reno.PACED_CUBIC, Reno.BBR);
    }

    @ParameterizedTest
    @MethodSource("controls")
    void segmentsThatGrowDuringRecoveryFitTheWindowBehindIt(CongestionControlFactory.Chosen chosen) {
        for (boolean proportional : new boolean[] {true, false}) {
            CongestionControl c = chosen.create(1000, 10_000, 1_000_000);
            c.onCongestion(4000, 0);
            c.onMssChange(9000);
            c.onRecovered(0, proportional, 1000);
            assertTrue(c.cwnd() >= 9000, chosen.name() + ": " + c.cwnd());
        }
    }

    @ParameterizedTest
    @MethodSource("controls")
    void segmentsThatGrowAfterATimeoutFitTheWindow(CongestionControlFactory.Chosen chosen) {
        CongestionControl c = chosen.create(1000, 10_000, 1_000_000);
        c.onTimeout(4000, true, 0);
        c.onMssChange(9000);
        c.onSpurious(1000);
        c.onIdleRestart(2000);
        assertTrue(c.cwnd() >= 9000, chosen.name() + ": " + c.cwnd());
        c.onMarked(1000, 3000);
        assertTrue(c.cwnd() >= 9000, chosen.name() + ": " + c.cwnd());
    }
}
