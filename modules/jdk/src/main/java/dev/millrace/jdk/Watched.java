package dev.millrace.jdk;

import dev.millrace.Readiness;
import java.nio.channels.SelectableChannel;
import java.util.function.Consumer;

/// A channel that a [StackSelector] can watch.
interface Watched {
    /// For which operations it is ready now, of those of [java.nio.channels.SelectionKey]; all of them once it is closed. Asked without a
    /// lock, on any thread; does not throw.
    int readyOps();

    /// Who hears of its news.
    Audience audience();

    /// The kernel's channel that it stands for, or `null` if it stands for none.
    default SelectableChannel kernelChannel() {
        return null;
    }

    /// Whether there is such a channel, or may be one later.
    default boolean mayBeKernels() {
        return false;
    }

    /// Has `listener` called from now on whenever readiness may have changed; asked once.
    void onReady(Consumer<Readiness> listener);
}
