package dev.millrace.tcp.engine;

import dev.millrace.spi.IcmpError;

/// One step of a fuzz script: what a program, the network or a stranger does, some time after the step before.
sealed interface FuzzStep {
    /// The two ends.
    enum Who {
        A, B;

        Who other() {
            return this == A ? B : A;
        }

        @Override
        public String toString() {
            return this == A ? "a" : "b";
        }
    }

    /// In nanoseconds.
    long afterNs();

    void run(FuzzedPair pair);

    /// What happens, as a sentence's rest.
    String words();

    static String time(long ns) {
        return ns < 10_000 ? ns + " ns" : ns < 10_000_000 ? ns / 1000 + " us" : ns < 10_000_000_000L ? ns / 1_000_000 + " ms"
                : ns / 1_000_000_000 + " s";
    }

    // ---- programs

    enum Kind { PLAIN, URGENT, MORE }

    record Write(long afterNs, Who who, int bytes, Kind kind) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.end(who).write(bytes, kind);
        }

        @Override
        public String words() {
            return who + " writes " + bytes + " bytes" + (kind == Kind.PLAIN ? "" : kind == Kind.URGENT ? ", urgent" : ", more to come");
        }
    }

    /// A program reads no more than that until it is told another number; -1 is all.
    record Read(long afterNs, Who who, int bytes) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.end(who).mayRead(bytes < 0 ? Long.MAX_VALUE : bytes);
        }

        @Override
        public String words() {
            return who + (bytes < 0 ? " reads all that comes" : bytes == 0 ? " stops reading" : " reads " + bytes + " bytes and stops");
        }
    }

    enum End { SHUTDOWN_OUTPUT, SHUTDOWN_INPUT, CLOSE, ABORT }

    record Ending(long afterNs, Who who, End how) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.end(who).end(how);
        }

        @Override
        public String words() {
            return who + " " + switch (how) {
                case SHUTDOWN_OUTPUT -> "shuts its output down";
                case SHUTDOWN_INPUT -> "shuts its input down";
                case CLOSE -> "closes";
                case ABORT -> "aborts";
            };
        }
    }

    enum Setting {
        NO_DELAY, CORK, QUICK_ACK, KEEP_ALIVE, URGENT_INLINE, USER_TIMEOUT, FIN_WAIT_2, RECEIVE_BUFFER, SEND_BUFFER, NOT_SENT_LOWAT,
        ADVERTISED_USER_TIMEOUT
    }

    /// A program changes an option; the value is a number, or 0 and 1 for no and yes.
    record Option(long afterNs, Who who, Setting setting, long value) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.end(who).change(setting, value);
        }

        @Override
        public String words() {
            return who + " sets " + setting + " to " + value;
        }
    }

    // ---- hosts

    /// A host is gone, with all that it knew.
    record Vanish(long afterNs, Who who, boolean comesBack) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.vanish(who, comesBack);
        }

        @Override
        public String words() {
            return who + " ceases to exist" + (comesBack ? ", and another host answers" : "");
        }
    }

    /// The clock goes on, and nobody runs meanwhile.
    record Jump(long afterNs, long byNs) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.jump(byNs);
        }

        @Override
        public String words() {
            return "the clock jumps by " + time(byNs);
        }
    }

    /// The stack's memory is so little, or 0: as much as is wanted.
    record Memory(long afterNs, Who who, int bytes) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.end(who).budget.limit(bytes == 0 ? Long.MAX_VALUE : bytes);
        }

        @Override
        public String words() {
            return who + " has " + (bytes == 0 ? "all the memory that it wants" : bytes + " bytes of memory");
        }
    }

    /// What was learnt of the path is forgotten, or its device has another MTU.
    record Path(long afterNs, Who who, int mtu) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.end(who).deviceMtu(mtu);
        }

        @Override
        public String words() {
            return who + " has a device with an MTU of " + mtu;
        }
    }

    // ---- the network

    record Change(long afterNs, Who from, Weather weather) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.wire(from).weather = weather;
        }

        @Override
        public String words() {
            return "the way from " + from + ": " + weather.words();
        }
    }

    /// Nothing from there arrives for a while.
    record Cut(long afterNs, Who from, long forNs) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.wire(from).cutUntilNs = pair.nowNs + forNs;
        }

        @Override
        public String words() {
            return "the way from " + from + " is cut for " + time(forNs);
        }
    }

    /// The narrowest link takes no more than that.
    record Narrow(long afterNs, Who from, int mtu, boolean tells, boolean tellsSize) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            FuzzWire wire = pair.wire(from);
            wire.mtu = mtu;
            wire.tells = tells;
            wire.tellsSize = tellsSize;
        }

        @Override
        public String words() {
            return "the way from " + from + " takes packets of " + mtu + (tells ? tellsSize ? " and says so" : " and says that there is a limit"
                    : " and says nothing");
        }
    }

    /// Somebody sends an ICMP error about what `to` has sent: at this distance from its SND.UNA.
    record Icmp(long afterNs, Who to, IcmpError.Kind kind, int distance, int mtu) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.end(to).icmpAt(kind, distance, mtu);
        }

        @Override
        public String words() {
            return to + " hears of " + kind + (mtu > 0 ? " " + mtu : "") + " about SND.UNA" + (distance < 0 ? "" : "+") + distance;
        }
    }

    enum Forgery { RST_IN_WINDOW, RST_BESIDE, SYN, OLD_DATA, ACK_AHEAD, ACK_BEHIND, NO_FLAGS }

    /// A stranger who does not see the packets sends one in the name of `to`'s peer.
    record Forged(long afterNs, Who to, Forgery what, int number) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            pair.forge(to, what, number);
        }

        @Override
        public String words() {
            return "a stranger sends " + to + " " + what + " with " + number;
        }
    }

    record Nothing(long afterNs) implements FuzzStep {
        @Override
        public void run(FuzzedPair pair) {
            // Time passes.
        }

        @Override
        public String words() {
            return "nothing";
        }
    }
}
