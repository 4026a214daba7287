package example.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Internet;
import dev.millrace.internet.SeedSearch;
import dev.millrace.internet.Trial;
import dev.millrace.junit.Seeds;
import dev.millrace.junit.VirtualInternet;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Raft under crashes, restarts, partitions, pauses and wrong clocks. More seeds: `-Dmillrace.seeds=1..1000`.
class RaftTest {
    @VirtualInternet(capture = VirtualInternet.Capture.NEVER)
    @Seeds("1..20")
    void whatIsCommittedStaysAndItGetsOn(Internet net) throws Exception {
        var cluster = new Cluster(net, Raft.Bug.NONE);
        cluster.live();
        assertTrue(cluster.committedCount() > 20, cluster.committedCount() + " entries");
    }

    /// Each is found, and what is enough for it is a few lines.
    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void bugsAreFoundAndShrunk(Raft.Bug bug) {
        SeedSearch.Finding found = SeedSearch.of(Trial.of(_ -> {
        }, net -> new Cluster(net, bug).live())).seeds(1, 300).shrinkingRuns(400).search().orElseThrow();
        System.out.println(bug + ": seed " + found.seed() + ", " + found.recorded() + " events, " + found.script().size()
                + " are enough after " + found.runs() + " runs: " + found.failure().getMessage() + "\n" + found.script());
        assertTrue(found.script().size() <= 5, found.script().toString());
    }

    @Test
    void oneSeedIsOneRun() throws Exception {
        assertEquals(run(), run());
    }

    private static List<String> run() throws Exception {
        var lines = new ArrayList<String>();
        try (Internet net = Internet.virtualTime(77)) {
            net.log(lines::add);
            new Cluster(net, Raft.Bug.NONE).live();
        }
        return lines;
    }
}
