package dev.millrace.neighbors;

import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Timers;
import dev.millrace.wire.IpAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Asks whether another station has an IPv4 address before it is taken (RFC 5227 §2.1). Any thread may call any method.
final class AddressProbes {
    /// RFC 5227 §1.1: PROBE_NUM.
    private static final int PROBES = 3;
    /// More at once than any host begins with.
    private static final int MAX = 1024;

    private final NetworkContext context;
    private final Questions questions;
    private final Map<Key, Probe> open = new ConcurrentHashMap<>();

    private record Key(NicPort nic, IpAddress address) {
    }

    AddressProbes(NetworkContext context, Questions questions) {
        this.context = context;
        this.questions = questions;
    }

    /// See [dev.millrace.spi.NeighborDiscovery#probe].
    void begin(NicPort nic, IpAddress address, long durationNs, Consumer<Boolean> answer) {
        var key = new Key(nic, address);
        var probe = new Probe(key, durationNs / PROBES, answer);
        if (nic.stationAddress() == 0 || !address.isV4() || open.size() >= MAX || open.putIfAbsent(key, probe) != null) {
            answer.accept(false);
            return;
        }
        probe.ask(context.clock().nanoTime());
    }

    /// Another station has this address, or is just about to take it.
    void conflict(NicPort nic, IpAddress address) {
        if (!open.isEmpty()) {
            Probe probe = open.get(new Key(nic, address));
            if (probe != null) {
                probe.end(true);
            }
        }
    }

    void close() {
        open.values().forEach(p -> p.timer.cancel());
        open.clear();
    }

    private final class Probe {
        private final Key key;
        private final long intervalNs;
        private final Consumer<Boolean> answer;
        private final Timers.Timer timer = context.timers().create(this::ask);
        /// Only whoever begins and then the timer asks.
        private int asked;

        Probe(Key key, long intervalNs, Consumer<Boolean> answer) {
            this.key = key;
            this.intervalNs = intervalNs;
            this.answer = answer;
        }

        void ask(long nowNs) {
            if (open.get(key) != this) {
                return;
            }
            if (asked == PROBES) {
                end(false);
                return;
            }
            asked++;
            // Before the question: an answer may come while it is being asked.
            timer.set(nowNs + intervalNs);
            questions.probe(key.nic(), key.address(), 0);
        }

        void end(boolean taken) {
            if (open.remove(key, this)) {
                timer.cancel();
                answer.accept(taken);
            }
        }
    }
}
