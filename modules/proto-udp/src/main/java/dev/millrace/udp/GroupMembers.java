package dev.millrace.udp;

import dev.millrace.ErrorCode;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.SocketErrors;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Which sockets have joined which multicast groups on which NICs. Look-ups take no lock.
final class GroupMembers {
    /// Groups that one socket may have joined.
    private static final int MOST_OF_ONE = 256;
    private static final DatagramEndpoint[] NOBODY = {};

    private final UdpProtocol protocol;
    /// Changed with the monitor of this; the arrays are never changed.
    private final Map<Key, DatagramEndpoint[]> members = new ConcurrentHashMap<>();

    private record Key(NicPort nic, long hi, long lo) {
    }

    GroupMembers(UdpProtocol protocol) {
        this.protocol = protocol;
    }

    /// Who has joined a group on a NIC, whatever port each is bound to.
    DatagramEndpoint[] of(NicPort nic, long hi, long lo) {
        return members.isEmpty() ? NOBODY : members.getOrDefault(new Key(nic, hi, lo), NOBODY);
    }

    /// @param nic the NIC's name, or `null` for the one that datagrams to the group leave by
    /// @throws IOException if the socket has joined it already, or it is one too many
    void join(DatagramEndpoint endpoint, IpAddress group, String nic) throws IOException {
        NicPort port = protocol.ctx.groupNic(group, nic);
        var key = new Key(port, group.hi(), group.lo());
        // First, and without the lock: routers are told. So nobody leaves what has not been joined yet.
        protocol.ctx.joinGroup(group, port);
        ErrorCode refused = enter(key, endpoint);
        if (refused != null) {
            protocol.ctx.leaveGroup(group, port);
            throw SocketErrors.of(refused);
        }
    }

    private synchronized ErrorCode enter(Key key, DatagramEndpoint endpoint) {
        DatagramEndpoint[] before = members.getOrDefault(key, NOBODY);
        if (indexOf(before, endpoint) >= 0) {
            return ErrorCode.ADDRESS_IN_USE;
        }
        if (members.values().stream().filter(all -> indexOf(all, endpoint) >= 0).count() >= MOST_OF_ONE) {
            return ErrorCode.LIMIT_REACHED;
        }
        DatagramEndpoint[] after = Arrays.copyOf(before, before.length + 1);
        after[before.length] = endpoint;
        members.put(key, after);
        return null;
    }

    /// @throws IOException if the socket has not joined it
    void leave(DatagramEndpoint endpoint, IpAddress group, String nic) throws IOException {
        var key = new Key(protocol.ctx.groupNic(group, nic), group.hi(), group.lo());
        if (!remove(key, endpoint)) {
            throw SocketErrors.of(ErrorCode.ADDRESS_NOT_AVAILABLE);
        }
        protocol.ctx.leaveGroup(group, key.nic);
    }

    /// The socket is closed.
    void leaveAll(DatagramEndpoint endpoint) {
        if (!members.isEmpty()) {
            for (Key key : members.keySet()) {
                if (remove(key, endpoint)) {
                    protocol.ctx.leaveGroup(new IpAddress(key.hi, key.lo), key.nic);
                }
            }
        }
    }

    private synchronized boolean remove(Key key, DatagramEndpoint endpoint) {
        DatagramEndpoint[] before = members.getOrDefault(key, NOBODY);
        int at = indexOf(before, endpoint);
        if (at < 0) {
            return false;
        }
        if (before.length == 1) {
            members.remove(key);
        } else {
            DatagramEndpoint[] after = Arrays.copyOf(before, before.length - 1);
            System.arraycopy(before, at + 1, after, at, before.length - 1 - at);
            members.put(key, after);
        }
        return true;
    }

    private static int indexOf(DatagramEndpoint[] all, DatagramEndpoint endpoint) {
        return Arrays.asList(all).indexOf(endpoint);
    }
}
