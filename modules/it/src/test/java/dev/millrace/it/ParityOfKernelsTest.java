package dev.millrace.it;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.OptionValues;
import dev.millrace.internet.LinkConditions;
import dev.millrace.internet.Wire;
import dev.millrace.jdk.End;
import dev.millrace.jdk.World;
import dev.millrace.link.tun.TunDriver;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import dev.millrace.testkit.NetworkNamespace;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// That a stack at a distance does what the kernel does on its loopback is the right thing to ask: so does the kernel, between two
/// namespaces whose TUN devices are joined by a wire with a delay.
@Timeout(120)
class ParityOfKernelsTest {
    private static final Duration DELAY = Duration.ofMillis(1);
    private static final String[] HERE = {"10.8.0.1", "fd08::1"};
    private static final String[] THERE = {"10.8.0.2", "fd08::2"};
    /// Dropped there without a word, for that namespace forwards nothing.
    private static final String SILENT = "10.8.0.3";

    private static NetworkNamespace a;
    private static NetworkNamespace b;
    private static Wire wire;

    @BeforeAll
    static void join() throws Exception {
        String missing = NetworkNamespace.missing("sh").orElse(null);
        assumeTrue(missing == null, missing);
        a = new NetworkNamespace();
        b = new NetworkNamespace();
        wire = Wire.between("a", link(a, HERE), "b", link(b, THERE), 1);
        wire.link().setConditions(LinkConditions.perfect().delay(DELAY));
    }

    private static Link link(NetworkNamespace in, String... addresses) throws Exception {
        in.addDevice("t0", "tun", addresses[0] + "/24", addresses[1] + "/64");
        in.run("ip", "route", "add", "default", "dev", "t0").orFail();
        in.run("sh", "-c", "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit").orFail();
        var driver = new TunDriver();
        return in.call(() -> driver.open(new LinkDriver.Request("tun:t0", "t0", 0,
                OptionValues.check("tun:t0", driver.options(), Map.of("offload", "false")))));
    }

    @AfterAll
    static void part() throws Exception {
        try (var _ = a; var _ = b; var _ = wire) {
            // Whatever there is of them, the wire first.
            return;
        }
    }

    static List<DistantParity.Case> cases() {
        return DistantParity.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isAsOnTheLoopback(DistantParity.Case c) throws Exception {
        DistantParity.compare(c, () -> {
            End here = End.kernel(a, "t0", HERE[0], HERE[1]);
            End there = End.kernel(b, "t0", THERE[0], THERE[1]);
            return new World(here, there, InetAddress.ofLiteral(SILENT)).on(here, there);
        });
    }
}
