package dev.millrace.internet;

import dev.millrace.Cidr;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/// How a NAT behaves: the knobs of RFC 4787 (UDP), RFC 5382 (TCP) and RFC 5508 (ICMP), with RFC 7857's updates. The
/// default is the NAT that those ask for. Immutable; each `with` gives a copy that differs in one thing.
///
/// ```
/// NatOptions symmetric = NatOptions.DEFAULT
///         .withMapping(NatBehavior.ADDRESS_AND_PORT_DEPENDENT)
///         .withFiltering(NatBehavior.ADDRESS_AND_PORT_DEPENDENT)
///         .withForward(PortForward.tcp(443, "10.0.0.2", 8443));
/// ```
public final class NatOptions {
    /// Mapping independent of the peer (RFC 4787 REQ-1), filtering by address (REQ-8), ports preserved where they are
    /// free and else from 1024 to 65535, hairpinning (REQ-9), 65535 mappings, 262144 sessions.
    public static final NatOptions DEFAULT = new NatOptions();

    private NatBehavior mapping = NatBehavior.ENDPOINT_INDEPENDENT;
    private NatBehavior filtering = NatBehavior.ADDRESS_DEPENDENT;
    private boolean portPreservation = true;
    private int firstPort = 1024;
    private int lastPort = 65535;
    private boolean hairpinning = true;
    private boolean inboundRefresh = true;
    private boolean midStream;
    private int maxMappings = 65535;
    private int maxSessions = 262_144;
    private FlowTimeouts timeouts = FlowTimeouts.DEFAULT;
    private List<PortForward> forwards = List.of();
    private Cidr internalPrefix;
    private Cidr externalPrefix;

    private NatOptions() {
    }

    private NatOptions(NatOptions o) {
        mapping = o.mapping;
        filtering = o.filtering;
        portPreservation = o.portPreservation;
        firstPort = o.firstPort;
        lastPort = o.lastPort;
        hairpinning = o.hairpinning;
        inboundRefresh = o.inboundRefresh;
        midStream = o.midStream;
        maxMappings = o.maxMappings;
        maxSessions = o.maxSessions;
        timeouts = o.timeouts;
        forwards = o.forwards;
        internalPrefix = o.internalPrefix;
        externalPrefix = o.externalPrefix;
    }

    /// When packets of one internal port share an external one (RFC 4787 §4.1).
    public NatOptions withMapping(NatBehavior behavior) {
        var o = new NatOptions(this);
        o.mapping = Objects.requireNonNull(behavior);
        return o;
    }

    /// Who may send to an external port (RFC 4787 §5). Port forwards let everybody.
    public NatOptions withFiltering(NatBehavior behavior) {
        var o = new NatOptions(this);
        o.filtering = Objects.requireNonNull(behavior);
        return o;
    }

    /// Whether the external port is the internal one if that is free and in the range (RFC 4787 §4.2.1); else it is
    /// chosen at random (RFC 6056).
    public NatOptions withPortPreservation(boolean on) {
        var o = new NatOptions(this);
        o.portPreservation = on;
        return o;
    }

    /// The ports that mappings may get, both ends included, 1 to 65535. ICMP identifiers have no range.
    ///
    /// @throws IllegalArgumentException if there is no such range
    public NatOptions withPorts(int first, int last) {
        if (first < 1 || last > 65535 || first > last) {
            throw new IllegalArgumentException("ports " + first + " to " + last + "; they must lie in 1 to 65535, in order");
        }
        var o = new NatOptions(this);
        o.firstPort = first;
        o.lastPort = last;
        return o;
    }

    /// Whether hosts inside reach one another by the external address (RFC 4787 REQ-9).
    public NatOptions withHairpinning(boolean on) {
        var o = new NatOptions(this);
        o.hairpinning = on;
        return o;
    }

    /// Whether packets from outside keep a flow alive (RFC 4787 REQ-6); those from inside always do.
    public NatOptions withInboundRefresh(boolean on) {
        var o = new NatOptions(this);
        o.inboundRefresh = on;
        return o;
    }

    /// Whether TCP segments from inside that begin no connection get a mapping nevertheless, so that connections outlive
    /// a restart of the NAT. Else they are dropped, and the connections time out.
    public NatOptions withMidStream(boolean on) {
        var o = new NatOptions(this);
        o.midStream = on;
        return o;
    }

