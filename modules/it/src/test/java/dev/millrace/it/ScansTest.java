package dev.millrace.it;

import static dev.millrace.it.EthernetLab.V4;
import static dev.millrace.it.EthernetLab.V6;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.RouteConfig;
import dev.millrace.TcpListener;
import dev.millrace.UdpSocket;
import dev.millrace.neighbors.Neighbors;
import dev.millrace.testkit.NetworkNamespace;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Leaks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What scanners see of a stack, and what scans do to it.
@Timeout(180)
class ScansTest {
    private static final Pattern PORT = Pattern.compile("(?m)^(\\d+(?:/\\w+)?)\\s+(\\S+)\\s");
    private static final String NMAP = "nmap -n -Pn --max-retries 8 ";

    /// What nmap says of ports or protocols in one of its states.
    private static Set<String> reported(String output, String state) {
        var found = new TreeSet<String>();
        Matcher m = PORT.matcher(output);
        while (m.find()) {
            if (m.group(2).equals(state)) {
                found.add(m.group(1));
            }
        }
        return found;
    }

    @ParameterizedTest
    @ValueSource(strings = {"tap:e0", "packet:e1"})
    void nmapSeesExactlyWhatIsOpen(String link) throws Exception {
        try (EthernetLab lab = new EthernetLab(link, Map.of(), "nmap", "ping");
                TcpListener one = lab.stack.tcp().listen(5001);
                TcpListener other = lab.stack.tcp().listen(5004);
                UdpSocket datagrams = lab.stack.udp().bind(new InetSocketAddress(5003))) {
            lab.awaitReachable();
            assertEquals(2, Set.of(one.localAddress(), other.localAddress()).size());
            // A socket that nobody reads from answers nothing.
            assertEquals(5003, datagrams.localAddress().getPort());
            for (String scan : new String[] {"-sS", "-sS -f", "-sT"}) {
                String said = lab.sh(NMAP + scan + " -p 4990-5020 " + V4);
                assertEquals(Set.of("5001/tcp", "5004/tcp"), reported(said, "open"), scan + said);
                assertTrue(said.contains("29 closed"), scan + said);
            }
            String udp = lab.sh(NMAP + "-sU -p 5000-5006 " + V4);
            assertEquals(Set.of("5003/udp"), reported(udp, "open|filtered"), udp);
            assertEquals(Set.of("5000/udp", "5001/udp", "5002/udp", "5004/udp", "5005/udp", "5006/udp"), reported(udp, "closed"), udp);
            String protocols = lab.sh(NMAP + "-sO -p 1,6,17,47,132 " + V4);
            assertEquals(Set.of("1", "6", "17"), reported(protocols.replace("open|filtered", "open"), "open"), protocols);
            assertEquals(Set.of("47", "132"), reported(protocols, "closed"), protocols);
            String six = lab.sh(NMAP + "-6 -sS -p 4990-5020 " + V6);
            assertEquals(Set.of("5001/tcp", "5004/tcp"), reported(six, "open"), six);
            // RFC 9293 §3.10.7.2, §3.10.7.4: FIN, nothing at all and everything at once are answered where nobody listens only.
            for (String scan : new String[] {"-sF", "-sN", "-sX"}) {
                String said = lab.sh(NMAP + scan + " -p 5001,5002 " + V4);
                assertEquals(Set.of("5001/tcp"), reported(said, "open|filtered"), scan + said);
                assertEquals(Set.of("5002/tcp"), reported(said, "closed"), scan + said);
            }
            // What is damaged is answered by nobody.
            String damaged = lab.sh("nmap -n -Pn --max-retries 1 -sS --badsum -p 5001,5002 " + V4);
            assertEquals(Set.of("5001/tcp", "5002/tcp"), reported(damaged, "filtered"), damaged);
        }
    }

    @Test
    void arpingAndNdiscFindTheStation() throws Exception {
        try (EthernetLab lab = new EthernetLab("packet:e1", Map.of(), "arping", "ndisc6", "ping")) {
            lab.awaitReachable();
            // -D: whether somebody else may take the address; 1 says that it is taken.
            NetworkNamespace.Result probe = lab.ns.run("arping", "-D", "-c", "5", "-w", "20", "-I", "e0", V4);
            assertEquals(1, probe.code(), probe.out());
            assertEquals(0, lab.ns.run("arping", "-D", "-c", "2", "-w", "5", "-I", "e0", "10.0.0.77").code());
            String ndisc = lab.sh("ndisc6 -1 -r 10 -w 2000 " + V6 + " e0");
            assertTrue(ndisc.contains("from " + V6), ndisc);
        }
    }

