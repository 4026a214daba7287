package dev.millrace.testkit;

import dev.millrace.wire.buffer.Leaks;
import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails a test that does not give back every packet and buffer: `@ExtendWith(LeakCheck.class)`. The figures are the
/// JVM's, so that tests under it must not run beside others, and stacks must be closed when a test ends; what a stack's
/// threads still hold then has [#PATIENCE_NS] to come back.
public final class LeakCheck implements BeforeEachCallback, AfterEachCallback {
    /// How long packets may take to come back after a test, in nanoseconds.
    public static final long PATIENCE_NS = 2_000_000_000L;

    private long packets;
    private long buffers;

    /// For JUnit.
    public LeakCheck() {
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        packets = Leaks.packets();
        buffers = Leaks.buffers();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        if (context.getExecutionException().isEmpty()) {
            requireReturned(packets, buffers, PATIENCE_NS);
        }
    }

    /// Fails unless no more packets and buffers are in use than these.
    ///
    /// @param packets what [Leaks#packets] said before
    /// @param buffers what [Leaks#buffers] said before
    /// @param patienceNs how long to wait for other threads, in nanoseconds
    /// @throws AssertionError if something is missing; with `-Dmillrace.buffers.debug=true` the first few places where
    ///     it was taken are suppressed exceptions
    public static void requireReturned(long packets, long buffers, long patienceNs) {
        long deadline = System.nanoTime() + patienceNs;
        while (Leaks.packets() > packets || Leaks.buffers() > buffers) {
            if (System.nanoTime() - deadline > 0) {
                var error = new AssertionError("not given back: " + (Leaks.packets() - packets) + " packets and "
                        + (Leaks.buffers() - buffers) + " buffers");
                List<Throwable> owners = Leaks.owners();
                owners.subList(0, Math.min(5, owners.size())).forEach(error::addSuppressed);
                throw error;
            }
            Thread.onSpinWait();
        }
    }
}
