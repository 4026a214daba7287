package dev.millrace.ip;

import dev.millrace.DropReason;
import dev.millrace.spi.Counters;
import dev.millrace.spi.NetworkContext;
import dev.millrace.wire.buffer.Packet;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// The counters of one version of IP. `received` and `reassembled` together are the sum of `delivered`, of the `dropped-...`
/// counters, of `fragments-reassembled` and of the fragments that wait.
///
/// The counters of what seldom happens are made when it first does, so that an idle stack holds none of them.
final class IpCounters {
    /// Types of ICMP errors are below this.
    private static final int ERROR_TYPES = 16;

    final Counters.Counter received;
    /// Packets that a transport or ICMP took.
    final Counters.Counter delivered;
    final Counters.Counter sent;
    final Counters.Counter echoRequests;
    final Counters.Counter echoReplies;
    final Counters.Counter redirects;
    final Counters.Counter errorsLimited;
    /// Errors that the rules forbid to send.
    final Counters.Counter errorsForbidden;

    private final Counters.Counter errorsReceived;
    private final Counters.Counter errorsSent;
    private final Counters.Counter[] receivedOfType = new Counters.Counter[ERROR_TYPES];
    private final Counters.Counter[] sentOfType = new Counters.Counter[ERROR_TYPES];
    private final Map<DropReason, Counters.Counter> dropped = new ConcurrentHashMap<>();
    private final Counters group;
    private final NetworkContext context;

    IpCounters(NetworkContext context, String name) {
        this.context = context;
        group = context.counters(name);
        received = group.counter("received");
        delivered = group.counter("delivered");
        sent = group.counter("sent");
        echoRequests = group.counter("echo-requests-received");
        echoReplies = group.counter("echo-replies-sent");
        redirects = group.counter("redirects-ignored");
        errorsReceived = group.counter("icmp-errors-received");
        errorsSent = group.counter("icmp-errors-sent");
        errorsLimited = group.counter("icmp-errors-rate-limited");
        errorsForbidden = group.counter("icmp-errors-not-allowed");
    }

    /// Ends a packet that was to be sent.
    void dropSent(Packet packet, DropReason reason) {
        context.drop(packet, reason);
    }

    /// Counts and ends a packet that came in.
    void drop(Packet packet, DropReason reason) {
        Counters.Counter counter = dropped.get(reason);
        if (counter == null) {
            counter = group.counter("dropped-" + reason.name());
            dropped.put(reason, counter);
        }
        counter.add(1);
        context.drop(packet, reason);
    }

    /// Counts an ICMP error that came in.
    void countReceived(int type) {
        errorsReceived.add(1);
        ofType(receivedOfType, type, "-received").add(1);
    }

    /// Counts what seldom happens.
    void count(String name, long n) {
        group.counter(name).add(n);
    }

    /// Counts an ICMP error that was sent.
    void countSent(int type) {
        errorsSent.add(1);
        ofType(sentOfType, type, "-sent").add(1);
    }

    private Counters.Counter ofType(Counters.Counter[] known, int type, String what) {
        Counters.Counter counter = known[type];
        if (counter == null) {
            // Two threads may both ask: they get the same counter.
            counter = group.counter("icmp-type-" + type + what);
            known[type] = counter;
        }
        return counter;
    }
}
