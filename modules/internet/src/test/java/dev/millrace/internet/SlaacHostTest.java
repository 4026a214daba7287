package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.NicAddress;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.IpAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Hosts of the simulated Internet that find their addresses and routers themselves.
@Timeout(120)
class SlaacHostTest {
    private final LeakCheck leaks = new LeakCheck();
    private final Internet net = Internet.virtualTime(11);

    @AfterEach
    void end() {
        net.close();
        leaks.close();
    }

    private static List<NicAddress> found(Host host) {
        return host.stack().nics().getFirst().addressDetails().stream().filter(a -> a.origin().equals("slaac")).toList();
    }

    @Test
    void aHostFindsItsWayOut() throws Exception {
        EthernetSwitch lan = net.ethernet("lan", "fd00:1::/64");
        Router router = net.router("r", "198.18.0.254", "2001:db8:1::fe");
        net.link("r", "internet", LinkConditions.perfect().delay(Duration.ofMillis(10)));
        EthernetGateway gateway = lan.gateway(router, "fd00:1::fe/64");
        gateway.advertise(Duration.ofSeconds(30));
        Host a = net.host("a", NicPlan.on(lan, "nic").withOption("slaac", "true"));
        Host far = net.host("far", "2001:db8:1::1");
        far.run(() -> {
            try (TcpListener l = far.stack().tcp().listen(7); TcpSocket s = l.accept()) {
                s.outputStream().write(s.remoteAddress().getAddress().getHostAddress().getBytes(StandardCharsets.US_ASCII));
            }
        });
        net.runFor(Duration.ofSeconds(10));
        assertEquals(1, found(a).size());
        assertTrue(Cidr.parse("fd00:1::/64").contains(found(a).getFirst().address()));
        assertEquals(found(a).getFirst().address(), IpAddress.parse(a.call(() -> {
            try (TcpSocket s = a.stack().tcp().connect(new InetSocketAddress("2001:db8:1::1", 7), Duration.ofSeconds(20))) {
                return new String(s.inputStream().readAllBytes(), StandardCharsets.US_ASCII);
            }
        }).get()));
        gateway.stopAdvertising();
        net.runFor(Duration.ofSeconds(1));
        assertTrue(a.stack().routes().stream().noneMatch(r -> r.to().equals(Cidr.parse("::/0"))), a.stack().routes().toString());
        net.runFor(Duration.ofSeconds(61));
        assertEquals(List.of(), found(a));
    }
}
