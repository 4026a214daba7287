package dev.millrace.jdk;

import java.io.IOException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.function.BooleanSupplier;

/// Those channels of a [StackSelector] that are the kernel's: a selector of the kernel watches them, and the thread that would wait for
/// stacks waits in it for both.
final class KernelSide {
    private final Selector selector;
    private volatile boolean asleep;

    /// Opens one when the first channel of the kernel's comes.
    interface Opener {
        KernelSide open() throws IOException;
    }

    KernelSide(Selector selector) {
        this.selector = selector;
    }

    void watch(StackKey key, SelectableChannel channel) throws IOException {
        key.kernelKey(channel.register(selector, key.interest() & channel.validOps(), key));
    }

    /// Looks what there is, without waiting.
    void look(StackSelector owner) throws IOException {
        selector.selectNow();
        pass(owner);
    }

    /// Waits for the kernel's channels, and for [#rouse()].
    ///
    /// @param timeoutMs 0 is for ever
    /// @param mayWait asked once whoever has news from then on rouses
    void sleep(StackSelector owner, long timeoutMs, BooleanSupplier mayWait) throws IOException {
        asleep = true;
        try {
            if (mayWait.getAsBoolean()) {
                selector.select(timeoutMs);
            }
        } finally {
            asleep = false;
        }
        pass(owner);
    }

    private void pass(StackSelector owner) {
        for (SelectionKey k : selector.selectedKeys()) {
            if (k.isValid() && k.attachment() instanceof StackKey key) {
                key.foundByKernel(k.readyOps());
                owner.look(key, false);
            }
        }
        selector.selectedKeys().clear();
    }

    void rouse() {
        if (asleep) {
            try {
                selector.wakeup();
            } catch (ClosedSelectorException e) {
                // Nobody waits in it.
            }
        }
    }

    /// A channel may be blocking again only when its key is gone.
    void forgetCancelled() throws IOException {
        selector.selectNow(_ -> {
        });
    }

    void close() throws IOException {
        selector.close();
    }
}
