package dev.millrace.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.SimulationException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What `paths` measures is true of the path, and a flow that breaks gives no figure.
class PathsBenchTest {
    private static final long RATE = 10_000_000;

    private static PathScenario path(List<String> flows, double loss, Duration time, Duration blackout) {
        return new PathScenario("test", flows, RATE, Duration.ofMillis(20), loss, 0, 16, time, blackout, RATE * 1448.0 / 1500);
    }

    private static Map<String, Object> run(PathScenario scenario) throws Exception {
        Map<String, Object> figures = PathsBench.run(scenario, 1).figures();
        figures.remove("real_s");
        return figures;
    }

    private static double number(Map<String, Object> figures, String name) {
        return ((Number) figures.get(name)).doubleValue();
    }

    @Test
    void twoFlowsFillTheLineAndTheQueue() throws Exception {
        PathScenario path = path(List.of("cubic", "newreno"), 0, Duration.ofSeconds(9), Duration.ZERO);
        Map<String, Object> figures = run(path);
        double share = number(figures, "of_predicted");
        assertTrue(share > 0.9 && share < 1.01, () -> "" + figures);
        // Sixteen packets take 19 ms.
        double queue = number(figures, "queue_ms");
        assertTrue(queue > 1 && queue < 25, () -> "" + figures);
        assertTrue(number(figures, "lost") > 0, () -> "" + figures);
        assertEquals(1, number(figures, "retransmitted_of_lost"), 0.2, () -> "" + figures);
        double jain = number(figures, "jain");
        assertTrue(jain > 0.5 && jain <= 1, () -> "" + figures);
        assertEquals(figures, run(path), "one seed, one result");
    }

    @Test
    void whatPassesBeforeAndAfterABlackoutCounts() throws Exception {
        Map<String, Object> whole = run(path(List.of("cubic"), 0, Duration.ofSeconds(30), Duration.ZERO));
        Map<String, Object> figures = run(path(List.of("cubic"), 0, Duration.ofSeconds(30), Duration.ofSeconds(4)));
        assertFalse(whole.containsKey("first_after_blackout_ms"));
        double after = number(figures, "first_after_blackout_ms");
        assertTrue(after > 0 && after <= number(figures, "rto_then_ms") + 100, () -> "" + figures);
        double share = (20 - 4 - after / 1000) / 20;
        assertEquals(share * number(whole, "mbit_per_s"), number(figures, "mbit_per_s"), 1, () -> "" + figures);
        assertTrue(number(figures, "timeouts") > 0, () -> "" + figures);
    }

    @Test
    void aFlowThatDoesNotComeAboutIsNoFigure() {
        Exception e = assertThrows(IOException.class, () -> run(path(List.of("cubic"), 1, Duration.ofSeconds(30), Duration.ZERO)));
        assertTrue(e.getMessage().contains("cubic is not connected after PT10S"), e::getMessage);
        assertThrows(SimulationException.class, () -> run(path(List.of("cubic"), 1, Duration.ofSeconds(300), Duration.ZERO)));
    }

    @Test
    void aFlowThatDoesNotGoOnIsNoFigure() {
        Exception e = assertThrows(IOException.class,
                () -> run(path(List.of("cubic"), 0, Duration.ofSeconds(30), Duration.ofSeconds(19))));
        assertTrue(e.getMessage().contains("cubic has not gone on by PT30S"), e::getMessage);
        assertThrows(SimulationException.class,
                () -> run(path(List.of("cubic"), 0, Duration.ofSeconds(3), Duration.ofHours(1))), "its program fails");
    }
}
