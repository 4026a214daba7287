package dev.millrace.packetdrill;

import dev.millrace.Stack;
import dev.millrace.packetdrill.run.ScriptRunner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;

/// Runs scripts in the packetdrill language against a stack: the same that programs use, on a link of the script's own and in
/// virtual time. How scripts are run, as an immutable description; each setting gives a new one. Any thread may use it.
///
/// ```java
/// ScriptResult result = Packetdrill.create().run(Path.of("scripts/handshake.pkt"));
/// ```
///
/// What a script may say, and what is different from the tool that the language comes from, is in `docs/packetdrill.md`.
public final class Packetdrill {
    /// The largest script, in bytes.
    public static final int MAX_SCRIPT = 4 << 20;

    private final String profile;
    private final IpVariant variant;
    private final Map<String, String> definitions;
    private final Path captures;
    private final Consumer<Stack.Builder> customizer;

    private Packetdrill(String profile, IpVariant variant, Map<String, String> definitions, Path captures, Consumer<Stack.Builder> customizer) {
        this.profile = profile;
        this.variant = variant;
        this.definitions = definitions;
        this.captures = captures;
        this.customizer = customizer;
    }

    /// Scripts run against the stack as it is by default, each with the version of IP that it wants.
    public static Packetdrill create() {
        return new Packetdrill("default", null, Map.of(), null, _ -> { });
    }

    /// With a profile of the stack's TCP, such as `linux`; `default` is none.
    public Packetdrill profile(String name) {
        return new Packetdrill(Objects.requireNonNull(name, "name"), variant, definitions, captures, customizer);
    }

    /// With this version of IP; `null` leaves it to the script, and to IPv4 if that says nothing.
    public Packetdrill variant(IpVariant version) {
        return new Packetdrill(profile, version, definitions, captures, customizer);
    }

    /// With a word of scripts that stands for something else: a number, a string in quotes, a command in back quotes or another word.
    public Packetdrill define(String word, String value) {
        Map<String, String> more = new LinkedHashMap<>(definitions);
        more.put(word, value);
        return new Packetdrill(profile, variant, Map.copyOf(more), captures, customizer);
    }

    /// With the packets of each script in a pcapng file of its own.
    ///
    /// @param folder where to; it must exist. `null` for none
    public Packetdrill captures(Path folder) {
        return new Packetdrill(profile, variant, definitions, folder, customizer);
    }

    /// With a stack of the caller's wishes: `settings` is called for each script, and may set options and add NICs; those that the
    /// script itself sets are there already.
    public Packetdrill stack(Consumer<Stack.Builder> settings) {
        return new Packetdrill(profile, variant, definitions, captures, Objects.requireNonNull(settings, "settings"));
    }

    /// Runs the script in a file.
    ///
    /// @throws IOException if it cannot be read, is larger than [#MAX_SCRIPT], or its capture cannot be written
    /// @throws dev.millrace.ConfigurationException if the stack does not know the profile, or what [#stack] wants
    public ScriptResult run(Path file) throws IOException {
        return run(file.toString(), read(file));
    }

    /// Runs a script.
    ///
    /// @param name for the result, the capture, and for the version of IP: `…-v6` is IPv6's
    /// @throws IOException if its capture cannot be written
    /// @throws dev.millrace.ConfigurationException as [#run(Path)]
    public ScriptResult run(String name, String text) throws IOException {
        Path capture = captures == null ? null : captures.resolve(captureName(name));
        return new ScriptRunner(profile, variant, definitions, capture, customizer).run(name, text);
    }

    private String captureName(String name) {
        String flat = name.replaceFirst("\\.pkt$", "").replaceAll("^[./\\\\]+", "").replaceAll("[^A-Za-z0-9._-]+", "-");
        return flat + (variant == null ? "" : "." + variant) + ".pcapng";
    }

    /// The text of a script.
    ///
    /// @throws IOException if it cannot be read or is larger than [#MAX_SCRIPT]
    public static String read(Path file) throws IOException {
        if (Files.size(file) > MAX_SCRIPT) {
            throw new IOException(file + ": a script has at most " + MAX_SCRIPT + " bytes");
        }
        // What is no UTF-8 is in comments, or an error with its place.
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }
}
