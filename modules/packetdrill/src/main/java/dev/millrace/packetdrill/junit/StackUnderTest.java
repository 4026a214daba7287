package dev.millrace.packetdrill.junit;

import dev.millrace.Stack;
import dev.millrace.packetdrill.IpVariant;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/// What stack a script of a [PacketdrillTest] runs against, to be said by the test's method before it does.
public final class StackUnderTest {
    private final Path script;
    private final IpVariant variant;
    private final List<Consumer<Stack.Builder>> settings = new ArrayList<>();

    StackUnderTest(Path script, IpVariant variant) {
        this.script = script;
        this.variant = variant;
    }

    /// The script that will run.
    public Path script() {
        return script;
    }

    /// The variant of IP with which it will.
    public IpVariant variant() {
        return variant;
    }

    /// Sets an option of a protocol, such as `tcp`, `congestion-control`, `newreno`, or of the stack, as `stack`.
    public StackUnderTest option(String protocol, String option, String value) {
        return with(builder -> builder.option(protocol, option, value));
    }

    /// Adds whatever a stack may have. The NIC towards the script is there already.
    public StackUnderTest with(Consumer<Stack.Builder> more) {
        settings.add(Objects.requireNonNull(more, "more"));
        return this;
    }

    void apply(Stack.Builder builder) {
        settings.forEach(s -> s.accept(builder));
    }
}
