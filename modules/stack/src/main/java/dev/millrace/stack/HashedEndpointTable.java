package dev.millrace.stack;

import dev.millrace.ErrorCode;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.SocketErrors;
import dev.millrace.wire.IpAddress;
import java.net.BindException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/// The endpoint table: chained hashing with look-ups that take no lock and allocate nothing.
///
/// The hash is keyed with the stack's secret, so that a peer that chooses its ports cannot make a long chain. Chains are
/// changed under one lock; a node is linked with its successor already set and unlinked by stepping over it, so a reader
/// sees each chain whole. A growing table gets new nodes, for the same reason.
final class HashedEndpointTable<E> implements EndpointTable<E> {
    private static final int INITIAL_BUCKETS = 64;
    /// Stands for "any address" in keys of bound entries: no host has it (it lies in the discard-only prefix, RFC 6666).
    private static final IpAddress ANY = new IpAddress(0x0100_0000_0000_0000L, 0xffff_ffff_ffff_ffffL);
    private static final IpAddress NO_REMOTE = new IpAddress(0, 0);

    /// A monitor, because leaving one cannot fail: `unlock` is a call, and a program that is at the end of its stack when it
    /// closes a socket would overflow in it and leave the table locked for everybody.
    private final Object lock = new Object();
    private final RandomGenerator random;
    private final long key0;
    private final long key1;
    private final int firstEphemeral;
    private final int ephemeralCount;
    private final AtomicInteger nextOffset = new AtomicInteger();
    private volatile AtomicReferenceArray<Node<E>> buckets = new AtomicReferenceArray<>(INITIAL_BUCKETS);
    private volatile int size;
    private volatile int connected;
    /// By local port, what is bound to it: so that who binds everywhere need not look at the whole table, once for each port
    /// that it might get. Guarded by lock.
    private final Map<Integer, PortUse> portUses = new HashMap<>();

    /// @param secret 16 bytes
    HashedEndpointTable(RandomGenerator random, byte[] secret, int firstEphemeral, int lastEphemeral) {
        this.random = random;
        long k0 = 0;
        long k1 = 0;
        for (int i = 0; i < 8; i++) {
            k0 = k0 << 8 | secret[i] & 0xff;
            k1 = k1 << 8 | secret[8 + i] & 0xff;
        }
        key0 = k0;
        key1 = k1 | 1;
        this.firstEphemeral = firstEphemeral;
        this.ephemeralCount = lastEphemeral - firstEphemeral + 1;
    }

    /// A link of a chain.
    private static final class Node<E> {
        final Place<E> place;
        volatile Node<E> next;

        Node(Place<E> place, Node<E> next) {
            this.place = place;
            this.next = next;
        }
    }

    /// How many bound entries a local port has.
    private static final class PortUse {
        final Integer port;
        int all;
        int v4;

        PortUse(Integer port) {
            this.port = port;
        }
    }

    private static final class Place<E> implements Entry<E> {
        final HashedEndpointTable<E> table;
        final IpAddress local;
        final int ports;
        final IpAddress remote;
        /// `null` while the place is only reserved.
        volatile E endpoint;
        boolean gone;
        /// What is known of the port that this is bound to; `null` if it is connected.
        PortUse use;

        Place(HashedEndpointTable<E> table, IpAddress local, int localPort, IpAddress remote, int remotePort,
                E endpoint) {
            this.table = table;
            this.local = local;
            this.ports = localPort << 16 | remotePort;
            this.remote = remote;
            this.endpoint = endpoint;
        }

        boolean is(long localHi, long localLo, int bothPorts, long remoteHi, long remoteLo) {
            return ports == bothPorts && local.lo() == localLo && remote.lo() == remoteLo && local.hi() == localHi
                    && remote.hi() == remoteHi;
        }

        boolean isBound() {
            return (ports & 0xffff) == 0;
        }

        @Override
        public IpAddress local() {
            return local == ANY ? null : local;
        }

        @Override
        public int localPort() {
            return ports >>> 16;
        }

        @Override
        public boolean replace(E old, E next) {
            synchronized (table.lock) {
                if (gone || endpoint != old) {
                    return false;
                }
                endpoint = next;
                return true;
            }
        }

        @Override
        public void release() {
            table.remove(this);
        }
    }

    // ---- looking up

    @Override
    public E findConnected(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
        Place<E> place = find(localHi, localLo, localPort << 16 | remotePort, remoteHi, remoteLo);
        return place == null ? null : place.endpoint;
    }

