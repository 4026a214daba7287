package dev.millrace.packetdrill.run;

import dev.millrace.packetdrill.script.Position;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Understands the commands that scripts run: those that configure a kernel become options of the stack. No shell is started. What
/// is not understood is a reason to skip the script.
final class Shell {
    /// Loads what the stack has anyway, or speaks to people.
    private static final Set<String> WITHOUT_EFFECT = Set.of("true", ":", "sync", "exit", "set", "uname", "echo");
    /// Queues that change nothing on a link without a rate.
    private static final Set<String> PLAIN_QUEUES = Set.of("pfifo", "pfifo_fast", "noqueue");
    /// What the portable scripts of Google begin with.
    private static final List<String> LINUX_DEFAULTS = List.of("net.ipv4.tcp_rmem=4096 540000 15728640",
            "net.ipv4.tcp_wmem=4096 262144 4194304", "net.ipv4.tcp_timestamps=1", "net.ipv4.tcp_syn_retries=5",
            "net.ipv4.tcp_synack_retries=5", "net.ipv4.tcp_sack=1", "net.ipv4.tcp_congestion_control=cubic",
            "net.ipv4.tcp_slow_start_after_idle=0", "net.ipv4.tcp_early_retrans=4", "net.ipv4.tcp_ecn=0",
            "net.ipv4.tcp_syncookies=1");
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|'([^']*)'|([^\\s\"']+)");
    private static final Pattern REDIRECTION = Pattern.compile("(?:[12&]?>>?\\s*(?:/dev/null|&[12]))|(?:<\\s*/dev/null)");
    private static final Pattern ECHO = Pattern.compile("echo\\s+(.*?)\\s*>\\s*/proc/sys/(\\S+)");
    private static final Pattern SETTING = Pattern.compile("(?:/proc/sys/)?([a-zA-Z0-9_./-]+)=(.*)", Pattern.DOTALL);

    private final Sysctls sysctls;

    Shell(StackSetup setup) {
        sysctls = new Sysctls(setup);
    }

    /// Runs all commands of a text.
    ///
    /// @return how long they take, in nanoseconds
    /// @throws SkipException if one is not understood
    long run(Position at, String text) throws SkipException {
        long takesNs = 0;
        for (String command : text.replace("\\\n", " ").split("\n|;|&&|\\|\\|")) {
            String clean = REDIRECTION.matcher(command).replaceAll(" ").strip();
            if (!clean.isEmpty() && !clean.startsWith("#")) {
                takesNs += one(at, clean);
            }
        }
        return takesNs;
    }

    private long one(Position at, String command) throws SkipException {
        Matcher echo = ECHO.matcher(command);
        if (echo.matches()) {
            sysctls.set(at, echo.group(2), words(echo.group(1)).stream().reduce((a, b) -> a + " " + b).orElse(""));
            return 0;
        }
        List<String> words = words(command);
        String program = words.getFirst().substring(words.getFirst().lastIndexOf('/') + 1);
        List<String> arguments = words.subList(1, words.size());
        switch (program) {
            case "defaults.sh" -> {
                for (String setting : LINUX_DEFAULTS) {
                    set(at, setting);
                }
            }
            case "set_sysctls.py", "sysctl" -> settings(at, command, arguments);
            case "sleep", "usleep" -> {
                return sleep(at, command, arguments, program.equals("sleep") ? 9 : 3);
            }
            case "kldload", "modprobe" -> {
                // That something can be chosen does not choose it.
            }
            case "tc" -> {
                if (!arguments.contains("qdisc") || arguments.stream().noneMatch(PLAIN_QUEUES::contains)) {
                    throw notUnderstood(at, command);
                }
            }
            case "ip" -> {
                // A new stack has no memory of others.
                if (!arguments.contains("tcp_metrics") || !arguments.contains("flush")) {
                    throw notUnderstood(at, command);
                }
            }
            default -> {
                boolean restores = program.startsWith("sysctl_restore_");
                if (!restores && (!WITHOUT_EFFECT.contains(program) || command.contains(">"))) {
                    throw notUnderstood(at, command);
                }
            }
        }
        return 0;
    }

    private static SkipException notUnderstood(Position at, String command) {
        return new SkipException(at, "the command `" + command + "` is not understood");
    }

    private void settings(Position at, String command, List<String> arguments) throws SkipException {
        boolean some = false;
        for (String argument : arguments) {
            if (argument.matches("-[qwne]+")) {
                continue;
            }
            if (!SETTING.matcher(argument).matches()) {
                throw notUnderstood(at, command);
            }
            set(at, argument);
            some = true;
        }
        if (!some) {
            throw notUnderstood(at, command);
        }
    }

    private void set(Position at, String setting) throws SkipException {
        Matcher m = SETTING.matcher(setting);
        if (m.matches()) {
            sysctls.set(at, m.group(1), m.group(2).strip());
        }
    }

    private static long sleep(Position at, String command, List<String> arguments, int digits) throws SkipException {
        if (arguments.size() != 1 || !arguments.getFirst().matches("[0-9]{1,6}(\\.[0-9]{1,9})?s?")) {
            throw notUnderstood(at, command);
        }
        return new BigDecimal(arguments.getFirst().replace("s", "")).movePointRight(digits).longValue();
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        Matcher m = WORD.matcher(text);
        int behind = 0;
        while (m.find()) {
            String word = m.group(1) != null ? m.group(1) : m.group(2) != null ? m.group(2) : m.group(3);
            // name="a b" is one word.
            if (m.start() == behind && !words.isEmpty()) {
                words.set(words.size() - 1, words.getLast() + word);
            } else {
                words.add(word);
            }
            behind = m.end();
        }
        return words;
    }
}
