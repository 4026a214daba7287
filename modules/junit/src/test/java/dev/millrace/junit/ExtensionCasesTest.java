package dev.millrace.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.millrace.UdpSocket;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.io.TempDir;
import org.junit.platform.engine.OutputDirectoryCreator;
import org.junit.platform.engine.TestDescriptor;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

/// What the annotations mean beside files, scripts, and tests that end otherwise than by passing.
class ExtensionCasesTest {
    @TempDir
    Path reports;

    private EngineExecutionResults run(Class<?> type, String... parameters) {
        var builder = EngineTestKit.engine("junit-jupiter").selectors(selectClass(type));
        for (int i = 0; i < parameters.length; i += 2) {
            builder.configurationParameter(parameters[i], parameters[i + 1]);
        }
        return builder.outputDirectoryCreator(new OutputDirectoryCreator() {
            @Override
            public Path getRootDirectory() {
                return reports;
            }

            @Override
            public Path createOutputDirectory(TestDescriptor test) throws IOException {
                return Files.createDirectories(reports.resolve("of-test"));
            }
        }).execute();
    }

    private static Throwable failure(EngineExecutionResults results) {
        return results.testEvents().failed().stream().findFirst().orElseThrow()
                .getRequiredPayload(TestExecutionResult.class).getThrowable().orElseThrow();
    }

    private static String report(Throwable t) {
        return Arrays.stream(t.getSuppressed()).map(Throwable::toString).collect(Collectors.joining("\n"));
    }

    // ---- libraries