    @Override
    public E findBound(long localHi, long localLo, int localPort) {
        Place<E> place = placeOfBound(localHi, localLo, localPort);
        return place == null ? null : place.endpoint;
    }

    private Place<E> placeOfBound(long localHi, long localLo, int localPort) {
        int ports = localPort << 16;
        Place<E> place = find(localHi, localLo, ports, 0, 0);
        if (place == null && IpAddress.isV4(localHi, localLo)) {
            place = find(IpAddress.ANY_V4.hi(), IpAddress.ANY_V4.lo(), ports, 0, 0);
        }
        if (place == null) {
            place = find(ANY.hi(), ANY.lo(), ports, 0, 0);
        }
        return place;
    }

    private Place<E> find(long localHi, long localLo, int ports, long remoteHi, long remoteLo) {
        AtomicReferenceArray<Node<E>> table = buckets;
        Node<E> n = table.get(bucket(table, localHi, localLo, ports, remoteHi, remoteLo));
        while (n != null) {
            if (n.place.is(localHi, localLo, ports, remoteHi, remoteLo)) {
                return n.place;
            }
            n = n.next;
        }
        return null;
    }

    private int bucket(AtomicReferenceArray<?> table, long localHi, long localLo, int ports, long remoteHi,
            long remoteLo) {
        long h = key0 ^ localLo;
        h = (h ^ h >>> 32) * 0xff51afd7ed558ccdL + remoteLo;
        h = (h ^ h >>> 29) * key1 + ports;
        h = (h ^ h >>> 32) * 0xc4ceb9fe1a85ec53L + (localHi ^ Long.rotateLeft(remoteHi, 17));
        h = (h ^ h >>> 33) * key1;
        return (int) (h >>> 32) & table.length() - 1;
    }

    // ---- entering

    @Override
    public Entry<E> bind(IpAddress local, int port, E endpoint) throws BindException {
        IpAddress address = local == null || local.equals(IpAddress.ANY_V6) ? ANY : local;
        synchronized (lock) {
            if (port != 0) {
                if (overlaps(address, port)) {
                    throw inUse();
                }
                return add(new Place<>(this, address, port, NO_REMOTE, 0, endpoint));
            }
            int start = random.nextInt(ephemeralCount);
            for (int i = 0; i < ephemeralCount; i++) {
                int candidate = firstEphemeral + (start + i) % ephemeralCount;
                if (!overlaps(address, candidate)) {
                    return add(new Place<>(this, address, candidate, NO_REMOTE, 0, endpoint));
                }
            }
            throw inUse();
        }
    }

    /// Whether a bound entry with this port and an overlapping address exists.
    private boolean overlaps(IpAddress address, int port) {
        int ports = port << 16;
        if (find(ANY.hi(), ANY.lo(), ports, 0, 0) != null) {
            return true;
        }
        if (address == ANY || address.equals(IpAddress.ANY_V4)) {
            return anyBound(port, address == ANY);
        }
        return find(address.hi(), address.lo(), ports, 0, 0) != null || address.isV4()
                && find(IpAddress.ANY_V4.hi(), IpAddress.ANY_V4.lo(), ports, 0, 0) != null;
    }

    /// Whether some address of the versions in question is bound to this port.
    private boolean anyBound(int port, boolean bothVersions) {
        PortUse use = portUses.get(port);
        return use != null && (bothVersions ? use.all : use.v4) > 0;
    }

    @Override
    public Entry<E> connect(IpAddress local, int localPort, IpAddress remote, int remotePort, E endpoint,
            Predicate<? super E> mayReplace) throws BindException {
        if (remotePort < 1 || remotePort > 65535) {
            throw new IllegalArgumentException("remote port " + remotePort);
        }
        synchronized (lock) {
            if (localPort != 0) {
                if (!vacate(local, localPort, remote, remotePort, mayReplace)) {
                    throw inUse();
                }
                return add(new Place<>(this, local, localPort, remote, remotePort, endpoint));
            }
            // RFC 6056 §3.3.3, algorithm 3: a start that depends on the peer, and a counter.
            int start = Integer.remainderUnsigned(
                    hashOf(local, remote, remotePort) + nextOffset.getAndIncrement(), ephemeralCount);
            for (int i = 0; i < ephemeralCount; i++) {
                int candidate = firstEphemeral + (start + i) % ephemeralCount;
                if (placeOfBound(local.hi(), local.lo(), candidate) == null
                        && vacate(local, candidate, remote, remotePort, mayReplace)) {
                    return add(new Place<>(this, local, candidate, remote, remotePort, endpoint));
                }
            }
            throw (BindException) SocketErrors.of(ErrorCode.ADDRESS_NOT_AVAILABLE);
        }
    }

