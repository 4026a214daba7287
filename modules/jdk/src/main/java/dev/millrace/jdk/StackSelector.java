package dev.millrace.jdk;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalSelectorException;
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
    private final Set<SelectionKey> keys = ConcurrentHashMap.newKeySet();
    private final Set<SelectionKey> publicKeys = Collections.unmodifiableSet(keys);
    private final SelectedKeys selected = new SelectedKeys();
    /// Keys to be looked at, the newest first. Linked through themselves: news must not need memory.
    private volatile StackKey head;
    /// The thread that waits for news, until somebody wakes it.
    private volatile Thread sleeper;
    private volatile boolean wakeup;
    /// Guarded by this.
    private boolean selecting;

    StackSelector(SelectorProvider provider, Waiting waiting) {
        super(provider);
        this.waiting = waiting;
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
        if (!(channel instanceof Watched watched)) {
            throw new IllegalSelectorException();
        }
        checkOpen();
        var key = new StackKey(this, channel, watched);
        key.attach(attachment);
        keys.add(key);
        try {
            watched.audience().add(key);
            key.interestOps(ops);
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

    private void forget(StackKey key) {
        key.cancel();
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
    private int selectFor(Consumer<SelectionKey> action, long timeoutMs) {
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

    private int selectLocked(Consumer<SelectionKey> action, long timeoutMs) {
        removeCancelled();
        long deadline = timeoutMs < 0 ? Long.MIN_VALUE : waiting.deadline(timeoutMs);
        var found = new Findings(action);
        while (true) {
            boolean called = wakeup;
            if (called) {
                wakeup = false;
            }
            look(found);
            if (found.any || called || timeoutMs < 0 || !isOpen() || Thread.currentThread().isInterrupted() || waiting.isOver(deadline)) {
                break;
            }
            sleep(deadline);
        }
        removeCancelled();
        checkOpen();
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

    private void sleep(long deadlineNs) {
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
            if (head == null && !wakeup && isOpen()) {
                waiting.waits().park(this, deadlineNs);
            }
        } finally {
            sleeper = null;
        }
    }

    /// Looks at the keys in the list. Those that are ready stay in it for the next selection, since they may be so then without news.
    private void look(Findings found) {
        StackKey key = oldestFirst((StackKey) HEAD.getAndSet(this, null));
        try {
            while (key != null) {
                StackKey next = key.next;
                key.next = null;
                StackKey here = key;
                key = next;
                look(here, found);
            }
        } finally {
            // A consumer that throws: the rest is for the next selection.
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

    private void look(StackKey key, Findings found) {
        // Before the channel is asked, so that news from then on is not missed.
        key.leaveQueue();
        // A channel that is being closed tells those who wait in it before it cancels its keys.
        if (!key.isValid() || !key.channel().isOpen()) {
            return;
        }
        int ops = key.watched().readyOps() & key.interest();
        if (ops == 0) {
            return;
        }
        look(key, false);
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

    private void removeCancelled() {
        Set<SelectionKey> cancelled = cancelledKeys();
        SelectionKey[] gone;
        synchronized (cancelled) {
            if (cancelled.isEmpty()) {
                return;
            }
            gone = cancelled.toArray(SelectionKey[]::new);
            cancelled.clear();
        }
        // Without that lock: a channel has one of its own, which others hold when they cancel.
        for (SelectionKey k : gone) {
            remove((StackKey) k);
        }
    }

    private void remove(StackKey key) {
        keys.remove(key);
        selected.remove(key);
        key.watched().audience().remove(key);
        deregister(key);
    }

    @Override
    protected void implCloseSelector() {
        wakeup();
        synchronized (this) {
            synchronized (selected) {
                removeCancelled();
                for (SelectionKey k : keys) {
                    // Its selector is closed: cancelling only marks it.
                    ((AbstractSelectionKey) k).cancel();
                    remove((StackKey) k);
                }
                removeCancelled();
                head = null;
            }
        }
    }
}
