package dev.millrace.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.internet.Fault;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.Program;
import dev.millrace.internet.SeedSearch;
import dev.millrace.wire.pcap.CaptureReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;

class VirtualInternetExtensionTest {
    private static final List<String> SEEN = Collections.synchronizedList(new ArrayList<>());

    @TempDir
    Path reports;

    private EngineExecutionResults run(Class<?> type, String... parameters) {
        SEEN.clear();
        var builder = EngineTestKit.engine("junit-jupiter").selectors(selectClass(type))
                .configurationParameter("junit.platform.reporting.output.dir", reports.toString());
        for (int i = 0; i < parameters.length; i += 2) {
            builder.configurationParameter(parameters[i], parameters[i + 1]);
        }
        return builder.outputDirectoryCreator(new Directories(reports)).execute();
    }

    /// Where published files go: one folder for all.
    private record Directories(Path root) implements org.junit.platform.engine.OutputDirectoryCreator {
        @Override
        public Path getRootDirectory() {
            return root;
        }

        @Override
        public Path createOutputDirectory(org.junit.platform.engine.TestDescriptor test) throws IOException {
            return Files.createDirectories(root.resolve(Integer.toHexString(test.getUniqueId().hashCode())));
        }
    }

    private static Throwable failure(EngineExecutionResults results) {
        return results.testEvents().failed().stream().findFirst().orElseThrow()
                .getRequiredPayload(org.junit.platform.engine.TestExecutionResult.class).getThrowable().orElseThrow();
    }

    static void serve(Host host, int port) throws IOException {
        try (TcpListener l = host.stack().tcp().listen(port)) {
            while (true) {
                try (TcpSocket s = l.accept()) {
                    s.outputStream().write("hello".getBytes());
                }
            }
        }
    }

    static String fetch(Host client, Host server, int port) throws IOException {
        try (TcpSocket s = client.stack().tcp().connect(new InetSocketAddress(server.address(), port),
                Duration.ofSeconds(60))) {
            return new String(s.inputStream().readAllBytes());
        }
    }

    // ---- tests that pass

    @VirtualInternet(seed = 42)
    @Link(from = "shop", to = "bank", delay = "40ms", loss = "1%", rate = "10Mbit/s", queue = 64)
    static class Passing {
        @SimHost
        Host shop;
        @SimHost(value = "198.18.0.20", name = "bank")
        private Host theBank;
        private Internet before;

        @BeforeEach
        void begin(Internet net) {
            before = net;
        }

        @Test
        void talksToTheBank(Internet net) throws Exception {
            assertEquals(before, net);
            theBank.run(() -> serve(theBank, 80));
            assertEquals("hello", shop.call(() -> fetch(shop, theBank, 80)).get());
            assertTrue(net.now().toMillis() >= 160, net.now().toString());
            assertEquals(0.01, net.link("shop", "bank").conditions("shop").loss());
            SEEN.add("talks " + net.seed());
        }

        @Test
        @Link(from = "shop", to = "bank", delay = "1s", oneWay = true)
        void theMethodsLinkIsStronger(Internet net, @SimHost(name = "third") Host third) throws Exception {
            assertEquals(Duration.ofSeconds(1), net.link("shop", "bank").conditions("shop").delay());
            assertEquals(Duration.ofMillis(40), net.link("shop", "bank").conditions("bank").delay());
            assertTrue(third.address().getHostAddress().startsWith("198.1"));
            SEEN.add(third.name());
        }

        @ParameterizedTest
        @ValueSource(ints = {80, 81})
        void parametersOfOthersArePossible(int port) throws Exception {
            theBank.run(() -> serve(theBank, port));
            assertEquals("hello", fetch(shop, theBank, port));
        }

        @Nested
        class Inner {
            @SimHost
            Host innerHost;

            @Test
            void nestedTestsHaveTheHostsOfTheOuterOnes(Internet net) {
                assertEquals("[bank, innerHost, shop]", net.hosts().keySet().toString());
                SEEN.add("nested");
            }
        }

        @AfterEach
        void end() {
            assertTrue(shop.isOpen());
        }
    }

    @Test
    void testsGetAnInternetOfTheirOwn() {
        EngineExecutionResults results = run(Passing.class);
        results.testEvents().assertStatistics(s -> s.started(5).succeeded(5));
        assertEquals(List.of("nested", "talks 42", "third"), SEEN.stream().sorted().toList());
    }

    @Test
    void theSeedGivenToJUnitGoesFirst() {
        run(Passing.class, "millrace.seed", "7").testEvents().assertStatistics(s -> s.succeeded(5));
        assertTrue(SEEN.contains("talks 7"), SEEN.toString());
    }

    // ---- tests that fail

    @VirtualInternet(plot = true)
    @Link(from = "shop", to = "bank", delay = "40ms")
    static class Failing {
        @SimHost
        Host shop;
        @SimHost
        Host bank;

