package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.NicAddress;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.NdpMessage;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
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
    private static final IpAddress ALL_ROUTERS = IpAddress.parse("ff02::2");

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

    private static void askForRouters(Host from) {
        Packet p = EthernetFrames.ndp(IpAddress.ANY_V6, ALL_ROUTERS, NdpMessage::writeRouterSolicitation);
        EthernetHeader.write(p.memory(), p.push(EthernetHeader.LENGTH), MacAddress.ofGroup(ALL_ROUTERS.hi(), ALL_ROUTERS.lo()),
                from.link().hardwareAddress(), EtherType.IPV6);
        var list = new PacketList();
        list.add(p);
        from.link().transmit(list);
    }

    private static long heard(Host host) {
        return host.stack().counters().get("neighbors").get("ndp-received");
    }

    /// RFC 4861 §6.2.6: whoever goes on asking does not have all stations told each time, and one who asks among them is heard.
    @Test
    void questionsDoNotBecomeAFlood() throws Exception {
        EthernetSwitch lan = net.ethernet("lan", "fd00:1::/64");
        Router router = net.router("r", "198.18.0.254", "2001:db8:1::fe");
        lan.gateway(router, "fd00:1::fe/64").advertise(Duration.ofMinutes(30));
        Host listens = net.host("listens", NicPlan.on(lan, "listens", "fd00:1::2/64"));
        Host asks = net.host("asks", NicPlan.on(lan, "asks", "fd00:1::3/64"));
        net.runFor(Duration.ofSeconds(10));
        long before = heard(listens);
        for (int i = 0; i < 300; i++) {
            askForRouters(asks);
            net.runFor(Duration.ofMillis(50));
        }
        long told = heard(listens) - before;
        assertTrue(told >= 4 && told <= 6, "advertisements in 15 s: " + told);
        net.runFor(Duration.ofSeconds(10));
        before = heard(listens);
        askForRouters(asks);
        net.runFor(Duration.ofMillis(50));
        assertEquals(1, heard(listens) - before, "who asks after a while is answered at once");
    }
}
