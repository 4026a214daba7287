package dev.millrace.stack;

import java.util.concurrent.locks.ReentrantLock;

/// What all threaded stacks of the JVM share: it begins with the first and ends with the last.
///
/// @param wheel the timers' thread
/// @param waker who wakes virtual threads
record SharedThreads(TimerWheel wheel, Waker waker) {
    private static final ReentrantLock USERS = new ReentrantLock();
    private static SharedThreads shared;
    private static int users;

    /// The shared threads, for one more stack.
    static SharedThreads acquire() {
        USERS.lock();
        try {
            if (users == 0) {
                shared = new SharedThreads(new TimerWheel(), new Waker());
                shared.waker.start();
            }
            users++;
            return shared;
        } finally {
            USERS.unlock();
        }
    }

    /// One stack fewer; the last one ends the threads.
    static void release() {
        SharedThreads last = null;
        USERS.lock();
        try {
            if (--users == 0) {
                last = shared;
                shared = null;
            }
        } finally {
            USERS.unlock();
        }
        if (last != null) {
            last.wheel.stop();
            last.waker.stop();
        }
    }
}
