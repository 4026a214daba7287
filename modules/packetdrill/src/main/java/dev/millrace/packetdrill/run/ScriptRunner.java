package dev.millrace.packetdrill.run;

import dev.millrace.ConfigurationException;
import dev.millrace.ManualStack;
import dev.millrace.Stack;
import dev.millrace.packetdrill.IpVariant;
import dev.millrace.packetdrill.ScriptResult;
import dev.millrace.packetdrill.ScriptResult.Status;
import dev.millrace.packetdrill.script.Action;
import dev.millrace.packetdrill.script.Event;
import dev.millrace.packetdrill.script.Position;
import dev.millrace.packetdrill.script.Script;
import dev.millrace.packetdrill.script.ScriptParser;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/// Runs scripts: reads one, opens a stack as it wants it, and makes a result of whatever comes of it.
///
/// @param profile the stack's, `default` for none
/// @param variant the version of IP, or `null` for the script's own
/// @param definitions what words of scripts stand for
/// @param capture the file for the packets, or `null`
/// @param customizer has the last say about the stack
public record ScriptRunner(String profile, IpVariant variant, Map<String, String> definitions, Path capture,
        Consumer<Stack.Builder> customizer) {
    /// Runs a script.
    ///
    /// @param name for results
    /// @param text the script
    /// @throws ConfigurationException if the stack does not know the profile, or cannot be as who runs the script wants it
    /// @throws IOException if the capture cannot be written, or there is no stack
    public ScriptResult run(String name, String text) throws IOException {
        IpVariant used = variant == null ? IpVariant.IPV4 : variant;
        ScriptRun[] run = new ScriptRun[1];
        try {
            IpVariant byName = byName(name);
            Settings settings = ScriptOptions.read(ScriptParser.options(text, definitions), variant, byName);
            used = settings.variant();
            Script script = ScriptParser.parse(text, definitions);
            run(script, settings, name, run);
            return result(name, used, Status.PASSED, null, "", "", "", run[0]);
        } catch (ScriptSyntaxException e) {
            return result(name, used, Status.ERROR, e.at(), e.getMessage(), "", "", run[0]);
        } catch (SkipException e) {
            return result(name, used, Status.SKIPPED, e.at(), e.getMessage(), "", "", run[0]);
        } catch (MismatchException e) {
            return result(name, used, Status.FAILED, e.at(), e.getMessage(), e.expected(), e.actual(), run[0]);
        } catch (ConfigurationException e) {
            throw e;
        } catch (RuntimeException | AssertionError | StackOverflowError e) {
            // Whatever a script does, the stack must not throw.
            return result(name, used, Status.FAILED, run[0] == null ? null : run[0].at(), "the stack threw " + e + where(e), "", "", run[0]);
        }
    }

    private static ScriptResult result(String name, IpVariant variant, Status status, Position at, String message, String expected,
            String actual, ScriptRun run) {
        return new ScriptResult(name, variant, status, at == null ? 0 : at.line(), at == null ? 0 : at.column(), message, expected, actual,
                Duration.ofNanos(run == null ? 0 : run.nowNs()));
    }

    private static String where(Throwable e) {
        return e.getStackTrace().length == 0 ? "" : " at " + e.getStackTrace()[0];
    }

    /// `…-v6.pkt` is for IPv6 only.
    private static IpVariant byName(String name) {
        String stem = name.toLowerCase(Locale.ROOT).replaceFirst("\\.pkt$", "");
        return stem.matches(".*[-_]v6") ? IpVariant.IPV6 : stem.matches(".*[-_]v4") ? IpVariant.IPV4 : null;
    }

    private void run(Script script, Settings settings, String name, ScriptRun[] run)
            throws IOException, MismatchException, SkipException, ScriptSyntaxException {
        var setup = new StackSetup(settings, profile, customizer);
        var shell = new Shell(setup);
        Map<Action.Command, Long> done = configure(script, shell);
        try (PcapTrace trace = capture == null ? null : new PcapTrace(capture, name)) {
            ManualStack[] stack = new ManualStack[1];
            var wire = new Wire(settings.mtu(), () -> stack[0] == null ? 0 : stack[0].nowNs() - RunClock.START_NS,
                    trace == null ? (_, _, _) -> { } : trace);
            try (ManualStack opened = open(script, setup, wire)) {
                stack[0] = opened;
                run[0] = new ScriptRun(script, settings, setup.isLinux(), command -> {
                    Long takesNs = done.remove(command);
                    return takesNs == null ? shell.run(command.at(), command.text()) : takesNs;
                }, wire, opened);
                run[0].run();
            }
        }
        if (script.cleanup() != null) {
            shell.run(script.cleanup().at(), script.cleanup().text());
        }
    }

    private ManualStack open(Script script, StackSetup setup, Wire wire) throws IOException, ScriptSyntaxException {
        try {
            return setup.open(wire);
        } catch (ConfigurationException e) {
            if (setup.isOfScript(e)) {
                throw new ScriptSyntaxException(script.events().getFirst().at(), e.getMessage());
            }
            throw e;
        }
    }

    /// What commands at the beginning say of the stack must be known before it is opened, so they are run then.
    ///
    /// @return how long each takes in its turn, in nanoseconds
    private static Map<Action.Command, Long> configure(Script script, Shell shell) throws SkipException {
        Map<Action.Command, Long> done = new HashMap<>();
        if (script.init() != null) {
            shell.run(script.init().at(), script.init().text());
        }
        for (Event event : script.events()) {
            if (!(event.action() instanceof Action.Command c)) {
                break;
            }
            done.put(c, shell.run(c.at(), c.text()));
        }
        return done;
    }

    /// The variants that a script is meant for: its own, or all.
    ///
    /// @throws ScriptSyntaxException if its options make no sense
    public static List<IpVariant> variants(String name, String text, Map<String, String> definitions) throws ScriptSyntaxException {
        try {
            Settings s = ScriptOptions.read(ScriptParser.options(text, definitions), null, byName(name));
            boolean own = byName(name) != null || ScriptParser.options(text, definitions).stream().anyMatch(o -> o.name().equals("ip_version"));
            return own ? List.of(s.variant()) : List.of(IpVariant.values());
        } catch (SkipException e) {
            return List.of(IpVariant.IPV4);
        }
    }
}
