package dev.millrace.internet;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/// Things that are to be told of something as long as somebody else uses them. Any thread may call any method.
///
/// @param <T> what they are
final class WeakList<T> {
    private static final int FEW = 16;

    private final List<WeakReference<T>> all = new ArrayList<>();
    private int toClean = FEW;

    synchronized <E extends T> E add(E element) {
        if (all.size() >= toClean) {
            all.removeIf(r -> r.refersTo(null));
            toClean = 2 * all.size() + FEW;
        }
        all.add(new WeakReference<>(element));
        return element;
    }

    /// Those that are still used, in the order in which they came.
    synchronized List<T> used() {
        return all.stream().map(WeakReference::get).filter(Objects::nonNull).toList();
    }
}