    /// Three namespaces in a row: who traces, a router, and behind its narrow link the stack.
    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.2", "fd00:1::2"})
    void tracepathFindsTheMtu(String to) throws Exception {
        try (EthernetLab lab = new EthernetLab("packet:e1", Map.of(), "tracepath", "ping", "sysctl"); var far = new NetworkNamespace()) {
            lab.sh("ip link add r0 type veth peer name f0 netns " + far.name() + " && ip addr add 10.5.0.254/24 dev r0 && "
                    + "ip addr add fd00:5::fe/64 dev r0 nodad && ip link set r0 up && ip link set e0 mtu 1300 && ip link set e1 mtu 1300 && "
                    + "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1");
            far.run("ip", "addr", "add", "10.5.0.1/24", "dev", "f0").orFail();
            far.run("ip", "addr", "add", "fd00:5::1/64", "dev", "f0", "nodad").orFail();
            far.run("ip", "link", "set", "f0", "up").orFail();
            far.run("ip", "route", "add", "default", "via", "10.5.0.254").orFail();
            far.run("ip", "-6", "route", "add", "default", "via", "fd00:5::fe").orFail();
            lab.stack.addRoute(new RouteConfig(Cidr.parse("10.5.0.0/24"), IpAddress.parse(EthernetLab.KERNEL_V4), ""));
            lab.stack.addRoute(new RouteConfig(Cidr.parse("fd00:5::/64"), IpAddress.parse(EthernetLab.KERNEL_V6), ""));
            lab.awaitReachable();
            far.run("ping", "-c", "30", "-i", "0.2", "-W", "1", "-w", "20", to);
            String said = far.run("tracepath", to.contains(":") ? "-6" : "-4", "-n", "-m", "6", to).orFail();
            assertTrue(said.contains("Resume: pmtu 1300 hops 2 back 2"), said);
        }
    }

    /// Datagrams to addresses that nobody has, more of them than the cache has room for: it keeps its bound, what waits for answers
    /// is given up, and neighbours who are there go on.
    @ParameterizedTest
    @ValueSource(strings = {"10.77.0.2/16", "fd00:77::2/64"})
    void aScanOfOurOwnLeavesTheHostWhole(String own) throws Exception {
        boolean v4 = own.contains(".");
        try (EthernetLab lab = new EthernetLab("tap:e0", Map.of(), "ping"); UdpSocket socket = lab.stack.udp().bind(new InetSocketAddress(0))) {
            lab.sh("ip addr add " + (v4 ? "10.77.0.1/16 dev e0" : "fd00:77::1/64 dev e0 nodad"));
            lab.stack.nic("nic").orElseThrow().addAddress(Cidr.parse(own));
            lab.awaitReachable();
            Neighbors neighbors = lab.stack.service(Neighbors.class).orElseThrow();
            var random = new Random(1);
            long mostPackets = 0;
            int mostNeighbors = 0;
            for (int i = 0; i < 65_536; i++) {
                byte[] address = v4 ? new byte[] {10, 77, (byte) (i >> 8), (byte) i} : new byte[16];
                if (!v4) {
                    random.nextBytes(address);
                    System.arraycopy(InetAddress.ofLiteral("fd00:77::").getAddress(), 0, address, 0, 8);
                }
                try {
                    socket.send(ByteBuffer.wrap(new byte[32]), new InetSocketAddress(InetAddress.getByAddress(address), 9));
                } catch (IOException e) {
                    // Told of an earlier one that nobody is there, or that there is no room now.
                    assertFalse(e.getMessage().isEmpty());
                }
                if ((i & 1023) == 0) {
                    mostPackets = Math.max(mostPackets, Leaks.packets());
                    mostNeighbors = Math.max(mostNeighbors, neighbors.list().size());
                }
            }
            assertTrue(mostNeighbors <= 4096, mostNeighbors + " neighbours");
            assertTrue(mostPackets < 10_000, mostPackets + " packets are held");
            lab.sh("ping -c 3 -i 0.2 -w 50 " + V4);
            lab.sh("ping -c 3 -i 0.2 -w 50 " + (v4 ? "10.77.0.2" : "fd00:77::2"));
        }
    }
}
