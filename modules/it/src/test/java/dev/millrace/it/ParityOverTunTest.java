package dev.millrace.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.Stack;
import dev.millrace.jdk.End;
import dev.millrace.jdk.StackSockets;
import dev.millrace.jdk.World;
import dev.millrace.testkit.NetworkNamespace;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The JDK's sockets with a stack at one end of a TUN device and the kernel at the other do what the kernel's do on its loopback.
@Timeout(120)
class ParityOverTunTest {
    private static final String[] KERNEL = {"10.5.0.1", "fd05::1"};
    private static final String[] STACK = {"10.5.0.2", "fd05::2"};
    /// Neither the kernel's nor the stack's: both drop what they get for it and say nothing.
    private static final String SILENT = "10.5.0.3";

    private static NetworkNamespace ns;

    @BeforeAll
    static void makeDevice() throws Exception {
        String missing = NetworkNamespace.missing().orElse(null);
        assumeTrue(missing == null, missing);
        ns = new NetworkNamespace();
        ns.addDevice("t0", "tun", KERNEL[0] + "/24", KERNEL[1] + "/64");
        // The default of this kernel may be BBR, which paces.
        ns.run("ip", "route", "change", "10.5.0.0/24", "dev", "t0", "src", KERNEL[0], "congctl", "cubic").orFail();
        ns.run("ip", "route", "add", "default", "dev", "t0").orFail();
        // An error for a port where nobody listens comes each time, not once a second.
        ns.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit").orFail();
    }

    @AfterAll
    static void removeDevice() throws Exception {
        if (ns != null) {
            ns.close();
        }
    }

    static List<DistantParity.Case> cases() {
        return DistantParity.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void ofAClientOnAStackIsAsTheKernels(DistantParity.Case c) throws Exception {
        DistantParity.check(c, () -> open(true));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void ofAServerOnAStackIsAsTheKernels(DistantParity.Case c) throws Exception {
        DistantParity.check(c, () -> open(false));
    }

    private static World open(boolean clientOnStack) throws Exception {
        Stack stack = ns.call(() -> Stack.builder().name("parity").nic("nic", "tun:t0", STACK[0] + "/24", STACK[1] + "/64")
                .route("default", "nic").option("tcp", "time-wait", "20ms").option("stack", "close-timeout", "0").open());
        End ours = End.stack(StackSockets.of(stack), STACK[0], STACK[1]);
        End kernels = End.kernel(ns, "t0", KERNEL[0], KERNEL[1]);
        return new World(clientOnStack ? ours : kernels, clientOnStack ? kernels : ours, InetAddress.ofLiteral(SILENT)).on(stack, kernels);
    }
}
