package dev.millrace.wire.buffer;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// Free lists for objects of one kind, shared by all stacks of the JVM.
///
/// The lists are striped by thread, because a per-thread list would leak with every virtual thread that ends. A stripe
/// is guarded by a flag that is held for a few instructions and never waited for: who finds it taken uses the next
/// stripe. Full stripes hand whole batches to a shared stack and empty ones take them from there, so that a thread
/// which only allocates and one which only releases settle at one exchange in [#BATCH] packets.
///
/// With the system property `millrace.buffers.debug` set to `true` each object remembers where it was taken, and
/// [#owners()] names the places.
abstract class Pool<T extends Pooled> {
    static final boolean DEBUG = Boolean.getBoolean("millrace.buffers.debug");
    static final int BATCH = 32;
    private static final int SPINS = 100;
    private static final int STRIPES =
            Math.max(4, Integer.highestOneBit(4 * Runtime.getRuntime().availableProcessors()));
    private static final VarHandle BUSY;

    static {
        try {
            BUSY = MethodHandles.lookup().findVarHandle(Stripe.class, "busy", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Stripe[] stripes = new Stripe[STRIPES];
    private final Stripe shared = new Stripe();
    private final List<Pooled> sharedBatches = new ArrayList<>();
    private final Set<T> taken = DEBUG ? ConcurrentHashMap.newKeySet() : Set.of();
    private long created;

    Pool() {
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe();
        }
    }

    /// Makes a chain of at least one new object, linked by `nextFree`, and returns its first; called while the shared
    /// list is held.
    abstract T create();

    @SuppressWarnings("unchecked")
    final T take() {
        Stripe stripe = acquire();
        T result;
        try {
            if (stripe.count == 0) {
                refill(stripe);
            }
            result = (T) stripe.free;
            stripe.free = result.nextFree;
            stripe.count--;
        } finally {
            // Also when there was no memory for a new slab: else the stripe would be lost for good.
            stripe.release();
        }
        result.nextFree = null;
        if (DEBUG) {
            result.taken = new Throwable("taken by " + Thread.currentThread());
            taken.add(result);
        }
        return result;
    }

    final void give(T object) {
        if (DEBUG && !taken.remove(object)) {
            throw new IllegalStateException("released twice: " + object, object.taken);
        }
        Stripe stripe = acquire();
        try {
            object.nextFree = stripe.free;
            stripe.free = object;
            if (++stripe.count >= 2 * BATCH) {
                spill(stripe);
            }
        } catch (OutOfMemoryError e) {
            // The shared list could not grow. The stripe keeps what it has, and the next one who gives tries again.
            return;
        } finally {
            stripe.release();
        }
    }

    private Stripe acquire() {
        int first = (int) Thread.currentThread().threadId();
        for (int i = first; ; i++) {
            Stripe stripe = stripes[i & STRIPES - 1];
            if (stripe.tryAcquire()) {
                return stripe;
            }
            if (i - first < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    private void refill(Stripe stripe) {
        lockShared();
        try {
            Pooled chain = sharedBatches.isEmpty() ? null : sharedBatches.removeLast();
            boolean fresh = chain == null;
            if (fresh) {
                chain = create();
            }
            int n = 0;
            for (Pooled p = chain; p != null; p = p.nextFree) {
                n++;
            }
            if (fresh) {
                created += n;
            }
            stripe.free = chain;
            stripe.count = n;
        } finally {
            shared.release();
        }
    }

    private void spill(Stripe stripe) {
        Pooled head = stripe.free;
        Pooled last = head;
        for (int i = 1; i < BATCH; i++) {
            last = last.nextFree;
        }
        lockShared();
        try {
            // First what may fail; nobody sees the batch before the list is given back.
            sharedBatches.add(head);
            stripe.free = last.nextFree;
            stripe.count -= BATCH;
            last.nextFree = null;
        } finally {
            shared.release();
        }
    }

    private void lockShared() {
        int spins = 0;
        while (!shared.tryAcquire()) {
            // Whoever holds it may be making a slab, or may have lost its processor.
            if (++spins < SPINS) {
                Thread.onSpinWait();
            } else {
                Thread.yield();
            }
        }
    }

    /// How many objects are in use. Exact only while no other thread takes or gives.
    final long outstanding() {
        long free = 0;
        for (Stripe s : stripes) {
            while (!s.tryAcquire()) {
                Thread.onSpinWait();
            }
            free += s.count;
            s.release();
        }
        lockShared();
        try {
            for (Pooled batch : sharedBatches) {
                for (Pooled p = batch; p != null; p = p.nextFree) {
                    free++;
                }
            }
            return created - free;
        } finally {
            shared.release();
        }
    }

    /// Where the objects in use were taken; empty unless the debug mode is on.
    final List<Throwable> owners() {
        return taken.stream().map(t -> t.taken).toList();
    }

    private static final class Stripe {
        volatile boolean busy;
        Pooled free;
        int count;

        boolean tryAcquire() {
            return !busy && BUSY.compareAndSet(this, false, true);
        }

        void release() {
            BUSY.setRelease(this, false);
        }
    }
}
