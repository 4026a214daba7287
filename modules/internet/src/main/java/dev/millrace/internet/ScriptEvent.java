package dev.millrace.internet;

import dev.millrace.Units;
import java.util.List;

/// One thing that chance let happen in a run, other than the plain course of things.
sealed interface ScriptEvent {
    /// Among the programs that could go on another than the first did.
    ///
    /// @param n the how manieth choice it was, from 0
    /// @param index which of them, from 1
    record Pick(long n, int index) implements ScriptEvent {
        @Override
        public String toString() {
            return "pick " + n + " " + index;
        }
    }

    /// What can happen to a packet.
    enum Harm {
        /// It is lost.
        LOSE,
        /// It comes twice.
        DUPLICATE,
        /// A bit is wrong; the value says which.
        CORRUPT,
        /// It takes longer; the value says by how much, in nanoseconds. It keeps its place in the order.
        DELAY,
        /// As [#DELAY], but others overtake it.
        HOLD;

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    /// Something happened to a packet.
    ///
    /// @param path the direction of a link, such as `a>b`
    /// @param n the how manieth packet on it, from 0
    record PacketHarm(String path, long n, Harm harm, long value) implements ScriptEvent {
        @Override
        public String toString() {
            String base = harm.word() + " " + path + " " + n;
            return switch (harm) {
                case LOSE, DUPLICATE -> base;
                case CORRUPT -> base + " " + value;
                case DELAY, HOLD -> base + " " + value + "ns";
            };
        }
    }

    /// Hosts were cut off from others for a while.
    ///
    /// @param hosts on one side
    /// @param others on the other; empty for all others
    record Trouble(long atNs, long lastingNs, List<String> hosts, List<String> others) implements ScriptEvent {
        /// Copies the lists.
        public Trouble {
            hosts = List.copyOf(hosts);
            others = List.copyOf(others);
        }

        @Override
        public String toString() {
            return "cut " + String.join(",", hosts) + " " + (others.isEmpty() ? "*" : String.join(",", others)) + " "
                    + atNs + "ns " + lastingNs + "ns";
        }
    }

    /// Reads what `toString` of an event has written.
    static ScriptEvent parse(String line) {
        String[] w = line.trim().split("\\s+");
        try {
            switch (w[0]) {
                case "pick" -> {
                    require(w, 3);
                    return new Pick(count(w[1]), Math.toIntExact(count(w[2])));
                }
                case "cut" -> {
                    require(w, 5);
                    return new Trouble(Units.duration(w[3]).toNanos(), Units.duration(w[4]).toNanos(), names(w[1]),
                            w[2].equals("*") ? List.of() : names(w[2]));
                }
                default -> {
                    Harm harm = harm(w[0]);
                    boolean bare = harm == Harm.LOSE || harm == Harm.DUPLICATE;
                    require(w, bare ? 3 : 4);
                    long value = bare ? 0 : harm == Harm.CORRUPT ? count(w[3]) : Units.duration(w[3]).toNanos();
                    if (!w[1].matches("[^>]+>[^>]+")) {
                        throw new IllegalArgumentException(w[1] + " is no direction of a link, such as a>b");
                    }
                    return new PacketHarm(w[1], count(w[2]), harm, value);
                }
            }
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new IllegalArgumentException("\"" + line + "\" is no event of a script: " + e.getMessage(), e);
        }
    }

    private static Harm harm(String word) {
        for (Harm h : Harm.values()) {
            if (h.word().equals(word)) {
                return h;
            }
        }
        throw new IllegalArgumentException("it begins with none of pick, lose, duplicate, corrupt, delay, hold, cut");
    }

    private static List<String> names(String text) {
        List<String> names = List.of(text.split(",", -1));
        if (names.contains("")) {
            throw new IllegalArgumentException("\"" + text + "\" has a name without letters");
        }
        return names;
    }

    private static void require(String[] words, int n) {
        if (words.length != n) {
            throw new IllegalArgumentException("it has " + words.length + " words, not " + n);
        }
    }

    private static long count(String text) {
        long n = Long.parseLong(text);
        if (n < 0) {
            throw new IllegalArgumentException("a number is negative");
        }
        return n;
    }
}
