package dev.millrace.stack;


/// What all threaded stacks of the JVM share: it begins with the first and ends with the last.
///
/// @param wheel the timers' thread
/// @param waker who wakes virtual threads
record SharedThreads(TimerWheel wheel, Waker waker) {
    private static final Object USERS = new Object();
    private static SharedThreads shared;
    private static int users;

    /// The shared threads, for one more stack.
    static SharedThreads acquire() {
        synchronized (USERS) {
            if (users == 0) {
                shared = new SharedThreads(new TimerWheel(), new Waker());
                shared.waker.start();
            }
            users++;
            return shared;
        }
    }

    /// One stack fewer; the last one ends the threads.
    static void release() {
        SharedThreads last = null;
        synchronized (USERS) {
            if (--users == 0) {
                last = shared;
                shared = null;
            }
        }
        if (last != null) {
            last.wheel.stop();
            last.waker.stop();
        }
    }
}
