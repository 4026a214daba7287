package dev.millrace.stack;

import dev.millrace.ErrorCode;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.SocketErrors;
import dev.millrace.stack.PlaceSet.Place;
import dev.millrace.wire.IpAddress;
import java.net.BindException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/// The endpoint table: who may have which addresses and ports, in [PlaceSet]s. What is bound is in one. What is connected is in up to
/// [#SETS], each with a lock of its own, so that no lock is everybody's, and that a table which grows stops nobody for long.
///
/// The hash is keyed with the stack's secret, so that a peer that chooses its ports cannot make look-ups long.
final class HashedEndpointTable<E> implements EndpointTable<E> {
    private static final int SET_BITS = 4;
    private static final int SETS = 1 << SET_BITS;
    private static final IpAddress ANY = Place.ANY;
    private static final IpAddress NO_REMOTE = new IpAddress(0, 0);

    private final RandomGenerator random;
    private final long key0;
    private final long key1;
    private final int firstEphemeral;
    private final int ephemeralCount;
    private final AtomicInteger nextOffset = new AtomicInteger();
    /// Also guards `portUses`.
    private final PlaceSet<E> bound = new PlaceSet<>(this::hash);
    /// By the upper bits of the hash, made when they are first needed: a simulated host has few connections.
    private final AtomicReferenceArray<PlaceSet<E>> connected = new AtomicReferenceArray<>(SETS);
    /// By local port, what is bound to it: so that who binds everywhere need not look at the whole table, once for each port
    /// that it might get.
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

    /// How many bound entries a local port has. Guarded by the bound ones' monitor.
    private final class PortUse implements PlaceSet.Owner {
        private final Integer port;
        private int all;
        private int v4;

        PortUse(Integer port) {
            this.port = port;
        }

        @Override
        public void lost(IpAddress local) {
            v4 -= local.isV4() ? 1 : 0;
            if (--all == 0) {
                // If this fails, an empty one stays, which does no harm.
                portUses.remove(port);
            }
        }
    }

    // ---- looking up

    @Override
    public E findConnected(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
        int ports = localPort << 16 | remotePort;
        PlaceSet<E> set = connected.get(setOf(hash(localHi, localLo, ports, remoteHi, remoteLo)));
        Place<E> place = set == null ? null : set.find(localHi, localLo, ports, remoteHi, remoteLo);
        return place == null ? null : place.endpoint;
    }

    @Override
    public E findBound(long localHi, long localLo, int localPort) {
        Place<E> place = placeOfBound(localHi, localLo, localPort);
        return place == null ? null : place.endpoint;
    }

    private Place<E> placeOfBound(long localHi, long localLo, int localPort) {
        int ports = localPort << 16;
        Place<E> place = bound.find(localHi, localLo, ports, 0, 0);
        if (place == null && IpAddress.isV4(localHi, localLo)) {
            place = bound.find(IpAddress.ANY_V4.hi(), IpAddress.ANY_V4.lo(), ports, 0, 0);
        }
        if (place == null) {
            place = bound.find(ANY.hi(), ANY.lo(), ports, 0, 0);
        }
        return place;
    }

    private long hash(long localHi, long localLo, int ports, long remoteHi, long remoteLo) {
        long h = key0 ^ localLo;
        h = (h ^ h >>> 32) * 0xff51afd7ed558ccdL + remoteLo;
        h = (h ^ h >>> 29) * key1 + ports;
        h = (h ^ h >>> 32) * 0xc4ceb9fe1a85ec53L + (localHi ^ Long.rotateLeft(remoteHi, 17));
        h = (h ^ h >>> 33) * key1;
        return h ^ h >>> 32;
    }

    /// The lower bits choose a slot in the set.
    private static int setOf(long hash) {
        return (int) (hash >>> Long.SIZE - SET_BITS);
    }

    /// The set for these addresses and ports.
    private PlaceSet<E> connectedSet(IpAddress local, int ports, IpAddress remote) {
        int i = setOf(hash(local.hi(), local.lo(), ports, remote.hi(), remote.lo()));
        PlaceSet<E> set = connected.get(i);
        if (set == null) {
            connected.compareAndSet(i, null, new PlaceSet<>(this::hash));
            set = connected.get(i);
        }
        return set;
    }

    // ---- entering

    @Override
    public Entry<E> bind(IpAddress local, int port, E endpoint) throws BindException {
        IpAddress address = local == null || local.equals(IpAddress.ANY_V6) ? ANY : local;
        synchronized (bound) {
            if (port != 0) {
                if (overlaps(address, port)) {
                    throw inUse();
                }
                return addBound(address, port, endpoint);
            }
            int start = random.nextInt(ephemeralCount);
            for (int i = 0; i < ephemeralCount; i++) {
                int candidate = firstEphemeral + (start + i) % ephemeralCount;
                if (!overlaps(address, candidate)) {
                    return addBound(address, candidate, endpoint);
                }
            }
            throw inUse();
        }
    }

