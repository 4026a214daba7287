package dev.millrace.internet;

import static dev.millrace.internet.BoxBench.SECOND;
import static dev.millrace.internet.BoxBench.headerChecksumIsRight;
import static dev.millrace.internet.BoxBench.ip;
import static dev.millrace.internet.BoxBench.packet;
import static dev.millrace.internet.BoxBench.transportChecksumIsRight;
import static dev.millrace.internet.BoxBench.u16;
import static dev.millrace.internet.BoxBench.u8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.internet.FirewallRule.Action;
import dev.millrace.internet.FirewallRule.Direction;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;

/// What holds for any packets in any order: nothing is thrown or leaked, tables keep their bounds, checksums are as right
/// as they were, and what went out comes back as it was.
class BoxProperties {
    private static final String NAT = "203.0.113.1";
    private static final IpAddress V4 = ip("10.0.0.1");
    private static final IpAddress V6 = ip("fd00::1");

    private static NatOptions natOptions(Random random) {
        NatBehavior[] all = NatBehavior.values();
        return NatOptions.DEFAULT.withMapping(all[random.nextInt(3)]).withFiltering(all[random.nextInt(3)])
                .withPortPreservation(random.nextBoolean()).withInboundRefresh(random.nextBoolean())
                .withMidStream(random.nextBoolean()).withHairpinning(random.nextInt(4) > 0)
                .withForward(PortForward.tcp(80, "10.0.0.2", 8080)).withForward(PortForward.udp(53, "10.0.0.3", 5353))
                .withPrefixTranslation(Cidr.parse("fd00::/48"), Cidr.parse("2001:db8:1::/48"));
    }

    private static Nat nat(NatOptions options) {
        return new Nat(options, List.of(ip(NAT)), V4, new RouterIcmp(0), new Random(7));
    }

    private static Firewall firewall(Random random) {
        Action[] all = Action.values();
        FirewallOptions options = FirewallOptions.DEFAULT.withDefaults(all[random.nextInt(3)], all[random.nextInt(3)])
                .withRule("reject in tcp from any to any port 0-20000").withRule("allow udp from any to any port 1-30000")
                .withRule("drop icmp from 10.0.0.0/8 to any").withStateful(random.nextInt(4) > 0)
                .withDropOutOfState(random.nextBoolean()).withMaxConnections(20);
        return new Firewall(options, new RouterIcmp(0));
    }

    private static String inside(Random random) {
        return "10.0.0." + (2 + random.nextInt(3));
    }

    private static String outside(Random random) {
        return random.nextInt(6) == 0 ? NAT : "198.51.100." + random.nextInt(3);
    }

    private static byte[] bytes(Random random, int atMost) {
        byte[] b = new byte[random.nextInt(atMost + 1)];
        random.nextBytes(b);
        return b;
    }

    /// A packet of an inside host, or with `back` one to it or to the NAT.
    private static byte[] anyPacket(Random random, boolean back) {
        if (random.nextInt(4) == 0) {
            return packetV6(random, back);
        }
        String a = back ? outside(random) : inside(random);
        String b = back ? random.nextInt(5) == 0 ? inside(random) : NAT : outside(random);
        PacketBuilder to = PacketBuilder.between(a, b).hopLimit(random.nextInt(5));
        if (random.nextInt(6) == 0) {
            to.options(random.ints(1 + random.nextInt(40), 0, 256).toArray());
        }
        if (random.nextInt(6) == 0) {
            to.fragment(random.nextInt(3), random.nextInt(8) * 0x1000 | (random.nextBoolean() ? 0 : random.nextInt(6)));
        }
        return transport(to, random, b, a);
    }

