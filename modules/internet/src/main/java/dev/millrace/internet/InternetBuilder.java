package dev.millrace.internet;

import java.time.Duration;
import java.util.Objects;

/// Gathers what an [Internet] is to be like. Not safe for several threads at once.
public final class InternetBuilder {
    /// Who moves packets, and how time passes.
    enum Mode { MANUAL, REAL, VIRTUAL }

    Mode mode = Mode.REAL;
    long seed;
    int maxInFlight = Internet.DEFAULT_MAX_IN_FLIGHT;
    int mtu = Internet.MTU_ETHERNET;
    LinkConditions conditions = LinkConditions.perfect();
    Script script;
    boolean record;
    boolean goOnAfterFailures;
    int recentPackets;
    Duration limit = Duration.ofDays(1);
    Duration stall = Duration.ofSeconds(1);

    InternetBuilder() {
    }

    /// Lets the program move the packets: see [Internet#take()].
    public InternetBuilder manual() {
        mode = Mode.MANUAL;
        return this;
    }

    /// Moves packets by itself, as time passes on the wall. This is the default.
    public InternetBuilder realTime() {
        mode = Mode.REAL;
        return this;
    }

    /// Moves packets by itself, in simulated time, as this seed has it.
    public InternetBuilder virtualTime(long newSeed) {
        mode = Mode.VIRTUAL;
        return seed(newSeed);
    }

    /// What chance follows from. In real time it decides what happens to the how manieth packet of each link, but not when.
    public InternetBuilder seed(long newSeed) {
        seed = newSeed;
        return this;
    }

    /// How many packets may be in flight, 0 to 2^20, when the program moves them. What is sent beyond that is dropped and
    /// counted as `overflows`; with 0 a packet is dropped unless somebody waits in [Internet#take()].
    public InternetBuilder maxInFlight(int packets) {
        if (packets < 0 || packets > 1 << 20) {
            throw new IllegalArgumentException("maxInFlight must be 0 to 2^20, not " + packets);
        }
        maxInFlight = packets;
        return this;
    }

    /// The MTU of hosts in bytes, 1280 to 65535.
    public InternetBuilder mtu(int bytes) {
        if (bytes < Internet.MTU_MINIMUM_IPV6 || bytes > 65535) {
            throw new IllegalArgumentException("the MTU must be 1280 to 65535, not " + bytes);
        }
        mtu = bytes;
        return this;
    }

    /// What the paths between hosts are like that nobody describes: perfect, if nothing is said.
    public InternetBuilder conditions(LinkConditions usual) {
        conditions = Objects.requireNonNull(usual);
        return this;
    }

    /// Lets happen what this script says, and nothing else that is left to chance. Chance of the stacks and of the programs
    /// still follows from the seed.
    public InternetBuilder script(Script newScript) {
        script = newScript;
        return this;
    }

    /// Remembers what chance lets happen, for [Internet#script()].
    public InternetBuilder record(boolean value) {
        record = value;
        return this;
    }

    /// How much simulated time may pass until the simulation fails as one that never ends; 1 day if nothing is said.
    public InternetBuilder limit(Duration time) {
        limit = Objects.requireNonNull(time);
        return this;
    }

    /// How long by the wall clock a program may block where simulated time does not see it, until the simulation fails; 1 s
    /// if nothing is said.
    public InternetBuilder stallAfter(Duration time) {
        stall = Objects.requireNonNull(time);
        return this;
    }

    /// Remembers the last things that happened to packets, so many, for [Internet#recentPackets]; none if nothing is said. Each
    /// costs about a microsecond.
    public InternetBuilder rememberPackets(int most) {
        if (most < 0 || most > 1 << 20) {
            throw new IllegalArgumentException("0 to 2^20 packets can be remembered, not " + most);
        }
        recentPackets = most;
        return this;
    }

    /// Whether simulated time goes on after a program has failed. If not, as when nothing is said, whoever lets time pass gets a
    /// [SimulationException] with the failure as its cause, unless somebody waits for that program or has asked how it ended.
    public InternetBuilder goOnAfterFailures(boolean value) {
        goOnAfterFailures = value;
        return this;
    }

    /// The Internet, without hosts.
    public Internet open() {
        return new Internet(this);
    }
}
