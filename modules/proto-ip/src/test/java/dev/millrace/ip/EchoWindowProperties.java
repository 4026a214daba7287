package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.Ping;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/// The window against a map of everything that was ever sent.
class EchoWindowProperties {
    private enum State { UNDER_WAY, ANSWERED, GIVEN_UP }

    @Property(tries = 300)
    void countsAsAMapWould(@ForAll @Size(max = 400) List<@IntRange(min = 0, max = 1999) Integer> steps,
            @ForAll @IntRange(min = 0, max = 3000) int before) {
        var window = new EchoWindow();
        var model = new HashMap<Integer, State>();
        int sent = 0;
        long duplicates = 0;
        long now = 0;
        for (int i = 0; i < before; i++) {
            sent = send(window, model, sent, now++);
        }
        for (int step : steps) {
            now++;
            int about = Math.max(1, sent - step / 2 % 20);
            switch (step % 5) {
                case 0, 1 -> sent = send(window, model, sent, now);
                case 2 -> {
                    if (sent > 0) {
                        State state = model.get(about);
                        EchoWindow.Match expected = state == State.UNDER_WAY ? EchoWindow.Match.FIRST
                                : state == State.ANSWERED ? EchoWindow.Match.DUPLICATE : EchoWindow.Match.UNKNOWN;
                        duplicates += expected == EchoWindow.Match.DUPLICATE ? 1 : 0;
                        assertEquals(expected, window.reply(window.sequence(about & 0xffff), now), "reply to " + about);
                        model.computeIfPresent(about, (_, s) -> s == State.UNDER_WAY ? State.ANSWERED : s);
                    }
                }
                case 3 -> {
                    if (sent > 0) {
                        assertEquals(model.get(about) == State.UNDER_WAY, window.fail(window.sequence(about & 0xffff)));
                        model.computeIfPresent(about, (_, s) -> s == State.UNDER_WAY ? State.GIVEN_UP : s);
                    }
                }
                default -> {
                    int oldest = window.oldestUnderWay();
                    assertEquals(oldest(model), oldest);
                    if (oldest != 0) {
                        window.giveUp(oldest);
                        model.put(oldest, State.GIVEN_UP);
                    }
                }
            }
            assertEquals(model.values().stream().filter(s -> s == State.UNDER_WAY).count(), window.underWay());
        }
        assertEquals(sent, window.statistics().sent());
        assertEquals(duplicates, window.statistics().duplicates());
        assertEquals(model.values().stream().filter(s -> s == State.ANSWERED).count(), window.statistics().received());
    }

    private static int send(EchoWindow window, Map<Integer, State> model, int sent, long now) {
        if (window.isFull()) {
            int oldest = window.oldestUnderWay();
            assertEquals(sent + 1 - Ping.MAX_UNDER_WAY, oldest);
            window.giveUp(oldest);
            model.put(oldest, State.GIVEN_UP);
        }
        model.put(sent + 1, State.UNDER_WAY);
        assertEquals(sent + 1, window.send(now));
        return sent + 1;
    }

    private static int oldest(Map<Integer, State> model) {
        return model.entrySet().stream().filter(e -> e.getValue() == State.UNDER_WAY).mapToInt(Map.Entry::getKey).min().orElse(0);
    }
}
