package dev.millrace.jdk;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectionKey;

/// A channel's place in a [StackSelector], and the link of the list of those that are to be looked at.
final class StackKey extends AbstractSelectionKey {
    private static final VarHandle QUEUED;
    private static final VarHandle INTEREST;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            QUEUED = lookup.findVarHandle(StackKey.class, "queued", boolean.class);
            INTEREST = lookup.findVarHandle(StackKey.class, "interest", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final StackSelector selector;
    private final SelectableChannel channel;
    private final Watched watched;
    private volatile int interest;
    private volatile int ready;
    /// In the selector's [KernelSide], if the channel is one of the kernel's; what follows, too.
    private volatile SelectionKey kernelKey;
    /// By the selecting thread only: what the kernel's selector has found and nobody has looked at yet.
    private int kernelReady;
    @SuppressWarnings("unused") // by QUEUED
    private volatile boolean queued;
    /// Belongs to the list that it is in.
    StackKey next;

    StackKey(StackSelector selector, SelectableChannel channel, Watched watched) {
        this.selector = selector;
        this.channel = channel;
        this.watched = watched;
    }

    @Override
    public SelectableChannel channel() {
        return channel;
    }

    @Override
    public Selector selector() {
        return selector;
    }

    Watched watched() {
        return watched;
    }

    private void checkValid() {
        if (!isValid()) {
            throw new CancelledKeyException();
        }
    }

    private void check(int ops) {
        if ((ops & ~channel.validOps()) != 0) {
            throw new IllegalArgumentException();
        }
    }

    @Override
    public int interestOps() {
        checkValid();
        return interest;
    }

    @Override
    public SelectionKey interestOps(int ops) {
        checkValid();
        check(ops);
        changed((int) INTEREST.getAndSet(this, ops), ops);
        return this;
    }

    @Override
    public int interestOpsOr(int ops) {
        checkValid();
        check(ops);
        int before = (int) INTEREST.getAndBitwiseOr(this, ops);
        changed(before, before | ops);
        return before;
    }

    @Override
    public int interestOpsAnd(int ops) {
        checkValid();
        int before = (int) INTEREST.getAndBitwiseAnd(this, ops);
        changed(before, before & ops);
        return before;
    }

    /// What is wanted now and was not is looked for by the next selection; one under way goes on as it is.
    private void changed(int before, int now) {
        SelectionKey k = kernelKey;
        if (k != null && before != now) {
            tellKernel(k);
        }
        if ((now & ~before) != 0) {
            selector.look(this, false);
        }
    }

    private void tellKernel(SelectionKey k) {
        try {
            int told;
            do {
                // Who changes it at the same time may be faster with his word than with ours.
                told = interest;
                k.interestOps(told & k.channel().validOps());
            } while (told != interest);
        } catch (CancelledKeyException e) {
            // Closed meanwhile.
        }
    }

    void becomeKernels() throws IOException {
        selector.watchKernels(this);
    }

    /// Is watched by the kernel's selector under this key from now on.
    void kernelKey(SelectionKey k) {
        kernelKey = k;
        // What was changed meanwhile.
        tellKernel(k);
    }

    void leaveKernel() {
        SelectionKey k = kernelKey;
        if (k != null) {
            k.cancel();
        }
    }

    /// The channel is none of the kernel's any more.
    void forgetKernel() {
        leaveKernel();
        kernelKey = null;
    }

    SelectionKey kernelKey() {
        return kernelKey;
    }

    void foundByKernel(int ops) {
        kernelReady |= ops;
    }

    /// For which operations its channel is ready.
    int channelOps() {
        if (kernelKey == null) {
            return watched.readyOps();
        }
        int ops = kernelReady;
        kernelReady = 0;
        return ops;
    }

    /// Whether one of these operations is one that the program waits for.
    boolean wants(int ops) {
        return (interest & ops) != 0;
    }

    int interest() {
        return interest;
    }

    @Override
    public int readyOps() {
        checkValid();
        return ready;
    }

    /// As a selection has found.
    void ready(int ops) {
        ready = ops;
    }

    int ready() {
        return ready;
    }

    /// Tells the selector, and who waits in it, to look at this key.
    void announce() {
        selector.look(this, true);
    }

    @Override
    public String toString() {
        String about = "channel=" + channel + ", selector=" + selector;
        return isValid() ? about + ", interestOps=" + interest + ", readyOps=" + ready : about + ", invalid";
    }

    /// Whether it was in no list; it is in the caller's now.
    boolean enterQueue() {
        return !queued && QUEUED.compareAndSet(this, false, true);
    }

    /// What happens from now on puts it into the list again.
    void leaveQueue() {
        queued = false;
    }
}
