package dev.millrace.jdk;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalSelectorException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelectionKey;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Collections;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/// Watches channels of stacks. Channels tell it of their news ([Audience]), and it looks at those that did and at those that were ready
/// the last time, so that one that is idle costs nothing, however many there are.
final class StackSelector extends AbstractSelector {
    private static final VarHandle HEAD;
    private static final VarHandle SLEEPER;

    static {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            HEAD = lookup.findVarHandle(StackSelector.class, "head", StackKey.class);
            SLEEPER = lookup.findVarHandle(StackSelector.class, "sleeper", Thread.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Waiting waiting;
    private final KernelSide.Opener kernels;
    private final Set<SelectionKey> keys = ConcurrentHashMap.newKeySet();
    private final Set<SelectionKey> publicKeys = Collections.unmodifiableSet(keys);
    private final SelectedKeys selected = new SelectedKeys();
    /// Keys to be looked at, the newest first. Linked through themselves: news must not need memory.
    private volatile StackKey head;
    /// The thread that waits for news, until somebody wakes it.
    private volatile Thread sleeper;
    private volatile boolean wakeup;
    /// Guarded by keys where it is set; `null` until a channel is one of the kernel's.
    private volatile KernelSide kernel;
    /// Guarded by this.
    private boolean selecting;

    /// @param kernels what watches channels that are the kernel's; `null` where none can be
    StackSelector(SelectorProvider provider, Waiting waiting, KernelSide.Opener kernels) {
        super(provider);
        this.waiting = waiting;
        this.kernels = kernels;
    }

    private void checkOpen() {
        if (!isOpen()) {
            throw new ClosedSelectorException();
        }
    }

    @Override
    public Set<SelectionKey> keys() {
        checkOpen();
        return publicKeys;
    }

    @Override
    public Set<SelectionKey> selectedKeys() {
        checkOpen();
        return selected;
    }

    @Override
    protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
        // What may be the kernel's is for those of the JVM's provider.
        if (!(channel instanceof Watched watched) || kernels == null && watched.mayBeKernels()) {
            throw new IllegalSelectorException();
        }
        checkOpen();
        var key = new StackKey(this, channel, watched);
        key.attach(attachment);
        keys.add(key);
        try {
            watched.audience().add(key);
            key.interestOps(ops);
            watchKernels(key);
        } catch (ClosedChannelException e) {
            // Who closes it cancels the key next.
            return key;
        } catch (IOException e) {
            forget(key);
            throw new UncheckedIOException(e);
        } catch (Throwable t) {
            forget(key);
            throw t;
        }
        if (!isOpen()) {
            forget(key);
            throw new ClosedSelectorException();
        }
        return key;
    }

    /// Has the kernel watch the channel, if it is one of its own.
    void watchKernels(StackKey key) throws IOException {
        SelectableChannel channel = key.watched().kernelChannel();
        if (channel == null) {
            return;
        }
        synchronized (keys) {
            // What a close that has begun would not find any more is not made.
            if (!isOpen() || !key.isValid()) {
                return;
            }
            if (kernel == null) {
                kernel = kernels.open();
            }
            if (key.kernelKey() == null) {
                kernel.watch(key, channel);
            }
            if (!keys.contains(key)) {
                // Removed meanwhile by who saw no key of the kernel's.
                key.kernelKey().cancel();
            }
        }
        // Who waits for stacks alone is to wait for the kernel, too.
        rouse();
    }

    private void forget(StackKey key) {
        key.cancel();
        key.leaveKernel();
        keys.remove(key);
        key.watched().audience().remove(key);
    }

    /// Has the next selection look at a key.
    ///
    /// @param news whether one that is under way should, too
    void look(StackKey key, boolean news) {
        if (key.enterQueue()) {
            StackKey first;
            do {
                first = head;
                key.next = first;
            } while (!HEAD.compareAndSet(this, first, key));
        }
        if (news) {
            rouse();
        }
    }

    private void rouse() {
        KernelSide k = kernel;
        if (k != null) {
            k.rouse();
        }
        if (sleeper != null) {
            Thread t = (Thread) SLEEPER.getAndSet(this, null);
            if (t != null) {
                waiting.waits().unpark(t);
            }
        }
    }

    @Override
    public Selector wakeup() {
        wakeup = true;
        rouse();
        return this;
    }

    // ---- selecting

    @Override
    public int selectNow() throws IOException {
        return selectFor(null, -1);
    }

    @Override
    public int select() throws IOException {
        return selectFor(null, 0);
    }

    @Override
    public int select(long timeout) throws IOException {
        checkTimeout(timeout);
        return selectFor(null, timeout);
    }

    @Override
    public int selectNow(Consumer<SelectionKey> action) throws IOException {
        return selectFor(Objects.requireNonNull(action), -1);
    }

    @Override
    public int select(Consumer<SelectionKey> action) throws IOException {
        return selectFor(Objects.requireNonNull(action), 0);
    }

    @Override
    public int select(Consumer<SelectionKey> action, long timeout) throws IOException {
        Objects.requireNonNull(action);
        checkTimeout(timeout);
        return selectFor(action, timeout);
    }

    private static void checkTimeout(long timeout) {
        if (timeout < 0) {
            throw new IllegalArgumentException("Negative timeout");
        }
    }

    /// @param timeoutMs 0 is for ever, less not to wait at all
    private int selectFor(Consumer<SelectionKey> action, long timeoutMs) throws IOException {
        synchronized (this) {
            checkOpen();
            if (selecting) {
                throw new IllegalStateException("select in progress");
            }
            selecting = true;
            try {
                synchronized (selected) {
                    return selectLocked(action, timeoutMs);
                }
            } finally {
                selecting = false;
            }
        }
    }

    private int selectLocked(Consumer<SelectionKey> action, long timeoutMs) throws IOException {
        removeCancelled();
        long deadline = timeoutMs < 0 ? Long.MIN_VALUE : waiting.deadline(timeoutMs);
        var found = new Findings(action);
        if (kernel != null) {
            kernel.look(this);
        }
        while (true) {
            boolean called = wakeup;
            if (called) {
                wakeup = false;
            }
            look(found);
            if (found.any || called || timeoutMs < 0 || !isOpen() || Thread.currentThread().isInterrupted() || waiting.isOver(deadline)) {
                break;
            }
            if (kernel != null && removeCancelled()) {
                // The kernel would tell of their channels again and again.
                break;
            }
            sleep(deadline);
        }
        if (action == null || found.updated == 0) {
            removeCancelled();
        }
        // Also when it was closed meanwhile: to who selects that is a wake-up.
        return found.updated;
    }

    /// What a selection has found.
    private static final class Findings {
        final Consumer<SelectionKey> action;
        /// Whether any key was ready: then it is not waited for more.
        boolean any;
        int updated;

        Findings(Consumer<SelectionKey> action) {
            this.action = action;
        }
    }

    private boolean hasNothingToDo() {
        return head == null && !wakeup && isOpen();
    }

    private void sleep(long deadlineNs) throws IOException {
        KernelSide k = kernel;
        if (k != null) {
            k.sleep(this, waiting.remainingMs(deadlineNs), this::hasNothingToDo);
            return;
        }
        long spin = waiting.waits().spinNs();
        if (spin > 0) {
            long until = waiting.clock().nanoTime() + spin;
            do {
                for (int i = 0; i < 32; i++) {
                    if (head != null || wakeup) {
                        return;
                    }
                    Thread.onSpinWait();
                }
            } while (waiting.clock().nanoTime() - until < 0);
        }
        sleeper = Thread.currentThread();
        try {
            if (kernel == null && hasNothingToDo()) {
                waiting.waits().park(this, deadlineNs);
            }
        } finally {
            sleeper = null;
        }
    }

    /// Looks at the keys in the list. Those that are ready stay in it for the next selection, since they may be so then without news.
    private void look(Findings found) throws IOException {
        StackKey key = oldestFirst((StackKey) HEAD.getAndSet(this, null));
        StackKey here = null;
        try {
            while (key != null) {
                here = key;
                key = here.next;
                here.next = null;
                look(here, found);
            }
            here = null;
        } finally {
            // A consumer that throws, or there is no memory: what was not looked at, or not to the end, is for the next selection.
            if (here != null) {
                look(here, false);
            }
            while (key != null) {
                StackKey next = key.next;
                key.next = null;
                key.leaveQueue();
                look(key, false);
                key = next;
            }
        }
    }

    private static StackKey oldestFirst(StackKey newest) {
        StackKey reversed = null;
        while (newest != null) {
            StackKey next = newest.next;
            newest.next = reversed;
            reversed = newest;
            newest = next;
        }
        return reversed;
    }

    private void look(StackKey key, Findings found) throws IOException {
        // Before the channel is asked, so that news from then on is not missed.
        key.leaveQueue();
        // A channel that is being closed tells those who wait in it before it cancels its keys.
        if (!key.isValid() || !key.channel().isOpen()) {
            return;
        }
        int ops = key.channelOps() & key.interest();
        if (ops == 0) {
            return;
        }
        if (found.action != null && found.updated == 0) {
            // What is cancelled from now on, by the consumer, is for the next selection.
            removeCancelled();
            if (!key.isValid()) {
                return;
            }
        }
        if (key.kernelKey() == null) {
            look(key, false);
        }
        found.any = true;
        if (found.action != null) {
            key.ready(ops);
            found.updated++;
            found.action.accept(key);
            checkOpen();
        } else if (selected.contains(key)) {
            int before = key.ready();
            if ((ops & ~before) != 0) {
                key.ready(before | ops);
                found.updated++;
            }
        } else {
            key.ready(ops);
            selected.select(key);
            found.updated++;
        }
    }

    // ---- keys that are no more

    /// Returns whether there was one.
    private boolean removeCancelled() throws IOException {
        Set<SelectionKey> cancelled = cancelledKeys();
        SelectionKey[] gone;
        synchronized (cancelled) {
            if (cancelled.isEmpty()) {
                return false;
            }
            gone = cancelled.toArray(SelectionKey[]::new);
        }
        // Without that lock: a channel has one of its own, which others hold when they cancel. The kernel forgets them first: who sees
        // that a channel has no key may register it at once.
        for (SelectionKey k : gone) {
            ((StackKey) k).leaveKernel();
        }
        if (kernel != null) {
            kernel.forgetCancelled();
        }
        for (SelectionKey k : gone) {
            remove((StackKey) k);
            synchronized (cancelled) {
                cancelled.remove(k);
            }
        }
        return true;
    }

    private void remove(StackKey key) {
        keys.remove(key);
        selected.remove(key);
        key.leaveKernel();
        key.watched().audience().remove(key);
        deregister(key);
    }

    @Override
    protected void implCloseSelector() throws IOException {
        wakeup();
        synchronized (this) {
            synchronized (selected) {
                try {
                    removeCancelled();
                    for (SelectionKey k : keys) {
                        // Its selector is closed: cancelling only marks it.
                        ((AbstractSelectionKey) k).cancel();
                        remove((StackKey) k);
                    }
                    removeCancelled();
                    head = null;
                } finally {
                    closeKernel();
                }
            }
        }
    }

    private void closeKernel() throws IOException {
        KernelSide k;
        // Nobody makes one from now on.
        synchronized (keys) {
            k = kernel;
        }
        if (k != null) {
            k.close();
        }
    }
}