    /// Whether the place is free, or was given up by who had it.
    private boolean vacate(IpAddress local, int localPort, IpAddress remote, int remotePort,
            Predicate<? super E> mayReplace) {
        Place<E> taken = find(local.hi(), local.lo(), localPort << 16 | remotePort, remote.hi(), remote.lo());
        if (taken == null) {
            return true;
        }
        E endpoint = taken.endpoint;
        if (mayReplace == null || endpoint == null || !mayReplace.test(endpoint)) {
            return false;
        }
        remove(taken);
        return true;
    }

    private int hashOf(IpAddress local, IpAddress remote, int remotePort) {
        long h = (key0 ^ local.lo()) * 0xff51afd7ed558ccdL + remote.lo();
        h = (h ^ h >>> 29) * key1 + remotePort + remote.hi();
        h = (h ^ h >>> 32) * 0xc4ceb9fe1a85ec53L;
        return (int) (h >>> 32);
    }

    private Entry<E> add(Place<E> place) {
        // First all that may fail for want of memory or stack, so that nothing is half entered.
        AtomicReferenceArray<Node<E>> table = buckets;
        if (size >= table.length()) {
            table = grow(table);
        }
        int i = bucketOf(table, place);
        Node<E> node = new Node<>(place, table.get(i));
        PortUse use = place.isBound() ? portUses.computeIfAbsent(place.localPort(), PortUse::new) : null;
        int v4 = place.local.isV4() ? 1 : 0;
        place.use = use;
        table.set(i, node);
        size++;
        if (use != null) {
            use.all++;
            use.v4 += v4;
        } else {
            connected++;
        }
        return place;
    }

    private int bucketOf(AtomicReferenceArray<?> table, Place<E> p) {
        return bucket(table, p.local.hi(), p.local.lo(), p.ports, p.remote.hi(), p.remote.lo());
    }

    private AtomicReferenceArray<Node<E>> grow(AtomicReferenceArray<Node<E>> old) {
        var table = new AtomicReferenceArray<Node<E>>(2 * old.length());
        for (int i = 0; i < old.length(); i++) {
            for (Node<E> n = old.get(i); n != null; n = n.next) {
                int to = bucketOf(table, n.place);
                table.set(to, new Node<>(n.place, table.get(to)));
            }
        }
        buckets = table;
        return table;
    }

    private void remove(Place<E> place) {
        synchronized (lock) {
            if (place.gone) {
                return;
            }
            int v4 = place.local.isV4() ? 1 : 0;
            unlink(place);
            // From here on nothing is called and nothing allocated: the entry is gone in all respects, or still there.
            place.gone = true;
            size--;
            PortUse use = place.use;
            if (use == null) {
                connected--;
                return;
            }
            use.v4 -= v4;
            if (--use.all == 0) {
                // If this fails, an empty one stays, which does no harm.
                portUses.remove(use.port);
            }
        }
    }

    private void unlink(Place<E> place) {
        AtomicReferenceArray<Node<E>> table = buckets;
        int i = bucketOf(table, place);
        Node<E> before = null;
        for (Node<E> n = table.get(i); n != null; before = n, n = n.next) {
            if (n.place == place) {
                if (before == null) {
                    table.set(i, n.next);
                } else {
                    before.next = n.next;
                }
                return;
            }
        }
        throw new AssertionError("an entry was not in its chain");
    }

    @Override
    public void forEach(Consumer<? super E> action) {
        AtomicReferenceArray<Node<E>> table = buckets;
        for (int i = 0; i < table.length(); i++) {
            for (Node<E> n = table.get(i); n != null; n = n.next) {
                E endpoint = n.place.endpoint;
                if (endpoint != null) {
                    action.accept(endpoint);
                }
            }
        }
    }

    @Override
    public int size() {
        return size;
    }

    @Override
    public int connected() {
        return connected;
    }

    private static BindException inUse() {
        return (BindException) SocketErrors.of(ErrorCode.ADDRESS_IN_USE);
    }
}