    @VirtualInternet(time = VirtualInternet.Time.REAL)
    static class WithSocketsOfTheKernel {
        @Test
        void connects() throws IOException {
            // Nobody listens there.
            try (var s = new java.net.Socket()) {
                s.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), 1), 1000);
            }
        }

        @Test
        void connectsInAProgram(Internet net) throws Exception {
            net.host("a", "10.0.0.1").call(() -> new java.net.Socket(InetAddress.getLoopbackAddress(), 1)).get();
        }

        @Test
        void failsOtherwise() throws IOException {
            throw new java.net.ConnectException("not the kernel's");
        }
    }

    @Test
    void aConnectionThatTheKernelTriedIsToldFromOthers() {
        EngineExecutionResults results = run(WithSocketsOfTheKernel.class);
        results.testEvents().assertStatistics(s -> s.failed(3));
        List<String> reports = results.testEvents().failed().stream()
                .map(e -> report(e.getRequiredPayload(TestExecutionResult.class).getThrowable().orElseThrow())).toList();
        assertEquals(2, reports.stream().filter(r -> r.contains("the connection was the kernel's, which knows no simulated hosts"))
                .count(), reports.toString());
    }

    // ---- troubles

    @VirtualInternet(seed = 5)
    @Troubles(cuts = 30, within = "10s", shortest = "1s", longest = "3s")
    static class OwnHosts {
        @Test
        void troublesBefallThem(Internet net) throws Exception {
            Host a = net.host("a", "10.0.0.1");
            net.host("b", "10.0.0.2");
            a.call(() -> {
                try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
                    for (int i = 0; i < 130; i++) {
                        s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress("10.0.0.2", 9));
                        a.sleep(Duration.ofMillis(100));
                    }
                }
                return null;
            }).get();
            assertTrue(net.counters().get("chaos") > 50, net.counters().toString());
        }

        @Test
        void withoutHostsThatIsAnError(Internet net) throws Exception {
            net.runFor(Duration.ofSeconds(20));
        }
    }

    @VirtualInternet
    static class NoNames {
        @Test
        @Troubles(nameFailures = 2, within = "1s")
        void nobodyServesNames(Internet net) throws Exception {
            net.host("a", "10.0.0.1");
            net.runFor(Duration.ofSeconds(20));
        }
    }

    @Test
    void troublesOfNamesWithoutANameServerAreAnError() {
        EngineExecutionResults results = run(NoNames.class);
        results.testEvents().assertStatistics(s -> s.failed(1));
        assertTrue(failure(results).getMessage().contains("no name server"), failure(results).toString());
    }

    @Test
    void troublesBefallHostsThatTheTestMakes() {
        EngineExecutionResults results = run(OwnHosts.class);
        results.testEvents().assertStatistics(s -> s.succeeded(1).failed(1));
        assertTrue(failure(results).getMessage().contains("@Troubles had no effect"), failure(results).toString());
    }

    // ---- seeds

    @VirtualInternet
    static class ManySeeds {
        @Seeds("3..6,9")
        void someFail(Internet net, @SimHost(name = "a") Host a) {
            assertTrue(net.seed() != 5, "of seed five");
            assertEquals("a", a.name());
        }
    }

    @Test
    void aTestRunsWithEachSeed() {
        EngineExecutionResults results = run(ManySeeds.class);
        results.testEvents().assertStatistics(s -> s.started(5).succeeded(4).failed(1));
        assertEquals(List.of("seed 3", "seed 4", "seed 5", "seed 6", "seed 9"),
                results.testEvents().started().map(e -> e.getTestDescriptor().getDisplayName()).toList());
        assertTrue(report(failure(results)).contains("millrace.seed=5"), report(failure(results)));
        run(ManySeeds.class, "millrace.seeds", "20..29").testEvents().assertStatistics(s -> s.succeeded(10));
        run(ManySeeds.class, "millrace.seed", "5", "millrace.seeds", "20..29").testEvents().assertStatistics(s -> s.failed(1));
        for (String wrong : new String[] {"", "x", "3..1", "1..2..3", "1..9999999", "-9223372036854775808..9223372036854775807"}) {
            assertThrows(ExtensionConfigurationException.class,
                    () -> SeedsExtension.parse(wrong), wrong);
        }
    }

    /// Of each seed, what its network said.
    private static final Map<Long, List<String>> SAID = new ConcurrentHashMap<>();

    @VirtualInternet
    static class Says {
        @Seeds("1..9")
        void lines(Internet net, @SimHost(name = "a") Host a, @SimHost(name = "b") Host b) throws Exception {
            var lines = new ArrayList<String>();
            net.logContents(lines::add);
            a.run(() -> {
                try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
                    s.send(ByteBuffer.allocate(1), new InetSocketAddress(b.address(), 9));
                }
            }).get();
            net.runFor(Duration.ofSeconds(1));
            SAID.put(net.seed(), lines);
        }
    }

    @Test
    void aSeedIsTheSameRunAloneAndAmongOthers() {
        run(Says.class).testEvents().assertStatistics(s -> s.succeeded(9));
        List<String> among = SAID.get(8L);
        run(Says.class, "millrace.seed", "8").testEvents().assertStatistics(s -> s.succeeded(1));
        assertEquals(among, SAID.get(8L));
        assertNotEquals(among, SAID.get(7L));
        assertTrue(new SeedExplorer().run(new SeedExplorer().tests(Says.class, "").getFirst(), 8, null).isEmpty());
        assertEquals(among, SAID.get(8L));
    }

    @VirtualInternet
    static class Unlike {
        private static int runs;

        @Seeds("3..5")
        void twice(@SimHost(name = "a") Host a, @SimHost(name = "b") Host b) throws Exception {
            a.run(() -> {
                a.sleep(Duration.ofMillis(7));
                try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
                    s.send(ByteBuffer.allocate(runs++ == 3 ? 2 : 1), new InetSocketAddress(b.address(), 9));
                }
            }).get();
        }
    }

    @Test
    void eachSeedRunsTwiceWhereThatIsWantedAndIsComparedU11() {
        EngineExecutionResults results = run(Unlike.class, "millrace.check", "true");
        results.testEvents().assertStatistics(s -> s.succeeded(5).failed(1));
        assertEquals(List.of("seed 4, again"), results.testEvents().failed().map(e -> e.getTestDescriptor().getDisplayName()).toList());
        String message = failure(results).getMessage();
        assertTrue(message.contains("seed 4 is not the same run twice"), message);
        assertTrue(message.contains("0.007000000 a sends "), message);
        run(ManySeeds.class, "millrace.check", "true").testEvents().assertStatistics(s -> s.started(10).failed(2));
        run(ManySeeds.class, "millrace.check", "false").testEvents().assertStatistics(s -> s.started(5));
    }

    // ---- failures

    @VirtualInternet(seed = 5)
    static class FailsEarly {
        @Test
        void andIsNotSimulatedOn(Internet net, @SimHost(name = "a") Host a) throws Exception {
            net.host("b", "10.77.0.1");
            net.isolate("b");
            a.run(() -> {
                try (UdpSocket s = a.stack().udp().bind(new InetSocketAddress(0))) {
                    s.send(ByteBuffer.wrap(new byte[1]), new InetSocketAddress("10.77.0.1", 9));
                }
                a.sleep(Duration.ofSeconds(5));
                throw new IOException("the program's own");
            });
            net.runFor(Duration.ofMinutes(1));
        }
    }

    @Test
    void theFirstFailureEndsTheRunAndTheReportSaysWhen() throws IOException {
        Throwable t = failure(run(FailsEarly.class));
        assertTrue(t.getMessage().contains("\"a/1\" failed PT5S after the beginning"), t.toString());
        assertTrue(report(t).contains("virtual time PT5S"), report(t));
        assertTrue(report(t).contains("isolated"), report(t));
        String file = Files.readString(reports.resolve("of-test").resolve("report.txt"));
        assertTrue(file.contains("last packets of a:") && file.contains("a sends UDP") && file.contains("dropped: isolated"), file);
    }

    // ---- files

    @VirtualInternet(file = "limited.toml")
    @Link(from = "shop", to = "bank", delay = "3ms")
    static class FileAlone {
        @Test
        void itsLimitHoldsAndLinksAreOfItsHosts(Internet net, @SimHost(name = "extra") Host extra) throws Exception {
            assertEquals(Duration.ofMillis(3), net.link("shop", "bank").conditions("shop").delay());
            assertEquals(Duration.ofMillis(7), net.link("shop", "extra").conditions("shop").delay());
            assertEquals(1400, extra.mtu());
            Host shop = net.host("shop").orElseThrow();
            shop.run(() -> shop.sleep(Duration.ofHours(1)));
            net.runFor(Duration.ofHours(2));
        }
    }

    @VirtualInternet(file = "limited.toml")
    @Link(from = "shop", to = "bank", delay = "3ms")
    static class FileWithoutInjectedHosts {
        @Test
        void linksAreOfItsHosts(Internet net) {
            assertEquals(Duration.ofMillis(3), net.link("shop", "bank").conditions("shop").delay());
        }
    }

    @VirtualInternet(file = "limited.toml", limit = "3h", mtu = 1300, everywhere = @Link(delay = "9ms"))
    static class FileOverruled {
        @Test
        void theAnnotationGoesFirst(Internet net, @SimHost(name = "extra") Host extra) throws Exception {
            assertEquals(1300, extra.mtu());
            assertEquals(1400, net.host("shop").orElseThrow().mtu());
            assertEquals(Duration.ofMillis(9), net.link("shop", "bank").conditions("shop").delay());
            extra.run(() -> extra.sleep(Duration.ofHours(1)));
            net.runFor(Duration.ofHours(2));
        }
    }

    @Test
    void whatAFileSaysHoldsUnlessTheAnnotationSaysOtherwise() {
        Throwable t = failure(run(FileAlone.class));
        assertTrue(t.getMessage().contains("does not end: PT10S"), t.toString());
        run(FileWithoutInjectedHosts.class).testEvents().assertStatistics(s -> s.succeeded(1));
        run(FileOverruled.class).testEvents().assertStatistics(s -> s.succeeded(1));
    }

    @Test
    void addressesOfTheBlockThatAreTakenAreLeftOut() throws Exception {
        VirtualInternet how = FileAlone.class.getAnnotation(VirtualInternet.class);
        var internet = new TestInternet(how, how, FileAlone.class, List.of(), 1, null, false, AddressBlock.of("x"), null);
        try {
            Host first = internet.add("first", new String[0]);
            byte[] next = first.address().getAddress();
            next[3]++;
            internet.net().host("taken", InetAddress.getByAddress(next).getHostAddress());
            assertNotEquals(InetAddress.getByAddress(next), internet.add("second", new String[0]).address());
        } finally {
            internet.close();
        }
    }

    @VirtualInternet
    static class SameHostTwice {
        @SimHost
        Host shop;

        @BeforeEach
        void begin(@SimHost(name = "shop") Host same) {
            assertSame(shop, same);
        }

        @Test
        void isOneHost(@SimHost(name = "shop") Host same) {
            assertSame(shop, same);
        }
    }

    @Test
    void oneNameIsOneHost() {
        run(SameHostTwice.class).testEvents().assertStatistics(s -> s.succeeded(1));
    }

    // ---- ends

    @VirtualInternet(goOnAfterFailures = true)
    static class Aborted {
        @Test
        void isNotForThisMachine(Internet net, @SimHost(name = "a") Host a) throws Exception {
            a.run(() -> {
                throw new IOException("in vain");
            });
            net.runFor(Duration.ofSeconds(1));
            Assumptions.abort("not today");
        }
    }

    @Test
    void aTestThatIsAbortedIsNoFailure() {
        EngineExecutionResults results = run(Aborted.class);
        results.testEvents().assertStatistics(s -> s.aborted(1).failed(0));
        Throwable t = results.testEvents().aborted().stream().findFirst().orElseThrow()
                .getRequiredPayload(TestExecutionResult.class).getThrowable().orElseThrow();
        assertEquals(0, t.getSuppressed().length, report(t));
        assertTrue(Files.notExists(reports.resolve("of-test")));
    }

    @VirtualInternet(seed = 3, plot = true)
    static class Fails {
        @Test
        void always(@SimHost(name = "a") Host a) {
            throw new IllegalStateException("always");
        }
    }

    @Test
    void aScriptThatWasReplayedIsReplayedAgain() throws Exception {
        Path script = Files.writeString(reports.resolve("it's.script"), "pick 1 1\n");
        String report = report(failure(run(Fails.class, "millrace.script", script.toString())));
        assertTrue(report.contains("'-Dtest=ExtensionCasesTest$Fails#always' -Dmillrace.seed=3 '-Dmillrace.script="
                + reports + "/it'\\''s.script'"), report);
        Throwable missing = failure(run(Fails.class, "millrace.script", "nowhere"));
        assertTrue(missing.getMessage().contains("-Dmillrace.script=nowhere: no such file"), missing.toString());
    }

    /// A build's folder still has what the run before left there: whoever runs a test again wants what it did now.
    @Test
    void aSecondRunReplacesTheFilesOfTheFirst() throws Exception {
        run(Fails.class);
        Path capture = reports.resolve("of-test/capture.pcapng");
        Files.writeString(capture, "of the run before");
        String report = report(failure(run(Fails.class)));
        assertTrue(report.contains("capture: " + capture), report);
        assertTrue(Files.size(capture) > 100, "it is a capture again");
    }

    @Test
    void filesThatCannotBeKeptDoNotHideTheFailure() throws Exception {
        Files.writeString(reports.resolve("of-test"), "in the way of a folder");
        Throwable t = failure(run(Fails.class));
        assertEquals("always", t.getMessage());
        assertEquals(1, t.getSuppressed().length);
        assertTrue(report(t).contains("capture: cannot be kept: ") && report(t).contains("-Dmillrace.seed=3"), report(t));
    }

    @VirtualInternet(capture = VirtualInternet.Capture.NEVER)
    static class FailsWithoutCapture {
        @Test
        void always() {
            throw new IllegalStateException("always");
        }
    }

    @Test
    void withoutACaptureThereIsStillAReport() throws Exception {
        run(FailsWithoutCapture.class);
        try (var files = Files.list(reports.resolve("of-test"))) {
            assertEquals(List.of("report.txt"), files.map(f -> f.getFileName().toString()).toList());
        }
    }

    @VirtualInternet
    static class Leaks {
        private static Packet kept;

        @Test
        void keepsAPacket() {
            kept = Packet.copyOf(new byte[20]);
        }
    }

    @Test
    void aPacketThatIsNotGivenBackFailsTheTest() {
        try {
            assertTrue(failure(run(Leaks.class)).getMessage().startsWith("1 packets were not given back"));
        } finally {
            Leaks.kept.release();
        }
    }
}
