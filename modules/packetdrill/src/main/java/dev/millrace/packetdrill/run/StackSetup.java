package dev.millrace.packetdrill.run;

import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.packetdrill.script.Position;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/// What the stack under test is to be like: gathered from the profile, from who runs the script and from the script's commands,
/// until it is opened.
final class StackSetup {
    private static final long SEED = 1;

    private final Settings settings;
    private final Consumer<Stack.Builder> customizer;
    private final String profile;
    /// By protocol and option, such as `tcp` `sack`.
    private final Map<String, Map<String, String>> options = new TreeMap<>();
    private boolean open;

    /// @param profile the name of a profile of the stack; `default` for none
    /// @param customizer has its say last
    StackSetup(Settings settings, String profile, Consumer<Stack.Builder> customizer) {
        this.settings = settings;
        this.profile = profile;
        this.customizer = customizer;
    }

    /// Sets an option of a protocol. Once the stack is open that is possible no more.
    void set(Position at, String what, String protocol, String option, String value) throws SkipException {
        Map<String, String> of = options.computeIfAbsent(protocol, _ -> new TreeMap<>());
        if (open && !value.equals(of.get(option))) {
            throw new SkipException(at, what + ": the stack cannot change that while it runs");
        }
        of.put(option, value);
    }

    /// Whether it behaves as Linux, where the two differ.
    boolean isLinux() {
        return options.getOrDefault("tcp", Map.of()).getOrDefault("profile", profile).equals("linux");
    }

    /// Whether a wrong configuration is the script's own doing.
    boolean isOfScript(ConfigurationException e) {
        // The first NIC is the wire, which is as the script's options say.
        return e.key().startsWith("nic[0]") || options.entrySet().stream().anyMatch(of -> e.key().equals(of.getKey())
                || of.getValue().keySet().stream().anyMatch(option -> e.key().equals(of.getKey() + "." + option)));
    }

    /// Opens the stack.
    ///
    /// @throws ConfigurationException if it does not know the profile, or an option is wrong
    /// @throws IOException if there is no such stack
    ManualStack open(Wire wire) throws IOException {
        open = true;
        var builder = Stack.builder().name("packetdrill").nic("wire", wire, nic -> nic.mtu(settings.mtu())
                .address(new Cidr(settings.local(), settings.prefix()).toString()));
        builder.route("default", "wire");
        if (!profile.equals("default")) {
            builder.option("tcp", "profile", profile);
        }
        options.forEach((protocol, of) -> of.forEach((option, value) -> builder.option(protocol, option, value)));
        customizer.accept(builder);
        try {
            return builder.manual(SEED);
        } catch (ConfigurationException e) {
            if (!profile.equals("default") && e.getMessage().contains("profile")) {
                throw new ConfigurationException(e.code(), e.key(), "this stack knows no profile \"" + profile
                        + "\"; run without --profile, or with a stack that has [tcp] profile (" + e.getMessage() + ")", e);
            }
            throw e;
        }
    }
}
