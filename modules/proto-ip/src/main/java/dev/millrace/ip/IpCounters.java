package dev.millrace.ip;

import dev.millrace.DropReason;
import dev.millrace.spi.Counters;
import dev.millrace.spi.NetworkContext;
import dev.millrace.wire.buffer.Packet;

/// The counters of one version of IP. `received` is the sum of `delivered` and of the `dropped-...` counters.
final class IpCounters {
    final Counters.Counter received;
    /// Packets that a transport or ICMP took.
    final Counters.Counter delivered;
    final Counters.Counter sent;
    final Counters.Counter echoRequests;
    final Counters.Counter echoReplies;
    final Counters.Counter redirects;
    final Counters.Counter errorsReceived;
    final Counters.Counter errorsSent;
    final Counters.Counter errorsLimited;
    /// Errors that the rules forbid to send.
    final Counters.Counter errorsForbidden;

    private final Counters group;
    private final Counters.Counter[] dropped = new Counters.Counter[DropReason.values().length];
    private final NetworkContext context;

    IpCounters(NetworkContext context, String group) {
        this.context = context;
        this.group = context.counters(group);
        received = counter("received");
        delivered = counter("delivered");
        sent = counter("sent");
        echoRequests = counter("echo-requests-received");
        echoReplies = counter("echo-replies-sent");
        redirects = counter("redirects-ignored");
        errorsReceived = counter("icmp-errors-received");
        errorsSent = counter("icmp-errors-sent");
        errorsLimited = counter("icmp-errors-rate-limited");
        errorsForbidden = counter("icmp-errors-not-allowed");
        for (DropReason reason : DropReason.values()) {
            dropped[reason.ordinal()] = counter("dropped-" + reason.name().toLowerCase(java.util.Locale.ROOT)
                    .replace('_', '-'));
        }
    }

    Counters.Counter counter(String name) {
        return group.counter(name);
    }

    /// Counts and ends a packet that came in.
    void drop(Packet packet, DropReason reason) {
        dropped[reason.ordinal()].add(1);
        context.drop(packet, reason);
    }
}
