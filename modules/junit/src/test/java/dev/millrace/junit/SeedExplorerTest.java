package dev.millrace.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.SeedSearch;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SeedExplorerTest {
    private final SeedExplorer explorer = new SeedExplorer();

    @VirtualInternet
    @Link(from = "a", to = "b", delay = "5ms", loss = "20%")
    static class Sample {
        @SimHost
        Host a;
        @SimHost
        Host b;

        /// Datagrams that are lost with 20 % each; the second run of each seed sends more, so that it alone fails.
        @ParameterizedTest
        @ValueSource(ints = {0, 8, 0})
        void withParameters(int datagrams) throws Exception {
            var arrived = new int[1];
            b.run(() -> {
                try (var s = b.stack().udp().bind(new InetSocketAddress(7))) {
                    s.setReadTimeout(Duration.ofSeconds(2));
                    for (int i = 0; i < datagrams; i++) {
                        s.receive(ByteBuffer.allocate(10));
                        arrived[0]++;
                    }
                } catch (java.io.IOException e) {
                    // What came is counted.
                }
            });
            a.run(() -> {
                try (var s = a.stack().udp().connect(new InetSocketAddress(b.address(), 7))) {
                    for (int i = 0; i < datagrams; i++) {
                        s.send(ByteBuffer.allocate(1), null);
                        a.sleep(Duration.ofMillis(1));
                    }
                }
            }).get();
            a.sleep(Duration.ofSeconds(5));
            assertEquals(datagrams, arrived[0]);
        }

        @RepeatedTest(2)
        void repeated() {
        }

        @Test
        @Disabled("for now")
        void disabled() {
        }

        @Test
        void sometimesNotForThisSeed(Internet net) {
            Assumptions.assumeTrue(net.seed() % 2 == 0);
        }

        @Nested
        class Inner {
            @Test
            void nested() {
            }
        }
    }

    static class NoInternet {
        @Test
        void usual() {
        }
    }

    private SeedExplorer.Test test(String method) {
        return explorer.tests(Sample.class, method).getFirst();
    }

    @Test
    void findsTestsOfAllKinds() {
        assertEquals(List.of("SeedExplorerTest$Sample#disabled", "SeedExplorerTest$Sample#repeated",
                "SeedExplorerTest$Sample#sometimesNotForThisSeed", "SeedExplorerTest$Sample#withParameters",
                "SeedExplorerTest$Sample$Inner#nested"),
                explorer.tests(Sample.class, "").stream().map(SeedExplorer.Test::name).sorted().toList());
        assertEquals("'-Dtest=SeedExplorerTest$Sample#repeated' -Dmillrace.seed=4 -Dmillrace.script=x/y.txt",
                test("repeated").arguments(4, Path.of("x", "y.txt")));
    }

    @Test
    void theRunThatFailedIsShrunkIfATestRunsSeveralTimes() {
        SeedSearch.Finding f = explorer.search(test("withParameters")).seeds(1, 50).search().orElseThrow();
        assertTrue(f.recorded() > 0);
        assertEquals(1, f.script().size(), f.script().toString());
        assertTrue(f.script().toString().startsWith("lose a>b "), f.script().toString());
    }

    @Test
    void anAssumptionThatDoesNotHoldIsNoFailure() {
        assertTrue(explorer.search(test("sometimesNotForThisSeed")).seeds(1, 4).search().isEmpty());
    }

    /// Counts what its life calls.
    @VirtualInternet
    static class Lives {
        private static int classes;
        private static int tests;
        private static int invocations;

        @BeforeAll
        static void once() {
            classes++;
        }

        @BeforeEach
        void each() {
            tests++;
        }

        @Test
        void one(Internet net) {
            assertTrue(net.seed() != 7);
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 2})
        void two(int n) {
            invocations++;
        }
    }

    @Test
    void eachSeedIsAWholeLifeOfTheTestAndIsRunOnce() {
        SeedExplorer.Test one = explorer.tests(Lives.class, "one").getFirst();
        assertTrue(explorer.search(one).seeds(1, 6).search().isEmpty());
        assertEquals(6, Lives.classes);
        assertEquals(6, Lives.tests);
        assertEquals(7, explorer.search(one).seeds(1, 100).search().orElseThrow().seed());
        Lives.invocations = 0;
        assertTrue(explorer.search(explorer.tests(Lives.class, "two").getFirst()).seeds(1, 6).search().isEmpty());
        assertEquals(12, Lives.invocations);
    }

    @Test
    void runsThatDifferAndFailuresByCauseAreFound() {
        SeedExplorer.Test parameters = test("withParameters");
        assertTrue(explorer.search(parameters).seeds(1, 5).check().isEmpty());
        var groups = explorer.search(parameters).seeds(1, 50).failures();
        assertEquals(1, groups.size(), groups.toString());
        assertEquals("org.opentest4j.AssertionFailedError", groups.getFirst().cause().type());
        assertTrue(groups.getFirst().count() > 10, groups.toString());
    }

    @Test
    void testsForWhichSeedsMakeNoDifferenceAreTold() {
        SeedSearch disabled = explorer.search(test("disabled"));
        assertTrue(assertThrows(IllegalStateException.class, disabled::search).getMessage().contains("is skipped: "));
        SeedSearch none = explorer.search(explorer.tests(NoInternet.class, "").getFirst());
        assertTrue(assertThrows(IllegalStateException.class, none::search).getMessage().contains("no @VirtualInternet"));
    }
}
