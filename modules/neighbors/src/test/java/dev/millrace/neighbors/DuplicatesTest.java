package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.ManualStack;
import dev.millrace.NicAddress;
import dev.millrace.NicAddress.State;
import dev.millrace.spi.Link;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.NdpMessage;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Link-local addresses, and what happens when another has an address or wants it, in stepped time.
class DuplicatesTest extends AddressesTest {
    private static final long OTHER_MAC = 0x0200_5e00_0002L;

    @Test
    void aLinkLocalAddressIsMadeAskedForAndUsed() throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        NicAddress made = of(host, "link-local");
        assertTrue(made.address().isLinkLocal());
        assertEquals(State.TENTATIVE, made.state());
        assertFalse(made.address().lo() >>> 24 == 0xfffe00L, "not of the MAC address");
        assertEquals(List.of(), host.nics().getFirst().addresses());
        segment.pass(90);
        assertEquals(0, count(NdpMessage.NEIGHBOR_SOLICITATION), "first the group is reported");
        segment.pass(2_100);
        List<byte[]> probes = segment.seen.stream().filter(f -> isIcmp(f, NdpMessage.NEIGHBOR_SOLICITATION)).toList();
        assertEquals(1, probes.size());
        MemorySegment m = MemorySegment.ofArray(probes.getFirst());
        assertEquals(0, Ipv6Header.sourceHi(m, 14) | Ipv6Header.sourceLo(m, 14));
        assertEquals(made.address().lo() & 0xff_ffff, Ipv6Header.destinationLo(m, 14) & 0xff_ffff);
        assertEquals(State.PREFERRED, state(host, "link-local"));
        // The same secret, the same address; another one, another.
        ManualStack again = segment.station("again", SLAAC);
        assertEquals(made.address(), of(again, "link-local").address());
        again.close();
        ManualStack other = segment.station("other", Map.of("nic", Map.of("link-local", "on")));
        assertNotEquals(made.address(), of(other, "link-local").address());
    }

    @Test
    void whereItIsWanted() throws Exception {
        assertNull(of(segment.station("v4", "10.0.0.1/24"), "link-local"), "no IPv6, no link-local address");
        assertEquals(State.TENTATIVE, state(segment.station("v6", "fd00::1/64"), "link-local"));
        assertNull(of(segment.station("given", "fd00::2/64", "fe80::2/64"), "link-local"));
        assertNull(of(segment.station("off", Map.of("nic", Map.of("link-local", "off")), "fd00::3/64"), "link-local"));
        ManualStack eui = segment.station("eui", Map.of("nic", Map.of("link-local", "on", "interface-id", "eui64", "mac",
                "02:00:5e:10:00:01")));
        assertEquals("fe80::5eff:fe10:1", of(eui, "link-local").address().toString());
        assertThrows(ConfigurationException.class, () -> segment.station("x", Map.of("nic", Map.of("link-local", "yes"))));
        assertThrows(ConfigurationException.class, () -> segment.station("x", Map.of("nic", Map.of("interface-id", "mac"))));
    }

    /// Whoever has the address, or wants it, is made way for; the next one is tried (RFC 7217 §6).
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDuplicateIsNotUsedAndAnotherIsTried(boolean has) throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        IpAddress first = of(host, "link-local").address();
        segment.pass(50);
        segment.inject(has ? Frames.neighbor(OTHER_MAC, first.toString(), first, NdpMessage.OVERRIDE)
                : Frames.probe(OTHER_MAC, first, has ? -1 : 77));
        IpAddress second = of(host, "link-local").address();
        assertNotEquals(first, second);
        assertEquals(1, host.counters().get("neighbors").get("duplicate-addresses"));
        segment.pass(2_200);
        assertEquals(State.PREFERRED, state(host, "link-local"));
        assertEquals(second, of(host, "link-local").address());
    }

    /// It stays, as a duplicate, and is not used.
    @Test
    void aGivenAddressThatIsTakenIsNotUsed() throws Exception {
        ManualStack given = segment.station("given", Map.of("nic", Map.of("dad", "true", "link-local", "off")), "fd00::7/64");
        assertEquals(State.TENTATIVE, state(given, NicAddress.CONFIGURATION));
        assertThrows(IOException.class, () -> given.udp().bind(new InetSocketAddress("fd00::7", 7)));
        segment.inject(Frames.neighbor(OTHER_MAC, "fd00::7", IpAddress.parse("fd00::7"), NdpMessage.OVERRIDE));
        segment.pass(5_000);
        assertEquals(State.DUPLICATE, state(given, NicAddress.CONFIGURATION));
        assertEquals(List.of(), given.nics().getFirst().addresses());
    }

    @Test
    void afterFourDuplicatesNoMoreAreTried() throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        for (int i = 0; i < 6; i++) {
            IpAddress next = of(host, "link-local").address();
            segment.inject(Frames.neighbor(OTHER_MAC, next.toString(), next, 0));
            segment.pass(10);
        }
        assertEquals(State.DUPLICATE, state(host, "link-local"));
        assertEquals(4, host.counters().get("neighbors").get("duplicate-addresses"));
        segment.pass(2_000);
        assertTrue(count(NdpMessage.ROUTER_SOLICITATION) > 0, "routers are looked for all the same");
    }

    /// RFC 7527: what a loop brings back is not another host's.
    @Test
    void anOwnQuestionThatComesBackIsNoDuplicate() throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        for (int i = 0; i < 300; i++) {
            segment.pass(10);
            List<byte[]> own = segment.seen.stream().filter(f -> isIcmp(f, NdpMessage.NEIGHBOR_SOLICITATION)).toList();
            segment.seen.clear();
            for (byte[] f : own) {
                byte[] back = f.clone();
                back[11] ^= 0x55;
                segment.inject(back);
            }
        }
        assertTrue(host.counters().get("neighbors").get("own-questions-returned") > 0);
        assertEquals(0, host.counters().get("neighbors").get("duplicate-addresses"));
        segment.pass(4_000);
        assertEquals(State.PREFERRED, state(host, "link-local"));
    }

    /// Two hosts with one address that ask at the same time: neither gets it, both say so.
    @Test
    void twoThatWantTheSameAddressBothHear() throws Exception {
        Map<String, Map<String, String>> checked = Map.of("nic", Map.of("dad", "true"));
        ManualStack a = segment.station("a", checked, "fd00::1/64", "10.0.0.1/24");
        ManualStack b = segment.station("b", checked, "fd00::1/64", "10.0.0.1/24");
        segment.pass(9_000);
        for (String address : List.of("fd00::1", "10.0.0.1")) {
            long using = List.of(a, b).stream().filter(s -> s.nics().getFirst().addresses().stream()
                    .anyMatch(c -> c.address().equals(IpAddress.parse(address)))).count();
            assertTrue(using <= 1, "both use " + address);
        }
    }

    /// Somebody takes an address that has long been ours: it is told, and answered once in ten seconds.
    @Test
    void whoTakesAnAddressInUseIsSeen() throws Exception {
        ManualStack host = segment.station("host", Map.of("nic", Map.of("link-local", "off")), "fd00::7/64");
        segment.pass(3_000);
        segment.seen.clear();
        for (int i = 0; i < 100; i++) {
            segment.inject(Frames.neighbor(OTHER_MAC, "fd00::7", IpAddress.parse("fd00::7"), NdpMessage.OVERRIDE));
        }
        assertEquals(100, host.counters().get("neighbors").get("address-conflicts"));
        long ours = segment.seen.stream().filter(f -> isIcmp(f, NdpMessage.NEIGHBOR_ADVERTISEMENT)
                && EthernetHeader.source(MemorySegment.ofArray(f), 0) != OTHER_MAC).count();
        assertEquals(1, ours);
        assertEquals(State.PREFERRED, state(host, NicAddress.CONFIGURATION));
    }

    /// RFC 5227: three questions without a sender, then two announcements two seconds apart.
    @Test
    void anIpv4AddressIsProbedAndAnnounced() throws Exception {
        ManualStack host = segment.station("host", Map.of("nic", Map.of("dad", "true")), "10.0.0.1/24");
        segment.pass(4_000 + 2_000 + 1_100);
        List<String> words = segment.words();
        assertEquals(3, words.stream().filter(w -> w.contains("arp probe who-has 10.0.0.1")).count(), words.toString());
        assertEquals(State.PREFERRED, state(host, NicAddress.CONFIGURATION));
        segment.pass(4_000);
        long announced = words.stream().filter(w -> w.contains("arp announce 10.0.0.1")).count()
                + segment.words().stream().filter(w -> w.contains("arp announce 10.0.0.1")).count();
        assertEquals(2, announced, words.toString());
    }

    @Test
    void aNicThatIsDownAsksWhenItIsUp() throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        var link = (Link.Sink) host.nics().getFirst();
        link.stateChanged(false, "unplugged");
        segment.pass(5_000);
        assertEquals(State.TENTATIVE, state(host, "link-local"), "nobody could object");
        link.stateChanged(true, "plugged in");
        segment.pass(2_500);
        assertEquals(State.PREFERRED, state(host, "link-local"));
    }

    @Test
    void aFloodOfQuestionsForATentativeAddressIsBounded() throws Exception {
        ManualStack host = segment.station("host", SLAAC);
        for (int i = 0; i < 5_000; i++) {
            IpAddress now = of(host, "link-local").address();
            segment.inject(Frames.probe(OTHER_MAC, now, i));
        }
        assertEquals(State.DUPLICATE, state(host, "link-local"));
        assertEquals(1, all(host).size());
        segment.pass(3_000);
        assertTrue(segment.seen.size() < 50, "hardly anything is said: " + segment.seen.size());
    }
}
