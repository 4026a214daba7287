package dev.millrace.wire.buffer;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// A slot of a native slab with a reference count.
///
/// Whoever calls [#allocate] holds one reference; [#retain()] adds one, [#release()] gives one up, and the last one
/// returns the slot to its pool. The bytes may be written only while their writer holds the sole reference or knows
/// that no other holder looks at those bytes. Any thread may retain and release.
public final class Buffer extends Pooled {
    /// The sizes in bytes in which buffers come: headers alone, a packet at Ethernet's MTU, the largest IP packet with
    /// headroom.
    private static final int[] SIZES = {256, 2048, 65536 + 256};
    /// How many slots one slab of each size holds.
    private static final int[] SLOTS = {512, 256, 8};
    private static final Slots[] POOLS = {new Slots(0), new Slots(1), new Slots(2)};
    private static final VarHandle REFS;

    static {
        try {
            REFS = MethodHandles.lookup().findVarHandle(Buffer.class, "refs", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /// The largest buffer there is, in bytes.
    public static final int MAX_CAPACITY = 65536 + 256;

    private final MemorySegment memory;
    private final int sizeClass;
    private volatile int refs;

    private Buffer(MemorySegment memory, int sizeClass) {
        this.memory = memory;
        this.sizeClass = sizeClass;
    }

    /// A buffer of at least `capacity` bytes (0 to [#MAX_CAPACITY]) whose content is undefined.
    ///
    /// @throws IllegalArgumentException if no buffer is that large, or `capacity` is negative
    public static Buffer allocate(int capacity) {
        if (capacity < 0) {
            throw new IllegalArgumentException("a buffer of " + capacity + " bytes");
        }
        for (int i = 0; i < SIZES.length; i++) {
            if (capacity <= SIZES[i]) {
                Buffer b = POOLS[i].take();
                REFS.setRelease(b, 1);
                return b;
            }
        }
        throw new IllegalArgumentException("a buffer holds at most " + MAX_CAPACITY + " bytes, asked for " + capacity);
    }

    /// The bytes: always native memory, so that one call site sees one kind of segment.
    public MemorySegment memory() {
        return memory;
    }

    /// The size in bytes.
    public int capacity() {
        return SIZES[sizeClass];
    }

    /// Adds a reference and returns this buffer.
    public Buffer retain() {
        int before = (int) REFS.getAndAdd(this, 1);
        if (before <= 0) {
            throw new IllegalStateException("retained after its last release", taken);
        }
        return this;
    }

    /// Gives up one reference.
    ///
    /// @throws IllegalStateException if there was none left
    public void release() {
        // The sole holder needs no atomic step: nobody else can retain.
        if ((int) REFS.getAcquire(this) == 1) {
            REFS.set(this, 0);
            POOLS[sizeClass].give(this);
            return;
        }
        int before = (int) REFS.getAndAdd(this, -1);
        if (before == 1) {
            POOLS[sizeClass].give(this);
        } else if (before <= 0) {
            throw new IllegalStateException("released more often than retained", taken);
        }
    }

    /// Whether the caller, who holds a reference, is the only one to hold one.
    public boolean isExclusive() {
        return (int) REFS.getAcquire(this) == 1;
    }

    static long outstandingBuffers() {
        long n = 0;
        for (Slots pool : POOLS) {
            n += pool.outstanding();
        }
        return n;
    }

    static java.util.List<Throwable> bufferOwners() {
        return java.util.Arrays.stream(POOLS).flatMap(p -> p.owners().stream()).toList();
    }

    private static final class Slots extends Pool<Buffer> {
        private final int sizeClass;

        Slots(int sizeClass) {
            this.sizeClass = sizeClass;
        }

        @Override
        Buffer create() {
            long size = SIZES[sizeClass];
            // The global arena never closes, so that an access costs no liveness check; zeroing touches the pages.
            MemorySegment slab = Arena.global().allocate(size * SLOTS[sizeClass], 64);
            Buffer chain = null;
            for (int i = 0; i < SLOTS[sizeClass]; i++) {
                var b = new Buffer(slab.asSlice(i * size, size), sizeClass);
                b.nextFree = chain;
                chain = b;
            }
            return chain;
        }
    }
}
