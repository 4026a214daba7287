package dev.millrace.internet;

import dev.millrace.wire.IpProtocol;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;

/// Which external ports of a NAT are in use, for each protocol and address. No port serves two mappings: RFC 4787 REQ-3
/// forbids what it calls overloading.
final class NatPorts {
    private final NatOptions options;
    private final RandomGenerator random;
    private final Map<Long, BitSet> used = new HashMap<>();

    NatPorts(NatOptions options, RandomGenerator random) {
        this.options = options;
        this.random = random;
    }

    private BitSet used(int protocol, int address) {
        return used.computeIfAbsent(NatTable.endpoint(protocol, address, 0), _ -> new BitSet());
    }

    /// A free port, now in use, or -1 if there is none: the wanted one if it may be had and options say so, else the next
    /// free one from a random place on (RFC 6056 §3.3.1).
    int take(int protocol, int address, int wanted) {
        boolean icmp = protocol == IpProtocol.ICMP;
        int first = icmp ? 0 : options.firstPort();
        int last = icmp ? 65535 : options.lastPort();
        BitSet taken = used(protocol, address);
        int port = wanted;
        if (!options.portPreservation() || wanted < first || wanted > last || taken.get(wanted)) {
            port = taken.nextClearBit(first + random.nextInt(last - first + 1));
            if (port > last) {
                port = taken.nextClearBit(first);
            }
        }
        if (port > last) {
            return -1;
        }
        taken.set(port);
        return port;
    }

    /// Takes this port, for a forward.
    void reserve(int protocol, int address, int port) {
        used(protocol, address).set(port);
    }

    void free(int protocol, int address, int port) {
        used(protocol, address).clear(port);
    }
}