        @Test
        void fails(Internet net) throws Exception {
            bank.run(() -> serve(bank, 80));
            Program<String> p = shop.call(() -> fetch(shop, bank, 80));
            try (Fault _ = net.drop("silent", v -> v.isFrom(bank) && v.hasPayload())) {
                net.runFor(Duration.ofSeconds(3));
            }
            assertEquals("goodbye", p.get());
        }
    }

    @Test
    void aFailureSaysItsSeedWhatWasLostAndHowToRunItAgain() throws Exception {
        Throwable t = failure(run(Failing.class, "millrace.seed", "99"));
        String report = Arrays.stream(t.getSuppressed()).map(Throwable::toString).collect(Collectors.joining("\n"));
        assertTrue(report.contains("seed 99"), report);
        assertTrue(report.contains("'-Dtest=VirtualInternetExtensionTest$Failing#fails' -Dmillrace.seed=99\n"), report);
        assertTrue(report.contains("silent 4"), report);
        List<Path> files;
        try (var walk = Files.walk(reports)) {
            files = walk.filter(Files::isRegularFile).toList();
        }
        assertEquals(List.of("capture.pcapng", "plot.html", "report.txt", "topology.svg"),
                files.stream().map(f -> f.getFileName().toString()).sorted().toList());
        for (Path f : files) {
            assertTrue(report.contains(f.toString()), report);
            if (f.endsWith("report.txt")) {
                String text = Files.readString(f);
                assertTrue(text.contains("shop") && text.contains("silent 4"), text);
            } else if (f.endsWith("plot.html") || f.endsWith("topology.svg")) {
                assertTrue(Files.readString(f).contains("<svg "));
            } else {
                int dropped = 0;
                try (var reader = new CaptureReader(Files.newInputStream(f))) {
                    for (var p = reader.next(); p != null; p = reader.next()) {
                        dropped += p.comments().stream().anyMatch(c -> c.startsWith("dropped: silent")) ? 1 : 0;
                    }
                }
                assertEquals(4, dropped);
            }
        }
    }

    @Test
    void oneSeedIsOneRunAlsoByTheBytesOfItsCapture() throws Exception {
        run(Failing.class, "millrace.seed", "5");
        byte[] first = capture();
        run(Failing.class, "millrace.seed", "5");
        assertTrue(Arrays.equals(first, capture()));
        run(Failing.class, "millrace.seed", "6");
        assertFalse(Arrays.equals(first, capture()));
    }

    /// The capture that was published, which is removed.
    private byte[] capture() throws IOException {
        try (var walk = Files.walk(reports)) {
            Path file = walk.filter(f -> f.endsWith("capture.pcapng")).findFirst().orElseThrow();
            byte[] bytes = Files.readAllBytes(file);
            Files.delete(file);
            return bytes;
        }
    }

    @VirtualInternet
    static class ProgramFails {
        @Test
        void passesBesideAProgramThatFails(Internet net, @SimHost(name = "a") Host a) throws Exception {
            a.run(() -> {
                throw new IOException("the program's own");
            });
            net.runFor(Duration.ofSeconds(1));
        }
    }

    @Test
    void aProgramThatFailsUnseenFailsTheTest() {
        Throwable t = failure(run(ProgramFails.class));
        assertTrue(t.getMessage().contains("the program's own"), t.getMessage());
    }

    @VirtualInternet
    @Link(from = "a", to = "nobody")
    static class LinkToNobody {
        @Test
        void neverRuns(@SimHost(name = "a") Host a) {
            SEEN.add("ran");
        }
    }

    @Test
    void aLinkToNobodyIsToldWithTheHostsThereAre() {
        Throwable t = failure(run(LinkToNobody.class));
        assertTrue(t.getMessage().contains("there is no host \"nobody\"; the test's hosts are [a]"), t.getMessage());
        assertEquals(List.of(), SEEN);
    }

    // ---- tests in parallel

    @VirtualInternet
    @Execution(ExecutionMode.CONCURRENT)
    static class Parallel {
        @SimHost
        Host server;
        @SimHost
        Host client;

        private void port80() throws Exception {
            server.run(() -> serve(server, 80));
            assertEquals("hello", fetch(client, server, 80));
            String address = server.address().getHostAddress();
            SEEN.add(address.substring(0, address.lastIndexOf('.')));
        }

        @Test
        void one() throws Exception {
            port80();
        }

        @Test
        void two() throws Exception {
            port80();
        }

        @Test
        void three() throws Exception {
            port80();
        }

        @Test
        void four() throws Exception {
            port80();
        }
    }

    @Test
    void testsInParallelHaveAddressesOfTheirOwn() {
        run(Parallel.class, "junit.jupiter.execution.parallel.enabled", "true").testEvents()
                .assertStatistics(s -> s.succeeded(4));
        assertEquals(4, SEEN.stream().distinct().count(), SEEN.toString());
    }

