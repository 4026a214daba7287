package dev.millrace.internet;

import dev.millrace.Stack;
import dev.millrace.spi.OpenStacks;
import java.util.concurrent.Callable;

/// A host's life, which its programs and threads belong to, also those that go on after its end: what they ask the JDK for is of this
/// stack, and fails when it is closed. Else they would be nobody's, and be given sockets of the kernel or of other hosts.
final class Life {
    private volatile Stack stack;

    void begins(Stack opened) {
        stack = opened;
    }

    <T> T call(Callable<T> program) throws Exception {
        return OpenStacks.<T, Exception>call(() -> stack, program::call);
    }

    void run(Runnable program) {
        OpenStacks.run(() -> stack, program);
    }
}
