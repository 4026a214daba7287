package dev.millrace.junit;

import dev.millrace.jdk.JvmSelectorProvider;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.nio.channels.spi.SelectorProvider;
import java.util.Arrays;

/// Failures of tests that connect by the kernel's sockets, where the simulated hosts are not: what the test lacks is not what they say.
final class KernelSockets {
    /// A chain of causes may be a ring.
    private static final int MOST_CAUSES = 20;

    private KernelSockets() {
    }

    /// Adds to a test's failure what to do, if it comes of a connection that the kernel has tried.
    static void advise(Throwable failure) {
        Throwable t = failure;
        for (int i = 0; i < MOST_CAUSES && t != null; i++, t = t.getCause()) {
            if (isOfKernel(t)) {
                var advice = new IllegalStateException("the connection was the kernel's, which knows no simulated hosts. Start Java with"
                        + " -Djava.nio.channels.spi.SelectorProvider=dev.millrace.jdk.JvmSelectorProvider for what uses channels (HttpClient,"
                        + " Jetty), call JvmSockets.install() for new Socket(), or give the library what host.sockets() has: docs/jdk.md");
                advice.setStackTrace(new StackTraceElement[0]);
                failure.addSuppressed(advice);
                return;
            }
        }
    }

    private static boolean isOfKernel(Throwable t) {
        if (t.getClass().getName().startsWith("java.net.http.Http") && t.getClass().getName().endsWith("TimeoutException")) {
            // Made by a timer: its stack says nothing.
            return !(SelectorProvider.provider() instanceof JvmSelectorProvider);
        }
        return (t instanceof ConnectException || t instanceof NoRouteToHostException || t instanceof SocketTimeoutException)
                && Arrays.stream(t.getStackTrace()).anyMatch(f -> f.getClassName().startsWith("sun.nio.ch."));
    }
}
