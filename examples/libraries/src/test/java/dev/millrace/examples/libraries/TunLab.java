package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.Stack;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/// A network namespace in which real servers run on 10.0.0.1, and a stack on its TUN device as 10.0.0.2.
final class TunLab implements AutoCloseable {
    static final String KERNEL = "10.0.0.1";

    final NetworkNamespace ns;
    final Stack stack;

    /// @param name the stack's
    TunLab(String name) throws Exception {
        ns = new NetworkNamespace();
        try {
            ns.addDevice("t0", "tun", KERNEL + "/24");
            stack = ns.call(() -> Stack.builder().name(name).nic("nic", "tun:t0", "10.0.0.2/24").open());
        } catch (Throwable t) {
            ns.close();
            throw t;
        }
    }

    /// Skips the test where something is missing.
    static void needs(String... programs) {
        String missing = NetworkNamespace.missing(programs).orElse(null);
        assumeTrue(missing == null, missing);
    }

    /// Starts a server that ends with the lab, and waits until its port answers.
    void start(Path log, int port, String... command) throws Exception {
        Process server = ns.start(log, command);
        Await.until(() -> answers(port) || !server.isAlive(), () -> Files.readString(log));
    }

    private boolean answers(int port) {
        try {
            stack.tcp().connect(new InetSocketAddress(KERNEL, port), Duration.ofSeconds(5)).close();
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() throws Exception {
        try (ns) {
            stack.close();
        }
    }
}
