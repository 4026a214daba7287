package dev.millrace.linux;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;

/// A few things that calls need, for whatever threads come: one for each thread would leak with each that ends. Any thread
/// may call any method.
///
/// @param <T> what it holds; its memory must be the garbage collector's, since what finds no place is left to that
public final class Stock<T> {
    private static final int PLACES = 16;

    private final AtomicReferenceArray<T> free = new AtomicReferenceArray<>(PLACES);
    private final Supplier<T> maker;

    /// An empty one.
    ///
    /// @param maker makes another where none is free
    public Stock(Supplier<T> maker) {
        this.maker = maker;
    }

    /// One, to be given back.
    public T take() {
        T one = free.getAndSet(place(), null);
        return one != null ? one : maker.get();
    }

    /// Takes one back.
    public void give(T one) {
        free.set(place(), one);
    }

    private static int place() {
        return (int) Thread.currentThread().threadId() & PLACES - 1;
    }
}
