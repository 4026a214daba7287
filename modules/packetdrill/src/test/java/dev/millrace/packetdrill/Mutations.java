package dev.millrace.packetdrill;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Scripts that are like one of ours but for one number that is expected, each of which the stack must fail. For scripts with an
/// event a line, as ours are.
final class Mutations {
    private static final Pattern OUTBOUND = Pattern.compile("^(?<time>[+.0-9~]+)\\s+>.*");
    private static final Pattern SEQUENCE = Pattern.compile("(\\d+):(\\d+)\\((\\d+)\\)");
    private static final Pattern NAMED = Pattern.compile("\\b(ack|win|urg|mss|wscale|ecr|mtu|id|ttl) (\\d+)");
    private static final Pattern TOS = Pattern.compile("\\b(tos|flowlabel) 0x([0-9a-f]+)");
    private static final Pattern BLOCK = Pattern.compile("(?<=sack |[0-9] )(\\d+):(\\d+)(?!\\()");
    private static final Pattern LENGTH = Pattern.compile("\\b(udp|raw) \\((\\d+)\\)");
    private static final Pattern RESULT = Pattern.compile("\\) = (\\d+)\\b");
    private static final Pattern MAKES_DESCRIPTOR = Pattern.compile("\\b(socket|accept|accept4|epoll_create|epoll_create1)\\(");
    private static final Pattern VALUE = Pattern.compile("\\b(getsockopt|ioctl)\\(.*?\\[(\\d+)\\]");
    private static final Pattern ASSERTED = Pattern.compile("== (\\d+)");

    private final List<String> lines;
    private final List<Mutant> mutants = new ArrayList<>();

    /// A script that must fail.
    ///
    /// @param line the number of the line that is different
    /// @param changed how that reads
    /// @param text all of it
    record Mutant(int line, String changed, String text) {
    }

    private Mutations(String text) {
        lines = text.lines().toList();
        for (int i = 0; i < lines.size(); i++) {
            line(i, lines.get(i));
        }
    }

    static List<Mutant> of(String text) {
        return new Mutations(text).mutants;
    }

    private void line(int i, String line) {
        if (line.startsWith("//") || line.startsWith("--") || line.isBlank()) {
            return;
        }
        Matcher outbound = OUTBOUND.matcher(line);
        if (outbound.matches() || line.matches("^\\*\\s+>.*")) {
            if (outbound.matches()) {
                time(i, line, outbound.group("time"));
            }
            packet(i, line);
            return;
        }
        if (!MAKES_DESCRIPTOR.matcher(line).find()) {
            each(i, line, RESULT, 1);
        }
        each(i, line, VALUE, 2);
        each(i, line, ASSERTED, 1);
    }

    /// So much later than it comes that no tolerance, which is a part of the time since the event before, forgives it.
    private void time(int i, String line, String time) {
        String[] ends = time.replace("+", "").split("~");
        String sign = time.startsWith("+") ? "+" : "";
        add(i, sign + later(ends[0]) + (ends.length == 1 ? "" : "~" + sign + later(ends[1])) + line.substring(time.length()));
    }

    private static String later(String time) {
        return new BigDecimal(time).multiply(new BigDecimal("1.5")).add(BigDecimal.ONE).toPlainString();
    }

    private void packet(int i, String line) {
        boolean syn = line.matches("^\\S+\\s+>\\s+(\\[.*?\\] )?(\\d+ > \\d+ )?S.*");
        Matcher m = SEQUENCE.matcher(line);
        while (m.find()) {
            long first = Long.parseLong(m.group(1));
            long length = Long.parseLong(m.group(3));
            if (!syn) {
                add(i, replace(line, m.start(), m.end(), sequence(first + 1, length)));
            }
            add(i, replace(line, m.start(), m.end(), sequence(first, length + 1)));
        }
        each(i, line, NAMED, 2);
        each(i, line, LENGTH, 2);
        each(i, line, BLOCK, 1);
        each(i, line, BLOCK, 2);
        Matcher t = TOS.matcher(line);
        while (t.find()) {
            add(i, replace(line, t.start(2), t.end(2), Integer.toHexString(Integer.parseInt(t.group(2), 16) ^ 4)));
        }
    }

    private static String sequence(long first, long length) {
        long modulus = 1L << 32;
        return first % modulus + ":" + (first + length) % modulus + "(" + length + ")";
    }

    private void each(int i, String line, Pattern pattern, int group) {
        Matcher m = pattern.matcher(line);
        while (m.find()) {
            long n = Long.parseLong(m.group(group));
            // One more, or one less where there is no more.
            boolean most = n == 65535 || n == 0xffff_ffffL || m.group().startsWith("wscale") && n == 14 || m.group().startsWith("ttl") && n == 255;
            add(i, replace(line, m.start(group), m.end(group), "" + (most ? n - 1 : n + 1)));
        }
    }

    private static String replace(String line, int from, int to, String with) {
        return line.substring(0, from) + with + line.substring(to);
    }

    private void add(int i, String changed) {
        List<String> copy = new ArrayList<>(lines);
        copy.set(i, changed);
        mutants.add(new Mutant(i + 1, changed, String.join("\n", copy) + "\n"));
    }
}