    private static byte[] packetV6(Random random, boolean back) {
        String a = back ? "2001:db8:9::" + random.nextInt(3) : "fd00::" + random.nextInt(3);
        String b = back ? "2001:db8:1:" + Integer.toHexString(random.nextInt(65536)) + "::1"
                : "2001:db8:" + (random.nextBoolean() ? 1 : 9) + "::" + random.nextInt(3);
        PacketBuilder to = PacketBuilder.between(a, b).hopLimit(random.nextInt(5));
        for (int n = random.nextInt(3); n > 0; n--) {
            int[] body = new int[8 * (1 + random.nextInt(2)) - 1];
            for (int i = 1; i < body.length; i++) {
                body[i] = random.nextInt(3) == 0 ? random.nextInt(256) : 0;
            }
            body[0] = body.length / 8;
            to.extension(new int[] {0, 43, 44, 60}[random.nextInt(4)], body);
        }
        return transport(to, random, b, a);
    }

    private static byte[] transport(PacketBuilder to, Random random, String source, String destination) {
        int a = 1 + random.nextInt(3);
        int b = random.nextInt(3) == 0 ? new int[] {80, 53}[random.nextInt(2)] : 1 + random.nextInt(3);
        int flags = random.nextInt(3) == 0 ? random.nextInt(64) : random.nextBoolean() ? TcpHeader.SYN : TcpHeader.ACK;
        return switch (random.nextInt(8)) {
            case 0, 1, 2 -> to.udp(a, b, bytes(random, 100));
            case 3, 4 -> to.tcp(a, b, random.nextInt(), random.nextInt(), flags, 5, new byte[0], bytes(random, 100));
            case 5 -> to.echoRequest(a, 1, bytes(random, 100));
            case 6 -> to.icmp(random.nextInt(256), random.nextInt(3), a << 16,
                    random.nextBoolean() ? bytes(random, 60)
                            : PacketBuilder.between(source, destination).udp(b, a, bytes(random, 20)));
            default -> to.raw(random.nextInt(256), bytes(random, 60));
        };
    }

