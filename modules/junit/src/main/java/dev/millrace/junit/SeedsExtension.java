package dev.millrace.junit;

import java.util.ArrayList;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/// What stands behind [Seeds].
public final class SeedsExtension implements TestTemplateInvocationContextProvider {
    private static final String NAME = "seed ";
    private static final String AGAIN = ", again";
    private static final String SEEDS = "millrace.seeds";
    private static final int MAX = 1_000_000;

    /// Called by JUnit.
    public SeedsExtension() {
    }

    /// The seed that a test has of its annotation, or `null` if it has none. Its display name is what is known of it before all
    /// other extensions begin.
    static Long of(ExtensionContext context) {
        boolean has = context.getTestMethod().map(m -> m.isAnnotationPresent(Seeds.class)).orElse(false);
        return has && context.getDisplayName().startsWith(NAME)
                ? Long.valueOf(context.getDisplayName().substring(NAME.length()).replace(AGAIN, "")) : null;
    }

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return context.getRequiredTestMethod().isAnnotationPresent(Seeds.class);
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(ExtensionContext context) {
        ExploreSession session = ExploreSession.of(context);
        if (session != null) {
            return Stream.of(new Invocation(session.run().seed(), ""));
        }
        String given = context.getConfigurationParameter(VirtualInternetExtension.SEED)
                .or(() -> context.getConfigurationParameter(SEEDS))
                .orElseGet(() -> context.getRequiredTestMethod().getAnnotation(Seeds.class).value());
        boolean twice = TwiceRun.isWanted(context);
        return parse(given).boxed().flatMap(seed -> twice ? Stream.of(new Invocation(seed, ""), new Invocation(seed, AGAIN))
                : Stream.of(new Invocation(seed, "")));
    }

    /// One run of the test.
    private record Invocation(long seed, String again) implements TestTemplateInvocationContext {
        @Override
        public String getDisplayName(int invocationIndex) {
            return NAME + seed + again;
        }
    }

    /// Reads what [Seeds#value] may be.
    ///
    /// @throws ExtensionConfigurationException if it is something else
    static LongStream parse(String text) {
        var parts = new ArrayList<long[]>();
        long sum = 0;
        try {
            for (String part : text.split(",", -1)) {
                String[] ends = part.trim().split("\\.\\.", -1);
                long first = Long.parseLong(ends[0].trim());
                long last = ends.length == 1 ? first : Long.parseLong(ends[1].trim());
                if (ends.length > 2 || last < first) {
                    throw new NumberFormatException(part);
                }
                sum = Math.addExact(sum, Math.addExact(Math.subtractExact(last, first), 1));
                parts.add(new long[] {first, last});
            }
        } catch (NumberFormatException | ArithmeticException e) {
            throw new ExtensionConfigurationException("\"" + text + "\" are no seeds: write 1..100, or 7,11,20..30", e);
        }
        if (sum > MAX) {
            throw new ExtensionConfigurationException(sum + " seeds are more than the million that JUnit can list");
        }
        return parts.stream().flatMapToLong(p -> LongStream.rangeClosed(p[0], p[1]));
    }
}
