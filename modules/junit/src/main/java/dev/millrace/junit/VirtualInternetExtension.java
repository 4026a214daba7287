package dev.millrace.junit;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.Program;
import dev.millrace.internet.Script;
import dev.millrace.plot.Plot;
import dev.millrace.wire.buffer.Leaks;
import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.Parameter;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.commons.support.HierarchyTraversalMode;
import org.junit.platform.commons.support.ReflectionSupport;
import org.opentest4j.TestAbortedException;

/// What stands behind [VirtualInternet]. Also usable by `@RegisterExtension` or `@ExtendWith`, with the usual Internet.
public final class VirtualInternetExtension implements BeforeEachCallback, AfterEachCallback, ParameterResolver,
        TestExecutionExceptionHandler {
    private static final Namespace NAMESPACE = Namespace.create(VirtualInternetExtension.class);
    static final String SEED = "millrace.seed";
    private static final String SCRIPT = "millrace.script";
    private static final VirtualInternet USUAL = Usual.class.getAnnotation(VirtualInternet.class);
    /// Internets of tests that are open, and that ever were: packets are counted for all of them together.
    private static final AtomicInteger OPEN = new AtomicInteger();
    private static final AtomicLong OPENED = new AtomicLong();

    /// Called by JUnit.
    public VirtualInternetExtension() {
    }

    @VirtualInternet
    private static final class Usual {
    }

    /// What is kept from the beginning of a test to its end.
    ///
    /// @param opened how many Internets there had been with this one, if it was the only one; else -1
    /// @param directory where the capture is, or `null`
    /// @param twice if the test is one of two runs of a seed; else `null`
    private record Running(TestInternet internet, VirtualInternet how, ExploreSession session, TwiceRun twice, long packets, long opened,
            Path directory) {
    }

    @Override
    public void beforeEach(ExtensionContext context) throws Exception {
        VirtualInternet how = annotation(context, VirtualInternet.class).orElse(USUAL);
        ExploreSession session = ExploreSession.of(context);
        if (session != null) {
            session.begin();
        }
        TwiceRun twice = TwiceRun.of(context);
        long seed = session != null ? session.run().seed() : seed(context, how);
        Script script = session != null ? session.run().script() : script(context);
        var block = AddressBlock.of(testId(context));
        boolean keeps = how.capture() != VirtualInternet.Capture.NEVER && session == null;
        Path directory = keeps ? Files.createTempDirectory("millrace") : null;
        boolean alone = OPEN.getAndIncrement() == 0;
        long opened = OPENED.incrementAndGet();
        long packets = Leaks.packets();
        TestInternet internet;
        try {
            internet = new TestInternet(how, USUAL, context.getRequiredTestClass(), links(context), seed, script,
                    twice != null || session != null && session.run().record(), block, keeps ? directory.resolve("capture.pcapng") : null);
        } catch (Throwable t) {
            OPEN.decrementAndGet();
            block.close();
            removeFiles(directory);
            throw t;
        }
        Consumer<String> log = session != null ? session.run().log() : twice != null ? twice::add : null;
        if (log != null) {
            internet.net().logContents(log);
        }
        store(context).put("running", new Running(internet, how, session, twice, packets, alone ? opened : -1, directory));
        injectFields(context, internet);
        for (Parameter p : context.getTestMethod().map(m -> m.getParameters()).orElse(new Parameter[0])) {
            if (p.isAnnotationPresent(SimHost.class)) {
                add(internet, p.getAnnotation(SimHost.class), p.getName(), p.getType());
            }
        }
        List<Link> loose = internet.unconnected();
        if (!loose.isEmpty()) {
            Link l = loose.getFirst();
            String missing = internet.net().host(l.from()).isPresent() ? l.to() : l.from();
            throw new ExtensionConfigurationException("@Link(from = \"" + l.from() + "\", to = \"" + l.to()
                    + "\"): there is no host \"" + missing + "\"; the test's hosts are " + internet.net().hosts().keySet());
        }
        annotation(context, Troubles.class).ifPresent(internet::begin);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        KernelSockets.advise(failure);
        throw failure;
    }

    private static <A extends java.lang.annotation.Annotation> Optional<A> annotation(ExtensionContext context, Class<A> type) {
        return context.getTestMethod().flatMap(m -> AnnotationSupport.findAnnotation(m, type))
                .or(() -> context.getTestClass().flatMap(c -> AnnotationSupport.findAnnotation(c, type,
                        context.getEnclosingTestClasses())));
    }

    /// The links of the classes, outermost first, and of the method: the last one that is said of two hosts counts.
    private static List<Link> links(ExtensionContext context) {
        var links = new ArrayList<Link>();
        var classes = new ArrayList<>(context.getEnclosingTestClasses());
        context.getTestClass().ifPresent(classes::add);
        classes.forEach(c -> links.addAll(AnnotationSupport.findRepeatableAnnotations(c, Link.class)));
        context.getTestMethod().ifPresent(m -> links.addAll(AnnotationSupport.findRepeatableAnnotations(m, Link.class)));
        return links;
    }

    /// What the addresses of a test follow from. A seed of [Seeds] is the same run alone and among others, where its place in
    /// JUnit's list is another.
    private static String testId(ExtensionContext context) {
        return SeedsExtension.of(context) == null ? context.getUniqueId()
                : context.getParent().map(ExtensionContext::getUniqueId).orElseGet(context::getUniqueId);
    }

    private static long seed(ExtensionContext context, VirtualInternet how) {
        Optional<String> given = context.getConfigurationParameter(SEED);
        if (given.isPresent()) {
            try {
                return Long.parseLong(given.get().trim());
            } catch (NumberFormatException e) {
                throw new ExtensionConfigurationException("-D" + SEED + "=" + given.get() + " is no whole number", e);
            }
        }
        Long ofTest = SeedsExtension.of(context);
        if (ofTest != null) {
            return ofTest;
        }
        // A positive number of a few digits is easier to pass on.
        return how.seed() != VirtualInternet.ANY_SEED ? how.seed() : ThreadLocalRandom.current().nextLong(1, 1_000_000_000);
    }

    private static Script script(ExtensionContext context) throws IOException {
        Optional<String> file = context.getConfigurationParameter(SCRIPT);
        try {
            return file.isPresent() ? Script.parse(Files.readString(Path.of(file.get()))) : null;
        } catch (IllegalArgumentException e) {
            throw new ExtensionConfigurationException(file.get() + ": " + e.getMessage(), e);
        } catch (NoSuchFileException e) {
            throw new ExtensionConfigurationException("-D" + SCRIPT + "=" + file.get() + ": no such file", e);
        }
    }

    private static ExtensionContext.Store store(ExtensionContext context) {
        return context.getStore(NAMESPACE);
    }

    private static void injectFields(ExtensionContext context, TestInternet internet) throws Exception {
        for (Object instance : context.getRequiredTestInstances().getAllInstances()) {
            List<Field> fields = new ArrayList<>(AnnotationSupport.findAnnotatedFields(instance.getClass(), SimHost.class,
                    _ -> true, HierarchyTraversalMode.TOP_DOWN));
            // The order in which classes list their fields is nobody's promise.
            fields.sort(Comparator.comparing(Field::getName));
            for (Field f : fields) {
                Host host = add(internet, f.getAnnotation(SimHost.class), f.getName(), f.getType());
                ReflectionSupport.makeAccessible(f).set(instance, host);
            }
        }
    }

    private static Host add(TestInternet internet, SimHost how, String name, Class<?> type) throws IOException {
        if (type != Host.class) {
            throw new ExtensionConfigurationException("@SimHost " + name + " is of type " + type.getName() + ", but must be of "
                    + Host.class.getName());
        }
        String given = how.name().isEmpty() ? name : how.name();
        if (how.name().isEmpty() && name.matches("arg[0-9]+")) {
            throw new ExtensionConfigurationException("the parameter's name is not in the class file: compile with -parameters "
                    + "(Kotlin: -java-parameters) or write @SimHost(name = \"...\")");
        }
        return internet.add(given, how.value());
    }

    // ---- parameters

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Internet.class
                || parameter.getParameter().getType() == Host.class && parameter.isAnnotated(SimHost.class);
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Running running = store(context).get("running", Running.class);
        if (running == null) {
            throw new ExtensionConfigurationException("each test has an Internet of its own, which begins with @BeforeEach: "
                    + parameter.getDeclaringExecutable() + " comes too early for it");
        }
        Internet net = running.internet().net();
        if (parameter.getParameter().getType() == Internet.class) {
            return net;
        }
        SimHost how = parameter.findAnnotation(SimHost.class).orElseThrow();
        String name = how.name().isEmpty() ? parameter.getParameter().getName() : how.name();
        return net.host(name).orElseThrow(() -> new ExtensionConfigurationException("there is no host \"" + name
                + "\": parameters of other methods than the test's must have names of its hosts"));
    }

    // ---- the end

    @Override
    public void afterEach(ExtensionContext context) throws Exception {
        Running running = store(context).remove("running", Running.class);
        if (running == null) {
            return;
        }
        Internet net = running.internet().net();
        List<Program<?>> failed = net.failures();
        boolean idle = net.hasIdleChaos();
        Throwable failure = context.getExecutionException().orElse(null);
        boolean aborted = failure instanceof TestAbortedException;
        boolean fails = failure != null && !aborted || idle || !failed.isEmpty() && running.how().failWithPrograms();
        FailureReport report = null;
        String picture = null;
        Throwable own = null;
        List<Host> hosts = List.copyOf(net.hosts().values());
        try {
            // Of tests that pass, which are nearly all of a search, nobody wants to read.
            report = fails ? report(context, running, hosts, failed) : null;
            picture = running.how().plot() ? net.picture() : null;
        } catch (RuntimeException e) {
            own = e;
        }
        try {
            running.internet().close();
        } catch (Exception e) {
            own = e;
        } finally {
            OPEN.decrementAndGet();
        }
        if (failure == null && own == null) {
            own = ownFailure(running, failed, idle);
        }
        if (running.twice() != null) {
            AssertionError difference = running.twice().end(net.script(), failure != null ? failure : own);
            own = difference != null ? difference : own;
        }
        boolean bad = failure != null && !aborted || own != null;
        if (running.session() != null) {
            running.session().end(net.script(), bad);
        }
        if (bad && !fails) {
            // What was wrong showed at the end only.
            try {
                report = report(context, running, hosts, failed);
            } catch (RuntimeException e) {
                own.addSuppressed(e);
            }
        }
        String files = publish(context, running, report, picture, bad);
        if (!bad) {
            return;
        }
        Throwable first = failure != null && !aborted ? failure : own;
        if (own != null && own != first) {
            first.addSuppressed(own);
        }
        if (first == failure) {
            failed.stream().map(Program::failure).filter(f -> f != failure).forEach(failure::addSuppressed);
        }
        if (report != null) {
            first.addSuppressed(new SimulatedInternetReport(report.message(files)));
        }
        if (first == own) {
            sneak(own);
        }
    }

    private static FailureReport report(ExtensionContext context, Running running, List<Host> hosts, List<Program<?>> failed) {
        return new FailureReport(name(context), context.getConfigurationParameter(SCRIPT).orElse(null), running.internet().net(),
                hosts, running.how().time(), failed);
    }

    /// What is wrong although the test itself did not fail, or `null`.
    ///
    /// @param idle whether there were troubles for which there was nobody
    private static Throwable ownFailure(Running running, List<Program<?>> failed, boolean idle) {
        if (!failed.isEmpty() && running.how().failWithPrograms()) {
            Program<?> first = failed.getFirst();
            var error = new AssertionError("\"" + first.name() + "\" on " + first.host() + " failed: " + first.failure(),
                    first.failure());
            failed.stream().skip(1).map(Program::failure).forEach(error::addSuppressed);
            return error;
        }
        if (idle) {
            return new ExtensionConfigurationException("@Troubles had no effect: the test never had hosts enough for them, or no "
                    + "name server; make them before time passes, or leave it out");
        }
        long leaked = Leaks.packets() - running.packets();
        boolean alone = running.opened() == OPENED.get();
        return alone && leaked > 0 ? new AssertionError(leaked + " packets were not given back; with "
                + "-Dmillrace.buffers.debug=true millrace says who took them") : null;
    }

    private static void sneak(Throwable t) throws Exception {
        if (t instanceof Error e) {
            throw e;
        }
        throw (Exception) t;
    }

    private static String name(ExtensionContext context) {
        return Replay.name(context.getRequiredTestClass().getName(), context.getTestMethod().map(m -> m.getName()).orElse(""));
    }

    /// Attaches the files to the test's report, and returns where they are.
    private static String publish(ExtensionContext context, Running running, FailureReport report, String picture,
            boolean failed) throws IOException {
        var files = new Attachments(context);
        Path capture = running.internet().capture();
        if (capture != null && (failed || running.how().capture() == VirtualInternet.Capture.ALWAYS)) {
            files.attach("capture", "capture.pcapng", "application", "x-pcapng",
                    path -> Files.copy(capture, path, StandardCopyOption.REPLACE_EXISTING));
            if (picture != null) {
                files.attach("topology", "topology.svg", "image", "svg+xml", path -> Files.writeString(path, picture));
                files.attach("graphs", "plot.html", "text", "html", path -> Plot.read(capture).writeHtml(path));
            }
        }
        if (failed && report != null && running.session() == null) {
            files.attach("report", "report.txt", "text", "plain", path -> Files.writeString(path, report.text()));
        }
        removeFiles(running.directory());
        return files.toString();
    }

    private static void removeFiles(Path directory) throws IOException {
        if (directory != null) {
            Files.deleteIfExists(directory.resolve("capture.pcapng"));
            Files.deleteIfExists(directory);
        }
    }
}
