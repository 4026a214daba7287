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

    /// What can befall hosts.
    enum TroubleKind {
        /// Hosts are cut off from others.
        CUT(true, false),
        /// What one host sends does not reach another.
        CUT_ONE_WAY(true, false),
        /// A host crashes, and starts again at the end.
        CRASH(false, false),
        /// A host's programs stand still, as after SIGSTOP; its stack goes on.
        PAUSE(false, false),
        /// A host's clock is wrong; the value says by how much, in nanoseconds.
        CLOCK(false, true),
        /// A host's clock goes wrong; the value says by how many parts in a billion.
        DRIFT(false, true),
        /// Packets from hosts to others take longer; the value says by how much, in nanoseconds.
        SLOW(true, true),
        /// The first TCP connection between two hosts that says anything is reset for both, by somebody in between.
        RESET(true, false),
        /// The name server says that it has failed.
        DNS_SERVFAIL(false, false),
        /// The name server says that no name exists.
        DNS_NXDOMAIN(false, false),
        /// The name server takes longer; the value says by how much, in nanoseconds.
        DNS_SLOW(false, true),
        /// The name server gives each name the address of another host.
        DNS_LIES(false, false);

        final boolean hasOthers;
        final boolean hasValue;

        TroubleKind(boolean hasOthers, boolean hasValue) {
            this.hasOthers = hasOthers;
            this.hasValue = hasValue;
        }

        /// Whether it befalls the name server, whatever hosts it names.
        boolean isOfNames() {
            return name().startsWith("DNS");
        }

        String word() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
        }
    }

    /// Something befell hosts for a while.
    ///
    /// @param hosts whom; on one side
    /// @param others on the other; empty for all others, and for what has no other side
    /// @param value what else there is to say, else 0
    record Trouble(TroubleKind kind, long atNs, long lastingNs, List<String> hosts, List<String> others, long value)
            implements ScriptEvent {
        /// Copies the lists.
        public Trouble {
            hosts = List.copyOf(hosts);
            others = List.copyOf(others);
        }

        Trouble at(long newAtNs) {
            return new Trouble(kind, newAtNs, lastingNs, hosts, others, value);
        }

        /// When it ends.
        long endNs() {
            return atNs + lastingNs;
        }

        /// What and whom, without when.
        String what() {
            String who = kind.word() + " " + String.join(",", hosts);
            return who + (!kind.hasOthers ? "" : others.isEmpty() ? " *" : " " + String.join(",", others));
        }

        @Override
        public String toString() {
            return what() + " " + atNs + "ns " + lastingNs + "ns" + (kind.hasValue ? " " + value + "ns" : "");
        }
    }

    /// Reads what `toString` of an event has written.
    static ScriptEvent parse(String line) {
        String[] w = line.trim().split("\\s+");
        try {
            for (TroubleKind kind : TroubleKind.values()) {
                if (kind.word().equals(w[0])) {
                    return trouble(kind, w);
                }
            }
            switch (w[0]) {
                case "pick" -> {
                    require(w, 3);
                    return new Pick(count(w[1]), Math.toIntExact(count(w[2])));
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

    private static Trouble trouble(TroubleKind kind, String[] w) {
        int at = kind.hasOthers ? 3 : 2;
        require(w, at + 2 + (kind.hasValue ? 1 : 0));
        List<String> others = !kind.hasOthers || w[2].equals("*") ? List.of() : names(w[2]);
        long value = kind.hasValue ? signed(w[at + 2]) : 0;
        if (value < 0 && kind != TroubleKind.CLOCK && kind != TroubleKind.DRIFT) {
            throw new IllegalArgumentException("nothing takes " + w[at + 2] + " longer");
        }
        return new Trouble(kind, Units.duration(w[at]).toNanos(), Units.duration(w[at + 1]).toNanos(), names(w[1]), others,
                value);
    }

    private static long signed(String duration) {
        return duration.startsWith("-") ? -Units.duration(duration.substring(1)).toNanos() : Units.duration(duration).toNanos();
    }

    private static Harm harm(String word) {
        for (Harm h : Harm.values()) {
            if (h.word().equals(word)) {
                return h;
            }
        }
        throw new IllegalArgumentException("it begins with none of pick, lose, duplicate, corrupt, delay, hold, "
                + java.util.Arrays.stream(TroubleKind.values()).map(TroubleKind::word).collect(java.util.stream.Collectors.joining(", ")));
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
