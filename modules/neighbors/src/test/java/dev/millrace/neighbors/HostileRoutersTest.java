package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.ManualStack;
import dev.millrace.NameServers;
import dev.millrace.NicAddress;
import dev.millrace.NicAddress.State;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.NdpOptionWriter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/// Damaged messages of routers and members, with right checksums, and redirects and queries among them: nothing is thrown, nothing
/// grows, and a good router is believed afterwards.
class HostileRoutersTest {
    private static final long SEED = Long.getLong("millrace.fuzz.seed", System.nanoTime());
    private static final int FRAMES = Integer.getInteger("millrace.fuzz", 30_000);

    @Test
    void whateverTheySayIsBoundedAndPasses() throws Exception {
        var random = new Random(SEED);
        var leaks = new LeakCheck();
        try (var segment = new Segment()) {
            ManualStack victim = segment.station("victim", Map.of("nic", Map.of("slaac", "true", "temporary-addresses", "true", "dad",
                    "true"), "neighbors", Map.of("cache", "64")), "fd00::1/64", "10.0.0.1/24");
            List<byte[]> samples = samples();
            for (int i = 0; i < FRAMES; i++) {
                segment.inject(damaged(samples.get(random.nextInt(samples.size())), random));
                if (i % 100 == 0) {
                    segment.pass(1 + random.nextInt(1_000));
                    segment.seen.clear();
                    assertBounded(victim);
                }
            }
            assertEquals(Map.of(), victim.counters().get("failures"), "seed " + SEED);
            segment.pass(10_000);
            segment.inject(Frames.advertisement(Frames.ROUTER_MAC, "fe80::9:9", 1800, 1, Frames.prefix("2001:db8:1::", true, true,
                    9000, 9000)));
            segment.pass(5_000);
            assertTrue(victim.nics().getFirst().addressDetails().stream().anyMatch(a -> a.origin().equals("slaac")
                    && a.state() == State.PREFERRED), "seed " + SEED + ": " + victim.nics().getFirst().addressDetails());
            assertTrue(victim.nics().getFirst().addressDetails().stream()
                    .anyMatch(a -> a.origin().equals(NicAddress.CONFIGURATION)));
        } catch (RuntimeException e) {
            throw new AssertionError("seed " + SEED, e);
        }
        leaks.close();
    }

    private static void assertBounded(ManualStack victim) {
        assertTrue(victim.nics().getFirst().addressDetails().size() <= 3 + 16 * 9, "seed " + SEED);
        long defaults = victim.routes().stream().filter(r -> r.to().equals(Cidr.parse("::/0")) && r.via() != null).count();
        assertTrue(defaults <= 16, "seed " + SEED);
        assertTrue(victim.routes().size() <= 16 + 64 + 64 + 8, "seed " + SEED + ": " + victim.routes().size());
        assertTrue(victim.service(NameServers.class).orElseThrow().list().size() <= 8, "seed " + SEED);
        assertTrue(victim.service(Neighbors.class).orElseThrow().list().size() <= 64, "seed " + SEED);
    }

    private static List<byte[]> samples() {
        var all = new ArrayList<byte[]>();
        all.add(Frames.advertisement(1800, Frames.all(Frames.prefix("2001:db8:1::", true, true, 9000, 9000),
                Frames.prefix("2001:db8:2::", true, true, 60, 30), (m, at) -> NdpOptionWriter.mtu(m, at, 1400))));
        all.add(Frames.advertisement(30, Frames.all((m, at) -> NdpOptionWriter.route(m, at, 0x2001_0db8_0007_0000L, 0, 48, 1, 600),
                (m, at) -> NdpOptionWriter.rdnss(m, at, 60, List.of(IpAddress.parse("2001:db8::53"), IpAddress.parse("fe80::53"))))));
        all.add(Frames.redirect(Frames.ROUTER_MAC, Frames.ROUTER, "fd00::1", "2001:db8:99::1", "fe80::ff:2"));
        all.add(Frames.redirect(Frames.ROUTER_MAC, Frames.ROUTER, "fd00::1", "2001:db8:99::1", "2001:db8:99::1"));
        all.add(Frames.neighbor(Frames.ROUTER_MAC, "fe80::ff:1", IpAddress.parse("fe80::ff:1"), 0x20));
        all.add(Frames.probe(Frames.ROUTER_MAC, IpAddress.parse("fd00::1"), 77));
        all.add(Frames.query(1, "::", 1_000));
        all.add(Frames.query(2, "::", 1_000));
        all.add(Frames.query(2, "ff02::1:ff00:1", 0));
        all.add(Frames.oldReport(Frames.ROUTER_MAC, "fe80::ff:1", "ff02::1:ff00:1"));
        return all;
    }

    /// Bytes of the message change, and the last of the sender's address; the checksum is made to fit.
    private static byte[] damaged(byte[] sample, Random random) {
        byte[] frame = sample.clone();
        MemorySegment m = MemorySegment.ofArray(frame);
        int icmp = 14 + Ipv6Header.LENGTH;
        for (int i = random.nextInt(4); i > 0; i--) {
            frame[icmp + random.nextInt(frame.length - icmp)] = (byte) random.nextInt();
        }
        if (random.nextBoolean()) {
            frame[14 + 23] = (byte) random.nextInt();
            frame[11] = frame[14 + 23];
        }
        IcmpHeader.setChecksum(m, icmp, 0);
        IcmpHeader.setChecksum(m, icmp, IcmpHeader.computeV6(m, icmp, frame.length - icmp,
                new IpAddress(Ipv6Header.sourceHi(m, 14), Ipv6Header.sourceLo(m, 14)),
                new IpAddress(Ipv6Header.destinationHi(m, 14), Ipv6Header.destinationLo(m, 14))));
        return frame;
    }
}
