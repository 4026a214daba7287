package dev.millrace.stack;

import dev.millrace.Cidr;
import dev.millrace.NicAddress;
import dev.millrace.NicAddress.State;
import dev.millrace.spi.HostConfiguration;
import java.time.Duration;

/// An address of a NIC. An immutable value.
///
/// @param nic whose
/// @param cidr the address with its prefix
/// @param state what it may be used for
/// @param origin where it comes from, in a word
/// @param source through what it was entered, or `null` for configuration and program
/// @param connected whether the addresses of its prefix are on the link
/// @param isTemporary whether it is one that changes
/// @param preferredUntilNs when it is deprecated, [HostConfiguration#FOREVER] for never
/// @param validUntilNs when it goes, [HostConfiguration#FOREVER] for never
record Owned(StackNic nic, Cidr cidr, State state, String origin, LearnedConfiguration source, boolean connected,
        boolean isTemporary, long preferredUntilNs, long validUntilNs) {

    /// One that the configuration or the program gives.
    static Owned given(StackNic nic, Cidr cidr) {
        return new Owned(nic, cidr, nic.checksAddresses() ? State.TENTATIVE : State.PREFERRED, NicAddress.CONFIGURATION, null,
                true, false, HostConfiguration.FOREVER, HostConfiguration.FOREVER);
    }

    /// What a plug-in enters.
    static Owned learned(StackNic nic, HostConfiguration.Assignment a, String origin, LearnedConfiguration source, long nowNs) {
        State state = a.check() ? State.TENTATIVE : usable(a.preferredUntilNs(), nowNs);
        return new Owned(nic, a.cidr(), state, origin, source, a.onLink(), a.isTemporary(), a.preferredUntilNs(),
                a.validUntilNs());
    }

    private static State usable(long preferredUntilNs, long nowNs) {
        return isOver(preferredUntilNs, nowNs) ? State.DEPRECATED : State.PREFERRED;
    }

    /// Whether a time has come.
    static boolean isOver(long untilNs, long nowNs) {
        return untilNs != HostConfiguration.FOREVER && untilNs - nowNs <= 0;
    }

    boolean isUsable() {
        return state.isUsable();
    }

    private Owned with(State other) {
        return new Owned(nic, cidr, other, origin, source, connected, isTemporary, preferredUntilNs, validUntilNs);
    }

    /// With other lifetimes; what is being checked, or was found to be another's, stays so.
    Owned renewed(HostConfiguration.Assignment a, long nowNs) {
        State then = isUsable() ? usable(a.preferredUntilNs(), nowNs) : state;
        return new Owned(nic, a.cidr(), then, origin, source, a.onLink(), a.isTemporary(), a.preferredUntilNs(),
                a.validUntilNs());
    }

    /// As it is once neighbours were asked.
    Owned checked(boolean unique, long nowNs) {
        return with(unique ? usable(preferredUntilNs, nowNs) : State.DUPLICATE);
    }

    /// As it is at this time.
    Owned at(long nowNs) {
        return state == State.PREFERRED && isOver(preferredUntilNs, nowNs) ? with(State.DEPRECATED) : this;
    }

    /// Whether packets go and come alike with this in the place of another.
    boolean isAsGoodAs(Owned other) {
        return nic == other.nic && cidr.equals(other.cidr) && state == other.state && connected == other.connected
                && isTemporary == other.isTemporary;
    }

    NicAddress shown(long nowNs) {
        return new NicAddress(cidr, state, origin, isTemporary, remaining(preferredUntilNs, nowNs), remaining(validUntilNs, nowNs));
    }

    /// How long it is until a time, or `null` for ever.
    static Duration remaining(long untilNs, long nowNs) {
        return untilNs == HostConfiguration.FOREVER ? null : Duration.ofNanos(Math.max(0, untilNs - nowNs));
    }
}
