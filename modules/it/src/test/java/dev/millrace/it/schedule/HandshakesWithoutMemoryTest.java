package dev.millrace.it.schedule;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Memory ends at each place in turn where a listener's side takes some ([WovenHandshakes]).
@Timeout(120)
class HandshakesWithoutMemoryTest {
    private static final int MOST = 400;

    @Test
    void whatMemoryStruckMayBeLostAndNothingElse() throws Exception {
        System.setProperty("org.slf4j.simpleLogger.log.dev.millrace.stack.Failures", "off");
        ClassLoader before = Thread.currentThread().getContextClassLoader();
        var loader = new WovenLoader(getClass().getClassLoader());
        Thread.currentThread().setContextClassLoader(loader);
        try {
            var scenario = (Scenario) loader.loadClass("dev.millrace.it.schedule.WovenHandshakes").getConstructor().newInstance();
            var failures = new ArrayList<String>();
            for (String action : scenario.actions()) {
                int places = 1;
                while (runs(scenario, action, places, failures)) {
                    assertTrue(++places < MOST, action);
                }
                System.out.println(action + ": memory ended at " + (places - 1) + " places");
            }
            assertEquals(List.of(), failures, failures.size() + " failures:\n" + String.join("\n", failures));
        } finally {
            Thread.currentThread().setContextClassLoader(before);
        }
    }

    /// Returns `false` if there is no such place.
    private static boolean runs(Scenario scenario, String action, int place, List<String> failures) throws Exception {
        try {
            scenario.run(new Schedule(place), List.of(action, place + ""));
            return true;
        } catch (AssertionError e) {
            var text = new StringBuilder(action + " " + place + ": " + e.getMessage());
            for (Throwable t = e.getCause(); t != null; t = t.getCause()) {
                text.append("\n    ").append(t);
                for (StackTraceElement f : List.of(t.getStackTrace()).subList(0, Math.min(12, t.getStackTrace().length))) {
                    text.append("\n        ").append(f);
                }
            }
            failures.add(text.toString());
            return true;
        } catch (Exception e) {
            if (e.getClass().getSimpleName().equals("Exhausted")) {
                return false;
            }
            throw e;
        }
    }
}
