package dev.millrace.it;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import dev.millrace.jdk.End;
import dev.millrace.jdk.World;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The JDK's sockets between two hosts of a simulated Internet, in real time, do what the kernel's do on its loopback.
@Timeout(120)
class ParityOverLinkTest {
    private static final Duration DELAY = Duration.ofMillis(2);
    private static final String[] HERE = {"10.4.0.1", "fd04::1"};
    private static final String[] THERE = {"10.4.0.2", "fd04::2"};
    private static final String SILENT = "10.4.0.3";

    static List<DistantParity.Case> cases() {
        return DistantParity.cases();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isAsTheKernels(DistantParity.Case c) throws Exception {
        DistantParity.check(c, ParityOverLinkTest::open);
    }

    private static World open() throws IOException {
        Internet net = Internet.realTime();
        Host here = host(net, "here", HERE);
        Host there = host(net, "there", THERE);
        net.host("silent", SILENT);
        // What is sent to a group reaches those on the subnet.
        net.subnet("lan", "");
        net.link("here", "lan", LinkConditions.perfect().delay(DELAY));
        net.link("there", "lan", LinkConditions.perfect());
        net.link("silent", "lan", LinkConditions.perfect().loss(1));
        return new World(End.stack(here.sockets(), HERE[0], HERE[1]), End.stack(there.sockets(), THERE[0], THERE[1]),
                InetAddress.ofLiteral(SILENT)).on(net);
    }

    private static Host host(Internet net, String name, String... addresses) throws IOException {
        return net.host(name, Internet.MTU_ETHERNET, List.of(addresses), s -> s.option("tcp", "time-wait", "20ms"));
    }
}
