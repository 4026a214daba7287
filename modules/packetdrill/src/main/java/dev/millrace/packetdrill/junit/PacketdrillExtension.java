package dev.millrace.packetdrill.junit;

import dev.millrace.packetdrill.IpVariant;
import dev.millrace.packetdrill.Packetdrill;
import dev.millrace.packetdrill.ScriptFiles;
import dev.millrace.packetdrill.ScriptResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.opentest4j.AssertionFailedError;
import org.opentest4j.TestAbortedException;

/// What stands behind [PacketdrillTest].
@SuppressWarnings("exports") // of JUnit, which who uses this has
public final class PacketdrillExtension implements TestTemplateInvocationContextProvider {
    private static final List<String> FOLDERS = List.of("", "src/test/resources", "src/test", "src/test/scripts");
    private static final Path CAPTURES = Path.of("target", "packetdrill");

    /// Called by JUnit.
    public PacketdrillExtension() {
    }

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return context.getRequiredTestMethod().isAnnotationPresent(PacketdrillTest.class);
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        PacketdrillTest test = context.getRequiredTestMethod().getAnnotation(PacketdrillTest.class);
        List<TestTemplateInvocationContext> all = new ArrayList<>();
        for (String pattern : test.value()) {
            for (Path script : find(pattern)) {
                for (IpVariant variant : test.variants().length > 0 ? List.of(test.variants()) : variants(script)) {
                    all.add(new Invocation(script, variant, test.profile()));
                }
            }
        }
        return all.stream();
    }

    /// The scripts of the first folder that has some.
    private static List<Path> find(String pattern) {
        try {
            for (String folder : FOLDERS) {
                List<Path> found = ScriptFiles.matching(Path.of(folder), pattern);
                if (!found.isEmpty()) {
                    return found;
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        throw new ExtensionConfigurationException("no script matches \"" + pattern + "\" in " + Path.of("").toAbsolutePath()
                + ", nor there in src/test/resources, src/test or src/test/scripts");
    }

    private static List<IpVariant> variants(Path script) {
        try {
            return ScriptFiles.variants(script.toString(), Packetdrill.read(script));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A script with a variant.
    private record Invocation(Path script, IpVariant variant, String profile) implements TestTemplateInvocationContext {
        @Override
        public String getDisplayName(int invocationIndex) {
            return script + " " + variant;
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(new OneScript(new StackUnderTest(script, variant), profile));
        }
    }

    /// Runs a script when the test's method has returned.
    private record OneScript(StackUnderTest stack, String profile) implements ParameterResolver, InvocationInterceptor {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == StackUnderTest.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return stack;
        }

        @Override
        public void interceptTestTemplateMethod(Invocation<Void> invocation, ReflectiveInvocationContext<Method> method,
                ExtensionContext context) throws Throwable {
            invocation.proceed();
            Packetdrill drill = Packetdrill.create().profile(profile).variant(stack.variant()).stack(stack::apply);
            ScriptResult result = drill.run(stack.script());
            switch (result.status()) {
                case PASSED -> {
                    // Nothing to be told.
                }
                case SKIPPED -> throw new TestAbortedException(result.toString());
                case FAILED, ERROR -> {
                    Files.createDirectories(CAPTURES);
                    // It happens again as it was: nothing in it is left to chance.
                    drill.captures(CAPTURES).run(stack.script());
                    throw new AssertionFailedError(result + "\n  packets:  " + CAPTURES, result.expected(), result.actual());
                }
            }
        }
    }
}
