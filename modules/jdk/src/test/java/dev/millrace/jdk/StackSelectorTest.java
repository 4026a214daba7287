package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Readiness;
import dev.millrace.spi.Clock;
import dev.millrace.spi.Waits;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/// News at the worst moments of a selection, on one thread: who sleeps although there is news fails at once.
class StackSelectorTest {
    private static final int READ = SelectionKey.OP_READ;

    private final Moments moments = new Moments();
    private final Waiting waiting = new Waiting(moments, moments);
    private final StackSelector selector = new StackSelector(SelectorProvider.provider(), waiting, null);

    @Test
    void newsThatComesWhileAChannelIsAskedIsNotMissed() throws Exception {
        Channel c = channel();
        c.whenAsked = () -> c.becomes(READ);
        assertEquals(1, selector.select());
    }

    @Test
    void newsThatComesBeforeItSleepsIsNotMissed() throws Exception {
        Channel c = channel();
        moments.beforeSleep = () -> c.becomes(READ);
        assertEquals(1, selector.select());
    }

    @Test
    void newsWakesIt() throws Exception {
        Channel c = channel();
        moments.asleep = () -> c.becomes(READ);
        assertEquals(1, selector.select());
        assertTrue(moments.woken);
    }

    @Test
    void newsThatNobodyWaitsForDoesNotWakeIt() throws Exception {
        Channel c = channel();
        moments.asleep = () -> {
            c.becomes(SelectionKey.OP_WRITE);
            assertEquals(false, moments.woken);
            selector.wakeup();
        };
        assertEquals(0, selector.select());
    }

    @Test
    void wakeupBeforeItSleepsIsNotMissed() throws Exception {
        channel();
        moments.beforeSleep = selector::wakeup;
        assertEquals(0, selector.select());
    }

    @Test
    void wakeupWakesIt() throws Exception {
        moments.asleep = selector::wakeup;
        assertEquals(0, selector.select());
        assertTrue(moments.woken);
    }

    @Test
    void whatStaysReadyIsSelectedAgainWithoutNews() throws Exception {
        Channel c = channel();
        c.becomes(READ);
        for (int i = 0; i < 3; i++) {
            assertEquals(1, selector.select());
            selector.selectedKeys().clear();
        }
        c.ready = 0;
        assertEquals(0, selector.selectNow());
    }

    @Test
    void whatAConsumerThatThrewHasNotSeenIsSelectedAgain() throws Exception {
        for (int i = 0; i < 5; i++) {
            channel().becomes(READ);
        }
        try {
            selector.select(_ -> {
                throw new IllegalStateException();
            });
        } catch (IllegalStateException e) {
            // It is the consumer's.
        }
        assertEquals(5, selector.select(_ -> { }));
    }

    @Test
    void thoseThatAreIdleAreNotAsked() throws Exception {
        List<Channel> idle = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            idle.add(channel());
        }
        Channel busy = channel();
        selector.selectNow();
        idle.forEach(c -> c.asked = 0);
        for (int i = 0; i < 10; i++) {
            busy.becomes(READ);
            assertEquals(1, selector.select(_ -> { }));
            busy.ready = 0;
            selector.selectNow();
        }
        assertEquals(0, idle.stream().mapToInt(c -> c.asked).sum());
    }

    private Channel channel() throws Exception {
        var c = new Channel(waiting);
        c.configureBlocking(false);
        c.register(selector, READ);
        return c;
    }

    /// A channel that becomes ready when it is told to.
    private static final class Channel extends AbstractSelectableChannel implements Watched {
        private final Audience audience;
        int ready;
        int asked;
        Runnable whenAsked;

        Channel(Waiting waiting) {
            super(SelectorProvider.provider());
            audience = new Audience(this, waiting);
        }

        void becomes(int ops) {
            ready = ops;
            audience.tell();
        }

        @Override
        public int readyOps() {
            asked++;
            int now = ready;
            Runnable then = whenAsked;
            whenAsked = null;
            if (then != null) {
                then.run();
            }
            return now;
        }

        @Override
        public Audience audience() {
            return audience;
        }

        @Override
        public void onReady(Consumer<Readiness> listener) {
            // It tells by itself.
        }

        @Override
        public int validOps() {
            return READ | SelectionKey.OP_WRITE;
        }

        @Override
        protected void implCloseSelectableChannel() {
            audience.tell();
        }

        @Override
        protected void implConfigureBlocking(boolean block) {
            // All the same.
        }
    }

    /// Waits for nothing: what is to happen meanwhile happens on the same thread.
    private static final class Moments implements Waits, Clock {
        Runnable beforeSleep;
        Runnable asleep;
        boolean woken;

        @Override
        public long spinNs() {
            Runnable then = beforeSleep;
            beforeSleep = null;
            if (then != null) {
                then.run();
            }
            return 0;
        }

        @Override
        public void park(Object blocker, long deadlineNs) {
            Runnable then = asleep;
            asleep = null;
            if (then == null) {
                throw new AssertionError("it sleeps, and nobody will wake it");
            }
            then.run();
            if (!woken) {
                throw new AssertionError("there was news, and nobody has woken it");
            }
        }

        @Override
        public void unpark(Thread thread) {
            woken = true;
        }

        @Override
        public boolean lock(ReentrantLock lock, long deadlineNs) {
            throw new AssertionError("no lock is taken");
        }

        @Override
        public long nanoTime() {
            return 0;
        }

        @Override
        public long epochNanos() {
            return 0;
        }
    }
}
