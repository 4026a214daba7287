package dev.millrace.stack;

import dev.millrace.spi.Counters;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The one policy for what is thrown on a thread that serves many - the timers', a link's, a program's that happens to
/// deliver other endpoints' packets: it is counted, it ends what it concerns, it is logged, and the thread goes on.
///
/// That holds for errors, too. Whoever runs out of memory may be the one who asked for too much, and the next packet may
/// well be served; an [AssertionError] or a [StackOverflowError] in one callback is no reason to stop all connections of
/// the JVM. Nothing is thrown from here, since logging may fail for the same reason.
final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private final Counters counters;
    private final String stackName;
    private final AtomicLong count = new AtomicLong();

    Failures(Counters counters, String stackName) {
        this.counters = counters;
        this.stackName = stackName;
        // Before memory is short.
        for (Place place : Place.values()) {
            counters.counter(place.text);
        }
    }

    /// What of the stack's own can fail.
    enum Place {
        /// Processing a packet that came in.
        PACKET("packet"),
        /// What was put off until the packets are processed.
        AFTER_DELIVERY("after-delivery"),
        /// A timer's task.
        TIMER("timer"),
        /// A link's `transmit`.
        TRANSMIT("transmit"),
        /// What follows from a NIC's going up or down, or from another MTU.
        NIC_CHANGE("nic-change"),
        /// A capture, which ends.
        CAPTURE("capture"),
        /// Closing a part of the stack.
        CLOSE("close");

        final String text;

        Place(String text) {
            this.text = text;
        }
    }

    void add(Place place, Throwable failure) {
        add(place.text, failure);
    }

    void add(String where, Throwable failure) {
        long n = 0;
        try {
            n = count.incrementAndGet();
            counters.counter(where).add(1);
        } catch (Throwable again) {
            // The counter could not be made. What is to be said is said below, if that can be.
            n = Math.max(n, 1);
        }
        // One, two, four, ...: a peer must not be able to fill the log.
        if ((n & n - 1) == 0) {
            log(where, n, failure);
        }
    }

    private void log(String where, long n, Throwable failure) {
        try {
            LOG.error("stack {}: {} failed, failure {} in all; it goes on", stackName, where, n, failure);
        } catch (Throwable again) {
            // It is counted, and that must do.
            return;
        }
    }
}
