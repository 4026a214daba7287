package dev.millrace.stack;


/// Who closes a stack. Closing runs programs' callbacks, and those may close another stack, whose own close may have come
/// to a callback that closes the first: so a thread that is closing any stack waits for no other's close.
///
/// Made with the stack and linked through itself: closing takes no memory.
final class Closer {
    private static final Object LOCK = new Object();
    /// Guarded by LOCK.
    private static Closer first;

    // Guarded by LOCK.
    private Thread thread;
    private Closer next;

    /// The calling thread closes this one's stack from here on.
    void begin() {
        synchronized (LOCK) {
            thread = Thread.currentThread();
            next = first;
            first = this;
        }
    }

    /// It has closed it.
    void end() {
        synchronized (LOCK) {
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
        }
    }

    /// Whether the calling thread is closing a stack.
    static boolean isHere() {
        synchronized (LOCK) {
            Closer c = first;
            while (c != null && c.thread != Thread.currentThread()) {
                c = c.next;
            }
            return c != null;
        }
    }
}
