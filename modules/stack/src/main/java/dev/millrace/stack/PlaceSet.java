package dev.millrace.stack;

import dev.millrace.spi.EndpointTable;
import dev.millrace.wire.IpAddress;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;

/// Places of an endpoint table: open addressing with linear probing. Look-ups take no lock and allocate nothing; what changes the
/// set is done with its monitor held, which is each set's own. A monitor, because leaving one cannot fail: `unlock` is a call, and a
/// program that is at the end of its stack when it closes a socket would overflow in it and leave the set locked for everybody.
///
/// A slot goes from free to taken and on to given up, which those who look step over; a slot becomes free again only where nobody steps
/// on from it. So a reader that a change overtakes finds what was there before it and is there after it.
final class PlaceSet<E> {
    private static final int FIRST_LENGTH = 8;

    /// The hash of addresses and ports, which an adversary cannot foresee.
    interface Hash {
        long of(long localHi, long localLo, int ports, long remoteHi, long remoteLo);
    }

    private final Hash hash;
    private final Place<E> givenUp = new Place<>(null, null, 0, null, 0, null);
    private volatile AtomicReferenceArray<Place<E>> slots = new AtomicReferenceArray<>(FIRST_LENGTH);
    private volatile int size;
    /// Slots that are not free. Guarded by this.
    private int used;

    PlaceSet(Hash hash) {
        this.hash = hash;
    }

    /// Who counts places.
    interface Owner {
        /// Of this address one was given up.
        void lost(IpAddress local);
    }

    /// A place that an endpoint has, or that is only reserved.
    static final class Place<E> implements EndpointTable.Entry<E> {
        /// Stands for "any address": no host has it (it lies in the discard-only prefix, RFC 6666).
        static final IpAddress ANY = new IpAddress(0x0100_0000_0000_0000L, 0xffff_ffff_ffff_ffffL);

        private final PlaceSet<E> set;
        final IpAddress local;
        final int ports;
        final IpAddress remote;
        /// `null` while the place is only reserved.
        volatile E endpoint;
        private boolean gone;
        /// Who is told once the place is given up, with the set's monitor held; or `null`.
        Owner owner;

        Place(PlaceSet<E> set, IpAddress local, int localPort, IpAddress remote, int remotePort, E endpoint) {
            this.set = set;
            this.local = local;
            this.ports = localPort << 16 | remotePort;
            this.remote = remote;
            this.endpoint = endpoint;
        }

        private boolean is(long localHi, long localLo, int bothPorts, long remoteHi, long remoteLo) {
            return ports == bothPorts && local.lo() == localLo && remote.lo() == remoteLo && local.hi() == localHi
                    && remote.hi() == remoteHi;
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
            synchronized (set) {
                if (gone || endpoint != old) {
                    return false;
                }
                endpoint = next;
                return true;
            }
        }

        @Override
        public void release() {
            set.remove(this);
        }
    }

    int size() {
        return size;
    }

    /// How many there is room for, a quarter of it always free.
    int slots() {
        return slots.length();
    }

    /// The place with these addresses and ports, or `null`.
    Place<E> find(long localHi, long localLo, int ports, long remoteHi, long remoteLo) {
        AtomicReferenceArray<Place<E>> table = slots;
        int mask = table.length() - 1;
        int i = (int) hash.of(localHi, localLo, ports, remoteHi, remoteLo) & mask;
        for (Place<E> p = table.get(i); p != null; p = table.get(i)) {
            if (p != givenUp && p.is(localHi, localLo, ports, remoteHi, remoteLo)) {
                return p;
            }
            i = i + 1 & mask;
        }
        return null;
    }

    private int slotOf(AtomicReferenceArray<?> table, Place<E> p) {
        return (int) hash.of(p.local.hi(), p.local.lo(), p.ports, p.remote.hi(), p.remote.lo()) & table.length() - 1;
    }

    /// Sees to it that the next [#add] needs no memory, with the monitor held.
    void makeRoom() {
        // A quarter stays free, or look-ups would be long.
        if (4L * (used + 1) > 3L * slots.length()) {
            rehash(slots);
        }
    }

    /// Enters a place that is not there, with the monitor held. Throws, for want of memory or stack, before anything has changed.
    void add(Place<E> place) {
        makeRoom();
        AtomicReferenceArray<Place<E>> table = slots;
        int i = slotOf(table, place);
        Place<E> before = table.get(i);
        while (before != null && before != givenUp) {
            i = i + 1 & table.length() - 1;
            before = table.get(i);
        }
        table.set(i, place);
        size++;
        if (before == null) {
            used++;
        }
    }

    private void rehash(AtomicReferenceArray<Place<E>> old) {
        int length = old.length();
        while (length < 2L * (size + 1)) {
            length *= 2;
        }
        while (length > FIRST_LENGTH && length > 8L * (size + 1)) {
            length /= 2;
        }
        var table = new AtomicReferenceArray<Place<E>>(length);
        for (int i = 0; i < old.length(); i++) {
            Place<E> p = old.get(i);
            if (p != null && p != givenUp) {
                int to = slotOf(table, p);
                while (table.get(to) != null) {
                    to = to + 1 & length - 1;
                }
                table.set(to, p);
            }
        }
        slots = table;
        used = size;
    }

    private synchronized void remove(Place<E> place) {
        if (place.gone) {
            return;
        }
        AtomicReferenceArray<Place<E>> table = slots;
        int i = slotOf(table, place);
        while (table.get(i) != place) {
            if (table.get(i) == null) {
                throw new AssertionError("an entry was not in its table");
            }
            i = i + 1 & table.length() - 1;
        }
        boolean last = table.get(i + 1 & table.length() - 1) == null;
        table.set(i, last ? null : givenUp);
        // From here on nothing is called and nothing allocated that may fail: the entry is gone in all respects, or still there.
        place.gone = true;
        size--;
        if (last) {
            used--;
        }
        if (place.owner != null) {
            place.owner.lost(place.local);
        }
        if (last) {
            freeBefore(table, i);
        }
    }

    /// Frees what was given up in front of a slot that has become free: nobody has to step over it any more.
    private void freeBefore(AtomicReferenceArray<Place<E>> table, int slot) {
        int i = slot - 1 & table.length() - 1;
        while (table.get(i) == givenUp) {
            table.set(i, null);
            used--;
            i = i - 1 & table.length() - 1;
        }
    }

    void forEach(Consumer<? super E> action) {
        AtomicReferenceArray<Place<E>> table = slots;
        for (int i = 0; i < table.length(); i++) {
            Place<E> p = table.get(i);
            E endpoint = p == null ? null : p.endpoint;
            if (endpoint != null) {
                action.accept(endpoint);
            }
        }
    }
}
