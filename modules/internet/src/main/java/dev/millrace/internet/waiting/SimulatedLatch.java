package dev.millrace.internet.waiting;

import dev.millrace.internet.time.Clockwork;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/// A latch in simulated time.
public final class SimulatedLatch extends CountDownLatch {
    private final WaitingLine line;

    /// @param count how often it is counted down until it is open
    public SimulatedLatch(Clockwork clockwork, int count) {
        super(count);
        line = new WaitingLine(clockwork);
    }

    @Override
    public void await() throws InterruptedException {
        while (getCount() > 0) {
            line.await(Long.MAX_VALUE);
        }
    }

    @Override
    public boolean await(long timeout, TimeUnit unit) throws InterruptedException {
        long deadline = line.deadlineNs(timeout, unit);
        while (getCount() > 0 && !line.isOver(deadline)) {
            line.await(deadline);
        }
        return getCount() == 0;
    }

    @Override
    public void countDown() {
        super.countDown();
        if (getCount() == 0) {
            line.wakeAll();
        }
    }
}
