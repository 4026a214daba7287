package dev.millrace.cli.explore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `examples/internet/search`: shares of a search.
class SearchExampleTest {
    private static final Path FOLDER = Path.of("../../examples/internet/search");

    private record Ended(int code, String out) {
    }

    private static Ended share(Object... arguments) throws Exception {
        var all = new ArrayList<>(List.of("sh", FOLDER.resolve("share.sh").toString()));
        for (Object a : arguments) {
            all.add(a.toString());
        }
        var builder = new ProcessBuilder(all).redirectErrorStream(true);
        builder.environment().put("MILLRACE", "echo");
        Process p = builder.start();
        String out = new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        return new Ended(p.waitFor(), out);
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "3, 1, 10", "8, 1, 80000", "7, -20, 3", "5, 1000000000000, 1000000000006", "4, 0, 3"})
    void theSharesAreAllSeedsEachOnce(int shares, long first, long last) throws Exception {
        long next = first;
        for (int i = 0; i < shares; i++) {
            Ended e = share(i, shares, first, last, "a.B#c", "--json");
            assertEquals(0, e.code, e.out);
            String[] words = e.out.split(" ");
            assertEquals("explore --keep-going --seeds " + words[3] + " --resume share-" + i + ".json --json a.B#c", e.out);
            SeedRange range = SeedRange.parse(words[3]);
            assertEquals(next, range.first());
            assertTrue(range.count() >= (last - first + 1) / shares);
            next = range.last() + 1;
        }
        assertEquals(last + 1, next);
    }

    @Test
    void sharesThatAreNoneAreRefused() throws Exception {
        assertEquals(2, share(0, 1).code);
        for (Object[] wrong : new Object[][] {{3, 3, 1, 9, "a.B"}, {-1, 3, 1, 9, "a.B"}, {0, 0, 1, 9, "a.B"}, {0, 3, 1, 2, "a.B"}}) {
            Ended e = share(wrong);
            assertEquals(2, e.code, e.out);
            assertTrue(e.out.contains("there is no share"), e.out);
        }
    }

    @Test
    void theWorkflowRunsAllShares() throws IOException {
        String workflow = Files.readString(FOLDER.resolve("github-workflow.yml"));
        assertTrue(workflow.contains("share: [0, 1, 2, 3, 4, 5, 6, 7]") && workflow.contains("${{ matrix.share }} 8 $first"), workflow);
        assertTrue(workflow.contains("* 80000") && workflow.contains("first + 79999"), workflow);
    }
}
