package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.Stack;
import dev.millrace.testkit.Await;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;

/// An Ethernet of the kernel's in a namespace, a TAP device or a veth pair, and a stack with a station of its own on it.
final class EthernetLab implements AutoCloseable {
    static final String KERNEL_V4 = "10.0.0.1";
    static final String KERNEL_V6 = "fd00:1::1";
    static final String V4 = "10.0.0.2";
    static final String V6 = "fd00:1::2";

    final LeakCheck leaks = new LeakCheck();
    final NetworkNamespace ns;
    final Stack stack;

    EthernetLab(String link, Map<String, String> options, String... programs) throws Exception {
        String missing = NetworkNamespace.missing(programs).orElse(null);
        assumeTrue(missing == null, missing);
        ns = new NetworkNamespace();
        try {
            if (link.startsWith("tap")) {
                ns.addDevice("e0", "tap", KERNEL_V4 + "/24");
            } else {
                ns.run("ip", "link", "add", "e0", "type", "veth", "peer", "name", "e1").orFail();
                ns.run("ip", "link", "set", "e1", "up").orFail();
                ns.run("ip", "addr", "add", KERNEL_V4 + "/24", "dev", "e0").orFail();
                ns.run("ip", "link", "set", "e0", "up").orFail();
            }
            ns.run("ip", "addr", "add", KERNEL_V6 + "/64", "dev", "e0", "nodad").orFail();
            stack = ns.call(() -> Stack.builder().name("ethernet").nic("nic", link, nic -> {
                nic.address(V4 + "/24").address(V6 + "/64");
                options.forEach(nic::option);
            }).option("tcp", "time-wait", "20ms").open());
        } catch (Throwable t) {
            ns.close();
            throw t;
        }
    }

    String sh(String command) throws IOException {
        return ns.run(Duration.ofSeconds(60), "bash", "-c", "set -o pipefail; " + command).orFail();
    }

    /// Pings until there is an answer: the kernel's device needs a moment.
    void awaitReachable() throws IOException {
        sh("ping -c 30 -i 0.2 -W 1 -w 30 " + V4 + " >/dev/null; true");
    }

    @Override
    public void close() throws Exception {
        try {
            Await.until(() -> stack.tcp().connectionCount() == 0, () -> "connections left: " + stack.tcp().connectionCount());
            stack.close();
        } finally {
            ns.close();
        }
        leaks.close();
    }
}
