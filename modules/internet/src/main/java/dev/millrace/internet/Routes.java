package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// Which node gets a packet: the one with the address, else the one with the longest prefix that covers it.
final class Routes {
    private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
    private final Map<IpAddress, Node> addresses = new HashMap<>();
    private final List<Entry> networks = new ArrayList<>();

    private record Entry(Cidr network, Node node) {
    }

    /// Adds all routes or, if one is taken, none.
    ///
    /// @throws IllegalArgumentException if one leads to a node already; the message names both
    void add(Node node, List<Cidr> all) {
        lock.writeLock().lock();
        try {
            for (int i = 0; i < all.size(); i++) {
                Node other = exact(all.get(i));
                if (other != null || all.indexOf(all.get(i)) != i) {
                    throw new IllegalArgumentException("duplicate address: " + text(all.get(i)) + " is \""
                            + (other == null ? node : other).name() + "\" already");
                }
            }
            for (Cidr c : all) {
                if (isAddress(c)) {
                    addresses.put(c.address(), node);
                } else {
                    networks.add(new Entry(c.network(), node));
                    networks.sort((a, b) -> b.network().prefixLength() - a.network().prefixLength());
                }
            }
        } finally {
            lock.writeLock().unlock();
        }
    }

    /// Who has exactly this address, or `null`.
    Node owner(IpAddress address) {
        lock.readLock().lock();
        try {
            return addresses.get(address);
        } finally {
            lock.readLock().unlock();
        }
    }

    private static boolean isAddress(Cidr c) {
        return c.prefixLength() == (c.address().isV4() ? 32 : 128);
    }

    private static String text(Cidr c) {
        return isAddress(c) ? c.address().toString() : c.toString();
    }

    private Node exact(Cidr c) {
        if (isAddress(c)) {
            return addresses.get(c.address());
        }
        return networks.stream().filter(e -> e.network().equals(c.network())).map(Entry::node).findFirst().orElse(null);
    }

    /// Removes a route; `false` if there was none like it.
    boolean remove(Cidr c) {
        lock.writeLock().lock();
        try {
            return isAddress(c) ? addresses.remove(c.address()) != null
                    : networks.removeIf(e -> e.network().equals(c.network()));
        } finally {
            lock.writeLock().unlock();
        }
    }

    /// Removes all that lead to a node.
    void removeAll(Node node) {
        lock.writeLock().lock();
        try {
            addresses.values().removeIf(h -> h == node);
            networks.removeIf(e -> e.node() == node);
        } finally {
            lock.writeLock().unlock();
        }
    }

    /// The node that a destination leads to, or `null`.
    Node find(IpAddress destination) {
        lock.readLock().lock();
        try {
            Node node = addresses.get(destination);
            if (node != null) {
                return node;
            }
            for (Entry e : networks) {
                if (e.network().contains(destination)) {
                    return e.node();
                }
            }
            return null;
        } finally {
            lock.readLock().unlock();
        }
    }
}
