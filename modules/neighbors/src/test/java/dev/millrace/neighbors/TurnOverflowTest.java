package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.StackContext;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A program that is at the end of its stack when it joins a group, or adds an address, loses its event at most: the NIC's turn goes on.
@Timeout(60)
class TurnOverflowTest {
    private final StackContext context = (StackContext) Proxy.newProxyInstance(getClass().getClassLoader(),
            new Class<?>[] {StackContext.class}, (_, _, _) -> null);
    private int depth;

    private void atEveryDepth(Runnable event, int[] began) {
        depth++;
        try {
            atEveryDepth(event, began);
        } catch (StackOverflowError e) {
            // This is the deepest frame that has room for it, more or less: the one above has a little more, and so on.
            depth = 0;
        }
        if (depth++ < 60) {
            began[0]++;
            try {
                event.run();
            } catch (StackOverflowError e) {
                // The program's to know.
                return;
            }
        }
    }

    @Test
    void aThreadAtItsEndDoesNotKeepTheTurn() throws Exception {
        for (int i = 0; i < 200; i++) {
            var turn = new Turn(context);
            var ran = new ArrayList<Integer>();
            int[] began = new int[1];
            Thread t = new Thread(null, () -> atEveryDepth(() -> turn.run(() -> deeper(3)), began), "deep", 256 * 1024 + 1024 * i);
            t.start();
            t.join();
            assertTrue(began[0] > 10, "the stack was never full: " + began[0]);
            for (int n = 0; n < 3; n++) {
                int event = n;
                turn.run(() -> ran.add(event));
                assertEquals(event + 1, ran.size(), "round " + i + ": an event waits for another that never comes");
            }
        }
    }

    private static int deeper(int n) {
        return n == 0 ? 0 : 1 + deeper(n - 1);
    }
}
