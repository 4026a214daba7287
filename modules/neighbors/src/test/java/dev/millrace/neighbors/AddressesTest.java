package dev.millrace.neighbors;

import dev.millrace.NicAddress;
import dev.millrace.NicAddress.State;
import dev.millrace.Stack;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.Ipv6Header;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

/// A test of a host's own addresses: which its NIC has, and which messages of ICMPv6 were sent for them.
abstract class AddressesTest extends SegmentTest {
    static final Map<String, Map<String, String>> SLAAC = Map.of("nic", Map.of("slaac", "true"), "neighbors",
            Map.of("stable-secret", "for tests"));

    static List<NicAddress> all(Stack stack) {
        return stack.nics().getFirst().addressDetails();
    }

    /// The first address of an origin, or `null`.
    static NicAddress of(Stack stack, String origin) {
        return all(stack).stream().filter(a -> a.origin().equals(origin)).findFirst().orElse(null);
    }

    static State state(Stack stack, String origin) {
        NicAddress a = of(stack, origin);
        return a == null ? null : a.state();
    }

    /// The ICMPv6 messages of a type that were seen since the last call.
    final long count(int type) {
        long n = segment.seen.stream().filter(f -> isIcmp(f, type)).count();
        segment.seen.clear();
        return n;
    }

    static boolean isIcmp(byte[] frame, int type) {
        MemorySegment m = MemorySegment.ofArray(frame);
        return EthernetHeader.type(m, 0) == EtherType.IPV6 && Ipv6Header.nextHeader(m, 14) == 58
                && IcmpHeader.type(m, 54) == type;
    }
}