    /// How many mappings there may be beside port forwards, at least 1. When the table is full, packets that need
    /// another one are dropped, and the host that sent them is told if the NAT has an address inside (RFC 5508 REQ-8).
    public NatOptions withMaxMappings(int n) {
        var o = new NatOptions(this);
        o.maxMappings = atLeastOne("mappings", n);
        return o;
    }

    /// How many sessions, each an internal port, an external one and a peer, there may be in all, at least 1.
    public NatOptions withMaxSessions(int n) {
        var o = new NatOptions(this);
        o.maxSessions = atLeastOne("sessions", n);
        return o;
    }

    private static int atLeastOne(String what, int n) {
        if (n < 1) {
            throw new IllegalArgumentException("at most " + n + " " + what + "; there must be room for 1");
        }
        return n;
    }

    /// How long flows without packets last (RFC 4787 REQ-5, RFC 5382 REQ-5, RFC 5508 REQ-2).
    public NatOptions withTimeouts(FlowTimeouts t) {
        var o = new NatOptions(this);
        o.timeouts = Objects.requireNonNull(t);
        return o;
    }

    /// The same with one more port forward. With several external addresses it is on the first.
    ///
    /// @throws IllegalArgumentException if the external port is taken by another
    public NatOptions withForward(PortForward forward) {
        var all = new ArrayList<>(forwards);
        all.add(Objects.requireNonNull(forward));
        return withForwards(all);
    }

    /// The port forwards.
    ///
    /// @throws IllegalArgumentException if two have the same external port
    public NatOptions withForwards(List<PortForward> all) {
        var taken = new HashSet<String>();
        for (PortForward f : all) {
            if (!taken.add(f.protocol() + " " + f.externalPort())) {
                throw new IllegalArgumentException("two forwards from " + f.protocol() + " port " + f.externalPort());
            }
        }
        var o = new NatOptions(this);
        o.forwards = List.copyOf(all);
        return o;
    }

    /// Has IPv6 packets go through with one prefix replaced by another, host by host (NPTv6, RFC 6296). Without, IPv6 goes
    /// through as it is.
    ///
    /// @param internal the prefix inside, such as `fd00:1::/48`, of 1 to 64 bits
    /// @param external the prefix outside, of the same length
    /// @throws IllegalArgumentException if they are not two such prefixes
    public NatOptions withPrefixTranslation(Cidr internal, Cidr external) {
        if (internal.address().isV4() || external.address().isV4() || internal.prefixLength() != external.prefixLength()
                || internal.prefixLength() < 1 || internal.prefixLength() > 64
                || internal.network().equals(external.network())) {
            throw new IllegalArgumentException("translation of " + internal + " to " + external
                    + "; both must be IPv6 prefixes of one length, 1 to 64, and differ");
        }
        var o = new NatOptions(this);
        o.internalPrefix = internal.network();
        o.externalPrefix = external.network();
        return o;
    }

    /// See [#withMapping].
    public NatBehavior mapping() {
        return mapping;
    }

    /// See [#withFiltering].
    public NatBehavior filtering() {
        return filtering;
    }

    /// See [#withPortPreservation].
    public boolean portPreservation() {
        return portPreservation;
    }

    /// The first port that mappings may get.
    public int firstPort() {
        return firstPort;
    }

    /// The last port that mappings may get.
    public int lastPort() {
        return lastPort;
    }

    /// See [#withHairpinning].
    public boolean hairpinning() {
        return hairpinning;
    }

    /// See [#withInboundRefresh].
    public boolean inboundRefresh() {
        return inboundRefresh;
    }

    /// See [#withMidStream].
    public boolean midStream() {
        return midStream;
    }

    /// See [#withMaxMappings].
    public int maxMappings() {
        return maxMappings;
    }

    /// See [#withMaxSessions].
    public int maxSessions() {
        return maxSessions;
    }

    /// See [#withTimeouts].
    public FlowTimeouts timeouts() {
        return timeouts;
    }

    /// The port forwards.
    public List<PortForward> forwards() {
        return forwards;
    }

    /// The IPv6 prefix inside, or `null` if IPv6 goes through as it is.
    public Cidr internalPrefix() {
        return internalPrefix;
    }

    /// The IPv6 prefix outside, or `null` if IPv6 goes through as it is.
    public Cidr externalPrefix() {
        return externalPrefix;
    }
}