    /// The first `length` bytes, in one piece of memory or several.
    private static Packet inPieces(byte[] bytes, int length, Random random) {
        int head = random.nextInt(3) == 0 ? random.nextInt(length + 1) : length;
        Packet p = Packet.allocate(Packet.HEADROOM, random.nextBoolean() ? head : 2000);
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, p.memory(), p.append(head), head);
        for (int at = head; at < length;) {
            int n = 1 + random.nextInt(length - at);
            Buffer b = Buffer.allocate(n);
            MemorySegment.copy(MemorySegment.ofArray(bytes), at, b.memory(), 0, n);
            p.addFragment(b, 0, n);
            at += n;
            if (p.fragmentCount() == Packet.MAX_FRAGMENTS - 1) {
                length = at;
            }
        }
        return p;
    }

    private static Packet damaged(Random random, boolean back) {
        byte[] b = anyPacket(random, back);
        for (int d = random.nextInt(4); d > 0; d--) {
            b[random.nextInt(Math.min(b.length, 80))] = (byte) random.nextInt(256);
        }
        return inPieces(b, random.nextInt(5) == 0 ? random.nextInt(b.length + 1) : b.length, random);
    }

    private static void checkReply(Verdict v) {
        if (v instanceof Verdict.Reply r) {
            byte[] reply = r.reply().toBytes();
            assertTrue(headerChecksumIsRight(reply) && transportChecksumIsRight(reply));
            assertTrue(reply.length <= (u8(reply, 0) >>> 4 == 4 ? 576 : 1280));
        }
        BoxBench.release(v);
    }

    @Property(tries = 1000)
    void arbitraryBytesAreForwardedOrDropped(@ForAll @Size(max = 200) byte[] bytes, @ForAll long seed) {
        try (var _ = new LeakCheck()) {
            var random = new Random(seed);
            Nat nat = nat(natOptions(random));
            Firewall firewall = firewall(random);
            var hop = new RouterHop(new RouterIcmp(0));
            for (int version : new int[] {-1, 4, 6}) {
                byte[] b = bytes.clone();
                if (version > 0 && b.length > 0) {
                    b[0] = (byte) (version << 4 | b[0] & 0xf);
                }
                checkReply(nat.outbound(packet(b), SECOND));
                checkReply(nat.inbound(packet(b), SECOND));
                checkReply(firewall.filter(packet(b), Direction.IN, version == 6 ? V6 : V4, SECOND));
                checkReply(hop.forward(packet(b), 100, version == 6 ? V6 : V4, SECOND));
            }
            assertEquals(6, nat.counters().passed() + nat.counters().drops());
        }
    }

    @Property(tries = 1000)
    void damagedPacketsNeitherThrowNorLeakNorOverfillTables(@ForAll long seed) {
        try (var _ = new LeakCheck()) {
            var random = new Random(seed);
            Nat nat = nat(natOptions(random).withMaxMappings(5).withMaxSessions(9));
            Firewall firewall = firewall(random);
            var hop = new RouterHop(new RouterIcmp(0));
            long now = random.nextLong();
            for (int i = 0; i < 60; i++) {
                now += random.nextInt(10) == 0 ? random.nextLong(9000 * SECOND) : random.nextLong(SECOND);
                boolean back = random.nextBoolean();
                checkReply(back ? nat.inbound(damaged(random, true), now) : nat.outbound(damaged(random, false), now));
                checkReply(firewall.filter(damaged(random, back), back ? Direction.IN : Direction.OUT,
                        random.nextBoolean() ? V4 : V6, now));
                checkReply(hop.forward(damaged(random, back), 20 + random.nextInt(150), random.nextBoolean() ? V4 : V6, now));
                assertTrue(nat.mappings() <= 5 && nat.sessions() <= 9 && firewall.connections() <= 20);
                assertEquals(nat.mappings() + 2, nat.describe().size());
            }
            assertEquals(60, nat.counters().passed() + nat.counters().drops());
            assertEquals(60, firewall.counters().passed() + firewall.counters().drops());
            now += 1_000_000 * SECOND;
            checkReply(nat.outbound(packet(new PacketAt(V4, ip("10.9.9.9")).raw()), now));
            checkReply(firewall.filter(packet(new PacketAt(V4, ip("10.9.9.9")).raw()), Direction.IN, V4, now));
            assertEquals(0, nat.sessions());
            assertEquals(0, nat.mappings());
            assertTrue(firewall.connections() <= 1);
        }
    }

    /// A packet that no NAT translates, to let time pass.
    private record PacketAt(IpAddress from, IpAddress to) {
        byte[] raw() {
            return PacketBuilder.between(from, to).raw(132, new byte[8]);
        }
    }

    @Property(tries = 1000)
    void checksumsAreRightAfterwardsIfTheyWereBefore(@ForAll long seed) {
        var random = new Random(seed);
        Nat nat = nat(natOptions(random));
        for (int i = 0; i < 40; i++) {
            boolean back = random.nextBoolean();
            byte[] before = plain(random, back);
            int from = BoxBench.transport(before);
            // Payload and checksums may be damaged, but no length: what is covered must stay what it was.
            int field = from + new int[] {16, 6, 2}[Arrays.asList(6, 17, 1).indexOf(u8(before, 9))];
            if (random.nextBoolean()) {
                before[random.nextBoolean() ? field + random.nextInt(2) : before.length - 1] ^= (byte) (1 + random.nextInt(255));
            }
            if (random.nextInt(4) == 0) {
                before[10 + random.nextInt(2)] ^= (byte) (1 + random.nextInt(255));
            }
            Packet p = inPieces(before, before.length, random);
            Verdict v = back ? nat.inbound(p, SECOND) : nat.outbound(p, SECOND);
            if (!(v instanceof Verdict.Drop || v instanceof Verdict.Reply)) {
                byte[] after = v.packet().toBytes();
                assertEquals(headerChecksumIsRight(before), headerChecksumIsRight(after));
                assertEquals(transportChecksumIsRight(before), transportChecksumIsRight(after));
            }
            BoxBench.release(v);
        }
    }

    /// A whole IPv4 packet of TCP, UDP, or a ping.
    private static byte[] plain(Random random, boolean back) {
        PacketBuilder to = back ? PacketBuilder.between(outside(random).replace(NAT, "198.51.100.9"), NAT)
                : PacketBuilder.between(inside(random), outside(random));
        int a = 1 + random.nextInt(3);
        int b = 1 + random.nextInt(3);
        byte[] data = bytes(random, 50);
        return switch (random.nextInt(3)) {
            case 0 -> to.udp(a, b, data);
            case 1 -> to.tcp(a, b, random.nextInt(), 1, random.nextBoolean() ? TcpHeader.SYN : TcpHeader.ACK, 5, new byte[0],
                    data);
            default -> to.icmp(back ? 0 : 8, 0, a << 16 | random.nextInt(65536), data);
        };
    }

    @Property(tries = 500)
    void whatGoesOutComesBackToWhoSentItAsItWasSent(@ForAll long seed) {
        try (var _ = new LeakCheck()) {
            var random = new Random(seed);
            Nat nat = nat(natOptions(random));
            List<byte[]> sent = new ArrayList<>();
            List<byte[]> gone = new ArrayList<>();
            long now = 0;
            for (int i = 0; i < 30; i++) {
                now += random.nextLong(SECOND);
                byte[] b = plain(random, false);
                Verdict v = nat.outbound(packet(b), now);
                if (v instanceof Verdict.Forward) {
                    sent.add(b);
                    gone.add(v.packet().toBytes());
                    assertEquals(ip(NAT), BoxBench.source(gone.getLast()));
                }
                BoxBench.release(v);
            }
            for (int i = 0; i < sent.size(); i++) {
                Verdict v = nat.inbound(packet(answer(gone.get(i))), now);
                byte[] back = v.packet().toBytes();
                BoxBench.release(v);
                assertTrue(v instanceof Verdict.Forward, v::toString);
                assertArrayEquals(answer(sent.get(i)), back);
            }
        }
    }

    /// The same bytes on the way back: addresses and ports exchanged, an echo request made a reply. Sums do not change.
    private static byte[] answer(byte[] b) {
        byte[] a = b.clone();
        System.arraycopy(b, 12, a, 16, 4);
        System.arraycopy(b, 16, a, 12, 4);
        if (u8(b, 9) == 1) {
            a[20] = 0;
            int checksum = Checksum.update(u16(b, 22), 8 << 8, 0);
            a[22] = (byte) (checksum >>> 8);
            a[23] = (byte) checksum;
        } else {
            System.arraycopy(b, 20, a, 22, 2);
            System.arraycopy(b, 22, a, 20, 2);
        }
        return a;
    }

    @Property(tries = 500)
    void itDoesNotMatterInWhichPiecesOfMemoryAPacketLies(@ForAll long seed) {
        try (var _ = new LeakCheck()) {
            var random = new Random(seed);
            NatOptions options = natOptions(random);
            Nat one = nat(options);
            Nat two = nat(options);
            Firewall firewallOne = firewall(new Random(seed));
            Firewall firewallTwo = firewall(new Random(seed));
            for (int i = 0; i < 30; i++) {
                boolean back = random.nextBoolean();
                byte[] b = anyPacket(random, back);
                Packet p = inPieces(b, b.length, random);
                byte[] same = p.toBytes();
                equal(back ? one.inbound(packet(same), i) : one.outbound(packet(same), i),
                        back ? two.inbound(p, i) : two.outbound(p, i));
                Direction way = back ? Direction.IN : Direction.OUT;
                Packet q = inPieces(b, b.length, random);
                byte[] sameAgain = q.toBytes();
                equal(firewallOne.filter(packet(sameAgain), way, V4, i), firewallTwo.filter(q, way, V4, i));
            }
        }
    }

    private static void equal(Verdict a, Verdict b) {
        try {
            assertEquals(a.getClass(), b.getClass(), () -> a + " / " + b);
            assertArrayEquals(a.packet().toBytes(), b.packet().toBytes());
            if (a instanceof Verdict.Drop x && b instanceof Verdict.Drop y) {
                assertEquals(x.text(), y.text());
            }
        } finally {
            BoxBench.release(a);
            BoxBench.release(b);
        }
    }
}
