package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.Stack;
import dev.millrace.jdk.End;
import dev.millrace.jdk.StackSockets;
import dev.millrace.jdk.UnreachableParity;
import dev.millrace.jdk.UnreachableParity.Way;
import dev.millrace.jdk.World;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.NetworkNamespace;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What a program is told of addresses to which nothing gets, with a kernel as the router: a stack over TUN against another kernel over a
/// virtual Ethernet.
@Timeout(120)
class UnreachableParityTest {
    private static final String[] KERNEL = {"10.7.0.2", "fd07::2"};
    private static final String[] STACK = {"10.5.0.2", "fd05::2"};
    private static final String[] ROUTER_ON_TUN = {"10.5.0.1", "fd05::1"};
    private static final String[] ROUTER_ON_WIRE = {"10.7.0.1", "fd07::1"};
    private static final UnreachableParity CASES = new UnreachableParity();

    private static NetworkNamespace router;
    private static NetworkNamespace other;

    static Set<String> names() {
        return CASES.names();
    }

    @BeforeAll
    static void makePaths() throws Exception {
        String missing = NetworkNamespace.missing("sh", "iptables", "ip6tables").orElse(null);
        assumeTrue(missing == null, missing);
        router = new NetworkNamespace();
        other = new NetworkNamespace();
        router.addDevice("t0", "tun", ROUTER_ON_TUN[0] + "/24", ROUTER_ON_TUN[1] + "/64");
        sh(router, "ip link add v0 type veth peer name v0 netns " + other.name(), "ip addr add " + ROUTER_ON_WIRE[0] + "/24 dev v0",
                "ip addr add " + ROUTER_ON_WIRE[1] + "/64 dev v0 nodad", "ip link set v0 up",
                "echo 1 > /proc/sys/net/ipv4/ip_forward", "echo 1 > /proc/sys/net/ipv6/conf/all/forwarding",
                "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit", "echo 0 > /proc/sys/net/ipv6/icmp/ratelimit",
                // Not by routes that say so: of those the kernel tells a host once a second.
                "ip tuntap add dev nowhere mode tun", "ip link set nowhere up", "ip route add 10.6.0.0/16 dev nowhere",
                "ip -6 route add fd06::/16 dev nowhere");
        for (Way way : Way.values()) {
            if (way.code(false) != null) {
                sh(router, "iptables -A FORWARD -d " + way.address(false) + " -j REJECT --reject-with icmp-" + way.code(false));
            }
            if (way.code(true) != null) {
                sh(router, "ip6tables -A FORWARD -d " + way.address(true) + " -j REJECT --reject-with icmp6-" + way.code(true));
            }
        }
        sh(other, "ip addr add " + KERNEL[0] + "/24 dev v0", "ip addr add " + KERNEL[1] + "/64 dev v0 nodad", "ip link set v0 up",
                "ip route add 10.6.0.0/16 via " + ROUTER_ON_WIRE[0],
                // As the stack: two retransmissions.
                "echo 1 > /proc/sys/net/ipv4/tcp_retries2", "echo 3 > /sys/class/net/v0/queues/rx-0/rps_cpus", "ip -6 route add fd06::/16 via " + ROUTER_ON_WIRE[1]);
    }

    /// Has the router drop what comes in from one side.
    private static World.Knife knife(String device) {
        return () -> sh(router, "iptables -I INPUT -i " + device + " -j DROP");
    }

    private static void mend(String name) throws Exception {
        if (name.endsWith("nothing any more")) {
            sh(router, "iptables -F INPUT");
        }
    }

    private static void sh(NetworkNamespace in, String... commands) throws Exception {
        in.run("sh", "-c", "set -e; " + String.join("; ", commands)).orFail();
    }

    @AfterAll
    static void removePaths() throws Exception {
        try (var _ = router; var _ = other) {
            // Both, if they are there.
            return;
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void isAsTheKernels(String name) throws Exception {
        String expected;
        End kernels = End.kernel(other, "v0", KERNEL[0], KERNEL[1]);
        End routers = End.kernel(router, "v0", ROUTER_ON_WIRE[0], ROUTER_ON_WIRE[1]);
        try (World kernel = new World(kernels, routers, null).on(kernels, routers).cutBy(knife("v0"))) {
            expected = CASES.outcome(name, kernel);
        }
        mend(name);
        try (var leaks = new LeakCheck(); World ours = stack()) {
            assertEquals(differing(name, expected), CASES.outcome(name, ours), name);
        } finally {
            mend(name);
        }
    }

    /// What differs, and stands in docs/jdk.md.
    private static String differing(String name, String expected) {
        return !name.endsWith(Way.PROHIBITED + " over IPv6") ? expected
                : expected.replace("java.net.BindException: Permission denied", "java.net.NoRouteToHostException: No route to host")
                        .replace("Permission denied", "No route to host");
    }

    private static World stack() throws Exception {
        Stack stack = router.call(() -> Stack.builder().name("unreachable").nic("nic", "tun:t0", STACK[0] + "/24", STACK[1] + "/64")
                .route("10.6.0.0/16", ROUTER_ON_TUN[0]).route("fd06::/16", ROUTER_ON_TUN[1]).option("stack", "close-timeout", "0")
                .option("tcp", "max-retransmissions", "2").open());
        End ours = End.stack(StackSockets.of(stack), STACK[0], STACK[1]);
        End routers = End.kernel(router, "t0", ROUTER_ON_TUN[0], ROUTER_ON_TUN[1]);
        return new World(ours, routers, null).on(stack, routers).cutBy(knife("t0"));
    }
}