    /// Whether a bound entry with this port and an overlapping address exists.
    private boolean overlaps(IpAddress address, int port) {
        int ports = port << 16;
        if (bound.find(ANY.hi(), ANY.lo(), ports, 0, 0) != null) {
            return true;
        }
        if (address == ANY || address.equals(IpAddress.ANY_V4)) {
            return anyBound(port, address == ANY);
        }
        return bound.find(address.hi(), address.lo(), ports, 0, 0) != null || address.isV4()
                && bound.find(IpAddress.ANY_V4.hi(), IpAddress.ANY_V4.lo(), ports, 0, 0) != null;
    }

    /// Whether some address of the versions in question is bound to this port.
    private boolean anyBound(int port, boolean bothVersions) {
        PortUse use = portUses.get(port);
        return use != null && (bothVersions ? use.all : use.v4) > 0;
    }

    private Entry<E> addBound(IpAddress address, int port, E endpoint) {
        // First all that may fail for want of memory or stack, so that nothing is half entered.
        var place = new Place<>(bound, address, port, NO_REMOTE, 0, endpoint);
        bound.makeRoom();
        PortUse use = portUses.computeIfAbsent(port, PortUse::new);
        place.owner = use;
        bound.add(place);
        use.all++;
        use.v4 += address.isV4() ? 1 : 0;
        return place;
    }

    @Override
    public Entry<E> connect(IpAddress local, int localPort, IpAddress remote, int remotePort, E endpoint,
            Predicate<? super E> mayReplace) throws BindException {
        if (remotePort < 1 || remotePort > 65535) {
            throw new IllegalArgumentException("remote port " + remotePort);
        }
        if (localPort != 0) {
            Entry<E> place = connectAt(local, localPort, remote, remotePort, endpoint, mayReplace);
            if (place == null) {
                throw inUse();
            }
            return place;
        }
        // RFC 6056 §3.3.3, algorithm 3: a start that depends on the peer, and a counter.
        int start = Integer.remainderUnsigned(hashOf(local, remote, remotePort) + nextOffset.getAndIncrement(), ephemeralCount);
        for (int i = 0; i < ephemeralCount; i++) {
            int candidate = firstEphemeral + (start + i) % ephemeralCount;
            if (placeOfBound(local.hi(), local.lo(), candidate) == null) {
                Entry<E> place = connectAt(local, candidate, remote, remotePort, endpoint, mayReplace);
                if (place != null) {
                    return place;
                }
            }
        }
        throw (BindException) SocketErrors.of(ErrorCode.ADDRESS_NOT_AVAILABLE);
    }

    /// Enters a connection if the place is free, or was given up by who had it; else returns `null`.
    private Entry<E> connectAt(IpAddress local, int localPort, IpAddress remote, int remotePort, E endpoint,
            Predicate<? super E> mayReplace) {
        int ports = localPort << 16 | remotePort;
        PlaceSet<E> set = connectedSet(local, ports, remote);
        synchronized (set) {
            Place<E> taken = set.find(local.hi(), local.lo(), ports, remote.hi(), remote.lo());
            if (taken != null) {
                E before = taken.endpoint;
                if (mayReplace == null || before == null || !mayReplace.test(before)) {
                    return null;
                }
                taken.release();
            }
            var place = new Place<>(set, local, localPort, remote, remotePort, endpoint);
            set.add(place);
            return place;
        }
    }

    private int hashOf(IpAddress local, IpAddress remote, int remotePort) {
        long h = (key0 ^ local.lo()) * 0xff51afd7ed558ccdL + remote.lo();
        h = (h ^ h >>> 29) * key1 + remotePort + remote.hi();
        h = (h ^ h >>> 32) * 0xc4ceb9fe1a85ec53L;
        return (int) (h >>> 32);
    }

    // ---- all

    @Override
    public void forEach(Consumer<? super E> action) {
        bound.forEach(action);
        for (int i = 0; i < SETS; i++) {
            PlaceSet<E> set = connected.get(i);
            if (set != null) {
                set.forEach(action);
            }
        }
    }

    @Override
    public int size() {
        return bound.size() + connected();
    }

    @Override
    public int connected() {
        int n = 0;
        for (int i = 0; i < SETS; i++) {
            PlaceSet<E> set = connected.get(i);
            n += set == null ? 0 : set.size();
        }
        return n;
    }

    private static BindException inUse() {
        return (BindException) SocketErrors.of(ErrorCode.ADDRESS_IN_USE);
    }
}
