package dev.millrace.jdk;

import java.io.IOException;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.Channel;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.IllegalBlockingModeException;
import java.util.Arrays;

/// Who hears of a channel's news: the keys under which it is registered, and threads that wait for it. Any thread may call any method.
final class Audience {
    private static final StackKey[] NOBODY = {};
    private static final Thread[] NONE = {};

    private final Watched channel;
    private final Waiting waiting;
    // Replaced as a whole, guarded by this where that is done: news comes far more often than a listener.
    private volatile StackKey[] keys = NOBODY;
    private volatile Thread[] threads = NONE;
    private boolean listening;

    Audience(Watched channel, Waiting waiting) {
        this.channel = channel;
        this.waiting = waiting;
    }

    Waiting waiting() {
        return waiting;
    }

    void add(StackKey key) {
        synchronized (this) {
            StackKey[] more = Arrays.copyOf(keys, keys.length + 1);
            more[keys.length] = key;
            keys = more;
        }
        listen();
    }

    synchronized void remove(StackKey key) {
        keys = without(keys, key, NOBODY);
    }

    private static <T> T[] without(T[] all, T one, T[] none) {
        int at = Arrays.asList(all).indexOf(one);
        if (at < 0) {
            return all;
        }
        if (all.length == 1) {
            return none;
        }
        T[] fewer = Arrays.copyOf(all, all.length - 1);
        System.arraycopy(all, at + 1, fewer, at, fewer.length - at);
        return fewer;
    }

    /// Not before somebody wants to know: most channels of most programs are never registered. Without a lock, for the callback comes
    /// at once.
    private void listen() {
        synchronized (this) {
            if (listening) {
                return;
            }
            listening = true;
        }
        try {
            channel.onReady(_ -> tell());
        } catch (Throwable t) {
            synchronized (this) {
                listening = false;
            }
            throw t;
        }
    }

    /// The channel has become one of the kernel's: its selectors watch that.
    void becameKernels() throws IOException {
        IOException failed = null;
        for (StackKey key : keys) {
            try {
                key.becomeKernels();
            } catch (IOException e) {
                failed = e;
            } catch (ClosedSelectorException | CancelledKeyException | IllegalBlockingModeException e) {
                if (key.isValid() && key.selector().isOpen()) {
                    throw e;
                }
            }
        }
        if (failed != null) {
            throw failed;
        }
    }

    /// What the channel has become was taken back.
    void forgetKernels() {
        for (StackKey key : keys) {
            key.forgetKernel();
        }
    }

    /// The channel is to be a blocking one again: the kernel's is not while it has a valid key, though the program may have cancelled
    /// its own already.
    void leaveKernels() {
        for (StackKey key : keys) {
            if (!key.isValid()) {
                key.leaveKernel();
            }
        }
    }

    /// Something may have changed. Takes no memory.
    void tell() {
        StackKey[] registered = keys;
        if (registered.length > 0) {
            int ops = channel.readyOps();
            for (StackKey key : registered) {
                if (key.wants(ops)) {
                    key.announce();
                }
            }
        }
        for (Thread t : threads) {
            waiting.waits().unpark(t);
        }
    }

    /// Waits until the channel is ready for one of `ops`, or closed, or the thread is interrupted: which of them, the caller finds out.
    ///
    /// @return `false` if the deadline came first
    boolean await(int ops, long deadlineNs) {
        Thread self = Thread.currentThread();
        enter(self);
        try {
            listen();
            while (true) {
                if ((channel.readyOps() & ops) != 0 || !((Channel) channel).isOpen() || self.isInterrupted()) {
                    return true;
                }
                if (waiting.isOver(deadlineNs)) {
                    return false;
                }
                waiting.waits().park(channel, deadlineNs);
            }
        } finally {
            leave(self);
        }
    }

    private synchronized void enter(Thread self) {
        Thread[] more = Arrays.copyOf(threads, threads.length + 1);
        more[threads.length] = self;
        threads = more;
    }

    private synchronized void leave(Thread self) {
        threads = without(threads, self, NONE);
    }
}
