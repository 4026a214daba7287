package dev.millrace.internet.waiting;

import dev.millrace.internet.time.Clockwork;
import java.util.AbstractQueue;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/// A queue between programs in simulated time, first in first out.
///
/// @param <E> what is in it
public final class SimulatedQueue<E> extends AbstractQueue<E> implements BlockingQueue<E> {
    private final int capacity;
    private final ArrayDeque<E> elements = new ArrayDeque<>();
    private final WaitingLine changed;

    /// @param capacity how many it holds, at least 1
    public SimulatedQueue(Clockwork clockwork, int capacity) {
        if (capacity < 1) {
            throw new IllegalArgumentException("a queue for " + capacity + " elements");
        }
        this.capacity = capacity;
        changed = new WaitingLine(clockwork);
    }

    @Override
    public boolean offer(E e) {
        Objects.requireNonNull(e);
        if (elements.size() >= capacity) {
            return false;
        }
        elements.add(e);
        changed.wakeAll();
        return true;
    }

    @Override
    public boolean offer(E e, long timeout, TimeUnit unit) throws InterruptedException {
        return offer(e, changed.deadlineNs(timeout, unit));
    }

    private boolean offer(E e, long deadlineNs) throws InterruptedException {
        while (!offer(e)) {
            if (changed.isOver(deadlineNs)) {
                return false;
            }
            changed.await(deadlineNs);
        }
        return true;
    }

    @Override
    public void put(E e) throws InterruptedException {
        offer(e, Long.MAX_VALUE);
    }

    @Override
    public E poll() {
        E e = elements.poll();
        if (e != null) {
            changed.wakeAll();
        }
        return e;
    }

    @Override
    public E poll(long timeout, TimeUnit unit) throws InterruptedException {
        return poll(changed.deadlineNs(timeout, unit));
    }

    private E poll(long deadlineNs) throws InterruptedException {
        E e;
        while ((e = poll()) == null && !changed.isOver(deadlineNs)) {
            changed.await(deadlineNs);
        }
        return e;
    }

    @Override
    public E take() throws InterruptedException {
        return poll(Long.MAX_VALUE);
    }

    @Override
    public E peek() {
        return elements.peek();
    }

    @Override
    public int remainingCapacity() {
        return capacity - elements.size();
    }

    @Override
    public int size() {
        return elements.size();
    }

    @Override
    public boolean remove(Object o) {
        boolean removed = elements.remove(o);
        if (removed) {
            changed.wakeAll();
        }
        return removed;
    }

    @Override
    public int drainTo(Collection<? super E> c) {
        return drainTo(c, Integer.MAX_VALUE);
    }

    @Override
    public int drainTo(Collection<? super E> c, int maxElements) {
        if (c == this) {
            throw new IllegalArgumentException("into itself");
        }
        int n = 0;
        E e;
        while (n < maxElements && (e = poll()) != null) {
            c.add(e);
            n++;
        }
        return n;
    }

    /// Of what is in it now; it removes nothing.
    @Override
    public Iterator<E> iterator() {
        return List.copyOf(elements).iterator();
    }
}
