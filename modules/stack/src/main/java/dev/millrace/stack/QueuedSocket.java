package dev.millrace.stack;

import dev.millrace.ErrorCode;
import dev.millrace.Readiness;
import dev.millrace.spi.StackContext;
import java.io.IOException;
import java.time.Duration;
import java.util.function.Consumer;

/// What every raw socket is: a queue that the network fills and a program empties.
abstract class QueuedSocket<T> {
    /// What arrived and was not yet received.
    final ReceiveQueue<T> queue;

    QueuedSocket(StackContext context) {
        queue = new ReceiveQueue<>(context);
    }

    /// Takes the socket off the network, so that nothing is offered to it any more. More than once does no harm.
    abstract void leave();

    public final T receive() throws IOException {
        try {
            return queue.await();
        } finally {
            // An interrupt closes the queue alone.
            if (!queue.isOpen()) {
                leave();
            }
        }
    }

    public final T tryReceive() throws IOException {
        return queue.poll();
    }

    public final void onReady(Consumer<Readiness> listener) {
        queue.onReady(listener);
    }

    public final void setReadTimeout(Duration timeout) {
        queue.setTimeout(timeout);
    }

    public final void setReceiveBuffer(int bytes) {
        queue.setLimit(bytes);
    }

    public final long dropped() {
        return queue.dropped();
    }

    public final boolean isOpen() {
        return queue.isOpen();
    }

    public final void close() {
        close(ErrorCode.SOCKET_CLOSED);
    }

    final void close(ErrorCode why) {
        leave();
        queue.close(why);
    }
}
