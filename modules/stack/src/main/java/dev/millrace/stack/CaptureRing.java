package dev.millrace.stack;

import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// Packets that wait to be written: a ring of slots beside a ring of bytes, bounded both ways.
///
/// Any thread may [#claim] and [#publish], without locks, waiting or allocation; one at a time may ask for the [#head]
/// and [#free] it. Slots are freed in the order in which they were claimed.
///
/// The one word that producers compete for holds the number of the next slot in its upper 24 bits and the next byte's
/// position in its lower 40, both modulo their width, so that a claim takes both at once or neither.
final class CaptureRing {
    /// The largest number of slots.
    static final int MAX_PACKETS = 1 << 20;
    /// The most bytes kept of one packet.
    static final int MAX_KEPT = 128 * 1024;

    /// Bytes of the ring for each packet that may wait, if snap length does not say less.
    private static final int BYTES_PER_PACKET = 4096;
    /// A packet of the largest size always fits an empty ring, wherever in it the next byte is.
    private static final int MIN_BYTES = 2 * MAX_KEPT;
    private static final int MAX_BYTES = 64 * 1024 * 1024;

    private static final int INDEX_SHIFT = 40;
    private static final long BYTE_MASK = (1L << INDEX_SHIFT) - 1;
    private static final int INDEX_MASK = (1 << Long.SIZE - INDEX_SHIFT) - 1;

    private static final VarHandle TAIL;
    private static final VarHandle PUBLISHED;

    static {
        try {
            var lookup = MethodHandles.lookup();
            TAIL = lookup.findVarHandle(CaptureRing.class, "tail", long.class);
            PUBLISHED = lookup.findVarHandle(Slot.class, "published", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// One packet that waits. Its fields belong to the producer from claim to publish, then to the consumer.
    static final class Slot {
        /// Where its bytes are in [CaptureRing#memory()].
        int at;
        int kept;
        int originalLength;
        TappedNic nic;
        boolean outbound;
        long epochNanos;
        /// What of its checksum the link was to do, and where: from the packet's first byte.
        Packet.Checksumming checksumming;
        int checksumStart;
        int checksumField;
        /// Why it was dropped if that was known at once, else `null`.
        String dropReason;
        /// The verdict that it waits for; an object of this slot's own that is used again and again.
        CaptureVerdict verdict;
        boolean awaitsVerdict;
        /// Whether something was thrown before it was filled: it only takes a place.
        boolean broken;

        private long next;
        @SuppressWarnings("unused") // through PUBLISHED
        private boolean published;
    }

    private final Slot[] slots;
    private final int slotMask;
    private final int maxPackets;
    private final int maxBytes;
    private final MemorySegment memory;

    @SuppressWarnings("unused") // through TAIL
    private long tail;
    private volatile long head;

    /// @param packets how many may wait
    /// @param snapLength the bytes kept of each, 0 for all
    /// @param session to whom the slots' verdicts report
    CaptureRing(int packets, int snapLength, CaptureSession session) {
        maxPackets = Math.min(packets, MAX_PACKETS);
        int each = snapLength == 0 ? BYTES_PER_PACKET : Math.min(snapLength, BYTES_PER_PACKET);
        long wanted = Math.clamp((long) maxPackets * each, MIN_BYTES, MAX_BYTES);
        maxBytes = (int) ceilingPowerOfTwo(wanted);
        // Left to the garbage collector: a producer may still hold the ring when the capture closes.
        memory = Arena.ofAuto().allocate(maxBytes, 64);
        slots = new Slot[(int) ceilingPowerOfTwo(maxPackets)];
        slotMask = slots.length - 1;
        for (int i = 0; i < slots.length; i++) {
            slots[i] = new Slot();
            slots[i].verdict = new CaptureVerdict(session);
        }
    }

    private static long ceilingPowerOfTwo(long n) {
        return n <= 1 ? 1 : Long.highestOneBit(n - 1) << 1;
    }

    /// The memory of all slots' bytes.
    MemorySegment memory() {
        return memory;
    }

    /// A slot with room for `kept` bytes, at most [#MAX_KEPT], to be published whatever happens; `null` if the ring is
    /// full.
    Slot claim(int kept) {
        long freed = head;
        while (true) {
            long t = (long) TAIL.getAcquire(this);
            int position = (int) (t & maxBytes - 1);
            // A packet lies in one piece: what is left at the end is skipped if it is too little.
            int skipped = position + kept <= maxBytes ? 0 : maxBytes - position;
            // Eight bytes each, so that copies are aligned.
            int taken = skipped + (kept + 7 & ~7);
            if (packets(t, freed) >= maxPackets || bytes(t, freed) + taken > maxBytes) {
                // Read before the tail, the head may be older than it: full only if that has not moved.
                long now = head;
                if (now == freed) {
                    return null;
                }
                freed = now;
                continue;
            }
            long next = (t >>> INDEX_SHIFT) + 1 << INDEX_SHIFT | t + taken & BYTE_MASK;
            if (TAIL.compareAndSet(this, t, next)) {
                Slot slot = slots[index(t) & slotMask];
                slot.at = position + skipped & maxBytes - 1;
                slot.kept = kept;
                slot.next = next;
                return slot;
            }
        }
    }

    /// Shows a claimed slot to the consumer.
    void publish(Slot slot) {
        // Volatile, not release: the producer looks afterwards whether the consumer sleeps.
        PUBLISHED.setVolatile(slot, true);
    }

    /// The oldest slot if it is published, else `null`.
    Slot head() {
        long h = head;
        if (packets((long) TAIL.getVolatile(this), h) == 0) {
            return null;
        }
        Slot slot = slots[index(h) & slotMask];
        return (boolean) PUBLISHED.getVolatile(slot) ? slot : null;
    }

    /// Gives the slot back that [#head] returned.
    void free(Slot slot) {
        slot.dropReason = null;
        slot.nic = null;
        PUBLISHED.setOpaque(slot, false);
        head = slot.next;
    }

    /// How many slots are claimed and not freed.
    int waiting() {
        return packets((long) TAIL.getVolatile(this), head);
    }

    /// Whether producers will soon find the ring full.
    boolean isHalfFull() {
        long h = head;
        long t = (long) TAIL.getAcquire(this);
        return packets(t, h) > maxPackets / 2 || bytes(t, h) > maxBytes / 2;
    }

    private static int index(long word) {
        return (int) (word >>> INDEX_SHIFT);
    }

    private static int packets(long tail, long head) {
        return index(tail) - index(head) & INDEX_MASK;
    }

    private static long bytes(long tail, long head) {
        return tail - head & BYTE_MASK;
    }
}
