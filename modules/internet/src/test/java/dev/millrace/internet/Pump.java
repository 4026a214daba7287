package dev.millrace.internet;

import java.util.function.Predicate;

/// The simplest router: delivers what the test lets through, on a thread of its own.
final class Pump implements AutoCloseable {
    private final Thread thread;

    Pump(Internet internet, Predicate<Frame> passes) {
        thread = Thread.ofPlatform().daemon().name("pump").start(() -> {
            try {
                Frame frame;
                while ((frame = internet.take()) != null) {
                    if (passes.test(frame)) {
                        internet.deliver(frame);
                    } else {
                        frame.drop();
                    }
                }
            } catch (InterruptedException e) {
                // The end.
                return;
            }
        });
    }

    Pump(Internet internet) {
        this(internet, _ -> true);
    }

    @Override
    public void close() throws InterruptedException {
        thread.interrupt();
        thread.join();
    }
}
