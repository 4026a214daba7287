package dev.millrace.udp;

import dev.millrace.spi.EndpointTable;
import dev.millrace.wire.IpAddress;
import java.net.BindException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Ports that several sockets share (what SO_REUSEADDR does for groups): one of them has the place in the endpoint table, and the
/// next takes over when it goes. Members of a group are found otherwise ([GroupMembers]), so that all of them are served.
final class SharedPorts {
    private final EndpointTable<DatagramEndpoint> table;
    /// Guarded by this.
    private final Map<Key, Share> shares = new HashMap<>();

    private record Key(IpAddress local, int port) {
    }

    private static final class Share {
        final EndpointTable.Entry<DatagramEndpoint> place;
        final List<DatagramEndpoint> members = new ArrayList<>();

        Share(EndpointTable.Entry<DatagramEndpoint> place) {
            this.place = place;
        }
    }

    SharedPorts(EndpointTable<DatagramEndpoint> table) {
        this.table = table;
    }

    /// As [EndpointTable#bind], but beside others that were bound here to the same address and port.
    synchronized EndpointTable.Entry<DatagramEndpoint> bind(IpAddress local, int port, DatagramEndpoint endpoint)
            throws BindException {
        Share share = shares.get(new Key(local, port));
        if (share == null) {
            share = new Share(table.bind(local, port, endpoint));
            shares.put(new Key(local, share.place.localPort()), share);
        }
        share.members.add(endpoint);
        return new Part(new Key(local, share.place.localPort()), share, endpoint);
    }

    /// All sockets that share a port.
    synchronized List<DatagramEndpoint> members() {
        return shares.values().stream().flatMap(s -> s.members.stream()).toList();
    }

    private synchronized void release(Key key, Share share, DatagramEndpoint endpoint) {
        if (!share.members.remove(endpoint)) {
            return;
        }
        if (share.members.isEmpty()) {
            shares.remove(key);
            share.place.release();
        } else {
            share.place.replace(endpoint, share.members.getFirst());
        }
    }

    private final class Part implements EndpointTable.Entry<DatagramEndpoint> {
        private final Key key;
        private final Share share;
        private final DatagramEndpoint endpoint;

        Part(Key key, Share share, DatagramEndpoint endpoint) {
            this.key = key;
            this.share = share;
            this.endpoint = endpoint;
        }

        @Override
        public IpAddress local() {
            return share.place.local();
        }

        @Override
        public int localPort() {
            return share.place.localPort();
        }

        @Override
        public boolean replace(DatagramEndpoint old, DatagramEndpoint next) {
            return false;
        }

        @Override
        public void release() {
            SharedPorts.this.release(key, share, endpoint);
        }
    }
}
