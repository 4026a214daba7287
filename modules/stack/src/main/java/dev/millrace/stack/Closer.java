package dev.millrace.stack;

import java.util.concurrent.locks.ReentrantLock;

/// Who closes a stack. Closing runs programs' callbacks, and those may close another stack, whose own close may have come
/// to a callback that closes the first: so a thread that is closing any stack waits for no other's close.
///
/// Made with the stack and linked through itself: closing takes no memory.
final class Closer {
    private static final ReentrantLock LOCK = new ReentrantLock();
    /// Guarded by LOCK.
    private static Closer first;

    // Guarded by LOCK.
    private Thread thread;
    private Closer next;

    /// The calling thread closes this one's stack from here on.
    void begin() {
        LOCK.lock();
        try {
            thread = Thread.currentThread();
            next = first;
            first = this;
        } finally {
            LOCK.unlock();
        }
    }

    /// It has closed it.
    void end() {
        LOCK.lock();
        try {
            Closer before = null;
            Closer c = first;
            while (c != null && c != this) {
                before = c;
                c = c.next;
            }
            if (before != null && c != null) {
                before.next = next;
            } else if (c != null) {
                first = next;
            }
            next = null;
            thread = null;
        } finally {
            LOCK.unlock();
        }
    }

    /// Whether the calling thread is closing a stack.
    static boolean isHere() {
        LOCK.lock();
        try {
            Closer c = first;
            while (c != null && c.thread != Thread.currentThread()) {
                c = c.next;
            }
            return c != null;
        } finally {
            LOCK.unlock();
        }
    }
}
