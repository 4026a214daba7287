package dev.millrace.tcp;

import dev.millrace.Readiness;
import dev.millrace.spi.ReadinessSignal;
import dev.millrace.spi.Waits;
import java.util.function.Consumer;

/// Who is to hear of a connection's news: one thread that reads, one that writes, one that watches for it to stand or to
/// be finished, and the program's callback. Readiness is published under the endpoint's gate and told without it.
final class Wakeups {
    /// A read would find data, the end of the stream or an error.
    static final int READABLE = 1;
    /// A write would find room or an error.
    static final int WRITABLE = 2;
    /// The connection stands or stood.
    static final int CONNECTED = 4;
    /// The connection has failed: [EngineGate#failure()] says why.
    static final int FAILED = 8;
    /// Nothing is left to be sent or acknowledged, and the engine needs no more segments.
    static final int FINISHED = 16;

    /// Something changed since readiness was last told.
    private static final int NEWS = 32;

    private volatile int status;
    volatile Thread reader;
    volatile Thread writer;
    /// A thread that waits for the connection to stand or to be finished.
    volatile Thread watcher;
    private volatile ReadinessSignal callback;

    /// The present bits.
    int status() {
        return status;
    }

    boolean is(int bits) {
        return (status & bits) != 0;
    }

    /// Sets the present bits, with the gate's lock held, and returns those that are set now and were not, or stay worth a
    /// wake-up.
    ///
    /// @param moreData whether data has come, though there may have been some before
    int publish(int now, boolean moreData) {
        int before = status;
        if (now != before) {
            status = now;
        }
        int news = (now & ~before) != 0 || moreData ? NEWS : 0;
        return now & (~before | READABLE | WRITABLE) | news;
    }

    /// Wakes whom these bits concern. Each registration is answered once; a thread that finds nothing registers again.
    void wake(int bits, Waits waits) {
        Thread t;
        if ((bits & (READABLE | FAILED)) != 0 && (t = reader) != null) {
            reader = null;
            waits.unpark(t);
        }
        if ((bits & (WRITABLE | FAILED)) != 0 && (t = writer) != null) {
            writer = null;
            waits.unpark(t);
        }
        if ((bits & (CONNECTED | FAILED | FINISHED)) != 0 && (t = watcher) != null) {
            watcher = null;
            waits.unpark(t);
        }
        if ((bits & NEWS) != 0) {
            tell();
        }
    }

    /// Wakes all threads, so that they look again.
    void wakeAll(Waits waits) {
        for (Thread t : new Thread[] {reader, writer, watcher}) {
            if (t != null) {
                waits.unpark(t);
            }
        }
    }

    void onReady(Consumer<Readiness> listener, TcpProtocol protocol) {
        callback = listener == null ? null : protocol.signal(this::readiness, listener);
        if (is(READABLE | WRITABLE | FAILED)) {
            tell();
        }
    }

    /// Tells the program its present readiness, whether it is news or not.
    void tell() {
        ReadinessSignal c = callback;
        if (c != null) {
            c.signal();
        }
    }

    Readiness readiness() {
        int s = status;
        return Readiness.of((s & READABLE) != 0, (s & WRITABLE) != 0, (s & FAILED) != 0);
    }
}
