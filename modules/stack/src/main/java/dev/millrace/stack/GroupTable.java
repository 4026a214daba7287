package dev.millrace.stack;

import dev.millrace.ErrorCode;
import dev.millrace.spi.GroupMembership;
import dev.millrace.spi.SocketErrors;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The multicast groups that programs have joined, by NIC (RFC 1112 §7.1). Who asks sees one state or the next and takes no lock.
final class GroupTable {
    private final AssembledStack stack;
    private final int most;
    /// How often each was joined; guarded by itself.
    private final Map<Key, Integer> joined = new HashMap<>();
    private volatile Members members = new Members(Map.of());

    private record Key(StackNic nic, long hi, long lo) {
    }

    /// All members at one moment, hashed openly.
    private static final class Members {
        final Key[] keys;

        Members(Map<Key, Integer> joined) {
            keys = new Key[Integer.highestOneBit(Math.max(4, 4 * joined.size()))];
            joined.keySet().forEach(k -> keys[slot(k.nic, k.hi, k.lo)] = k);
        }

        int slot(Object nic, long hi, long lo) {
            long h = (hi * 0x9E3779B97F4A7C15L ^ lo) * 0x9E3779B97F4A7C15L;
            int i = (int) (h >>> 32) & keys.length - 1;
            while (keys[i] != null && (keys[i].lo != lo || keys[i].hi != hi || keys[i].nic != nic)) {
                i = i + 1 & keys.length - 1;
            }
            return i;
        }
    }

    /// @param most memberships at once
    GroupTable(AssembledStack stack, int most) {
        this.stack = stack;
        this.most = most;
    }

    /// Whether packets to the group are taken on this NIC.
    boolean isMember(Object nic, long hi, long lo) {
        Members now = members;
        return now.keys[now.slot(nic, hi, lo)] != null;
    }

    /// Joins are counted: what was joined twice is to be left twice.
    ///
    /// @throws IOException if too many are joined
    void join(StackNic nic, IpAddress group) throws IOException {
        var key = new Key(nic, group.hi(), group.lo());
        synchronized (joined) {
            if (!joined.containsKey(key) && joined.size() >= most) {
                throw SocketErrors.of(ErrorCode.LIMIT_REACHED, "more than " + most + " groups: raise [stack] groups");
            }
            if (joined.merge(key, 1, Integer::sum) == 1) {
                members = new Members(joined);
            }
        }
        // Counted there, too, so that it does not matter who comes first.
        reporters().forEach(r -> r.join(nic, group));
    }

    void leave(StackNic nic, IpAddress group) {
        var key = new Key(nic, group.hi(), group.lo());
        synchronized (joined) {
            if (!joined.containsKey(key)) {
                return;
            }
            if (joined.compute(key, (_, n) -> n == 1 ? null : n - 1) == null) {
                members = new Members(joined);
            }
        }
        reporters().forEach(r -> r.leave(nic, group));
    }

    private List<GroupMembership> reporters() {
        return stack.networks().all().stream().map(n -> n.service(GroupMembership.class)).flatMap(Optional::stream).toList();
    }
}