    @VirtualInternet(time = VirtualInternet.Time.REAL, everywhere = @Link(delay = "10ms"))
    static class RealTime {
        @Test
        void takesItsTime(Internet net, @SimHost(name = "a") Host a, @SimHost(name = "b") Host b) throws Exception {
            b.run(() -> serve(b, 80));
            Program<String> p = a.call(() -> fetch(a, b, 80));
            assertEquals("hello", p.get());
            assertTrue(net.now().toMillis() >= 40, net.now().toString());
        }
    }

    @Test
    void realTimeIsPossible() {
        run(RealTime.class).testEvents().assertStatistics(s -> s.succeeded(1));
    }

    @VirtualInternet(file = "shop.toml", seed = 3)
    static class FromFile {
        @SimHost
        Host shop;
        @SimHost
        Host bank;
        @SimHost
        Host extra;

        @Test
        void hasTheHostsOfTheFileAndItsOwn(Internet net) throws Exception {
            assertEquals(3, net.seed());
            assertEquals("198.18.0.20", shop.resolve("bank").getFirst().getHostAddress());
            bank.run(() -> serve(bank, 80));
            Duration begin = net.now();
            assertEquals("hello", fetch(shop, bank, 80));
            assertTrue(net.now().minus(begin).toMillis() >= 160);
            assertEquals("hello", fetch(extra, bank, 80));
        }
    }

    @VirtualInternet(file = "nowhere.toml")
    static class FromNowhere {
        @Test
        void neverRuns() {
            SEEN.add("ran");
        }
    }

    @Test
    void topologiesComeFromFiles() {
        run(FromFile.class).testEvents().assertStatistics(s -> s.succeeded(1));
        assertTrue(failure(run(FromNowhere.class)).getMessage().contains("nowhere.toml"));
    }

    @Test
    void junitsTimeoutsEndWhatTheTestsThreadWaitsFor() {
        Throwable t = failure(run(Stuck.class));
        assertTrue(t instanceof java.util.concurrent.TimeoutException, t.toString());
    }

    @VirtualInternet
    static class Stuck {
        @Test
        @org.junit.jupiter.api.Timeout(value = 300, unit = java.util.concurrent.TimeUnit.MILLISECONDS)
        void goesOnForEver(Internet net, @SimHost(name = "a") Host a) throws Exception {
            a.run(() -> {
                while (true) {
                    a.sleep(Duration.ofNanos(10));
                }
            });
            net.runFor(Duration.ofHours(3));
        }
    }

    // ---- searches

    @VirtualInternet
    @Link(from = "one", to = "server", delay = "5ms", jitter = "5ms", loss = "2%")
    @Link(from = "two", to = "server", delay = "5ms", jitter = "5ms", loss = "2%")
    static class LostUpdate {
        @SimHost
        Host server;
        @SimHost
        Host one;
        @SimHost
        Host two;
        private byte value;

        @Test
        void neverFails() {
            assertNotEquals(one, two);
        }

        @Test
        void countsTwo() throws Exception {
            server.run(() -> {
                try (TcpListener l = server.stack().tcp().listen(80)) {
                    while (true) {
                        TcpSocket s = l.accept();
                        server.run(() -> {
                            try (s) {
                                s.write(ByteBuffer.wrap(new byte[] {value}));
                                value = (byte) s.inputStream().read();
                            }
                        });
                    }
                }
            });
            List<Program<Void>> clients = new ArrayList<>();
            for (Host h : List.of(one, two)) {
                clients.add(h.run(() -> {
                    h.sleep(Duration.ofMillis(h.random().nextInt(2000)));
                    try (TcpSocket s = h.stack().tcp().connect(new InetSocketAddress(server.address(), 80),
                            Duration.ofSeconds(60))) {
                        s.write(ByteBuffer.wrap(new byte[] {(byte) (s.inputStream().read() + 1)}));
                        s.inputStream().read();
                    }
                }));
            }
            for (Program<Void> p : clients) {
                p.get();
            }
            assertEquals(2, value);
        }
    }

    @Test
    void aSearchOverSeedsFindsAndShrinksALostUpdate() {
        var explorer = new SeedExplorer();
        Map<SeedExplorer.Test, SeedSearch.Finding> found = explorer.explore(LostUpdate.class, 1, 1000);
        assertEquals(1, found.size(), found.toString());
        SeedSearch.Finding f = found.values().iterator().next();
        assertTrue(f.script().size() <= 10, f.script().toString());
        assertTrue(f.failure().getMessage().contains("expected: <2> but was: <1>"), f.failure().toString());
        SeedExplorer.Test test = explorer.tests(LostUpdate.class, "countsTwo").getFirst();
        assertTrue(explorer.run(test, f.seed(), f.script()).isPresent());
        assertEquals(List.of(), explorer.tests(LostUpdate.class, "nothing"));
    }
}
