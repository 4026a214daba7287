package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Random bytes, and valid messages that were damaged: each codec gives a verdict and, where that is none, every getter a
/// value. Nothing is thrown, no byte outside is looked at, no walk takes more steps than there are bytes.
///
/// `-Dmillrace.fuzz=10000000` says how many inputs each codec gets, `-Dmillrace.fuzz.seed=N` which.
class CodecFuzzTest {
    private static final int INPUTS = Integer.getInteger("millrace.fuzz", 200_000);
    private static final long SEED = Long.getLong("millrace.fuzz.seed", 1);
    private static final int MAX_LENGTH = 512;
    private static final int[] EDGES = {0, 1, 2, 0x7f, 0x80, 0xfe, 0xff};

    private static final Pattern NAME = Pattern.compile("[a-z0-9_.-]+");
    private static final NdpOptions OPTIONS = new NdpOptions();
    private static final GroupRecords RECORDS = new GroupRecords();

    /// Reads all that can be read of the bytes of a segment.
    interface Reader {
        WireError read(MemorySegment m, int length, SplittableRandom random);
    }

    enum Codec {
        ETHERNET("", true, CodecFuzzTest::ethernet),
        ARP("arp", false, CodecFuzzTest::arp),
        NDP("ndp", false, CodecFuzzTest::ndp),
        NDP_OPTIONS("ndp", false, CodecFuzzTest::ndpOptions),
        VXLAN("vxlan", false, CodecFuzzTest::vxlan),
        IPV6_FRAGMENT("fragment of IPv6", false, CodecFuzzTest::fragment),
        IPV4("fragment of IPv4", false, CodecFuzzTest::ipv4),
        IGMP("igmp", false, CodecFuzzTest::igmp),
        MLD("mld", false, CodecFuzzTest::mld),
        DISSECTOR("", true, CodecFuzzTest::dissector);

        private final List<byte[]> seeds;
        private final Reader reader;

        Codec(String samples, boolean frames, Reader reader) {
            seeds = frames ? NetworkSamples.all().stream().map(NetworkSamples.Sample::frame).toList()
                    : NetworkSamples.messages(samples);
            this.reader = reader;
        }
    }

    @ParameterizedTest
    @EnumSource(Codec.class)
    void anyBytesGiveAVerdictAndNothingElse(Codec codec) {
        var random = new SplittableRandom(SEED + codec.ordinal());
        byte[] bytes = new byte[MAX_LENGTH];
        int good = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(MAX_LENGTH);
            for (int i = 0; i < INPUTS; i++) {
                int length = input(bytes, codec.seeds, random);
                // At the very end, so that a byte too many is one outside even of the memory itself.
                MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, MAX_LENGTH - length, length);
                MemorySegment exact = memory.asSlice(MAX_LENGTH - length, length);
                try {
                    good += codec.reader.read(exact, length, random) == WireError.NONE ? 1 : 0;
                } catch (RuntimeException | Error e) {
                    throw new AssertionError(codec + ", input " + i + " of seed " + SEED + ": "
                            + HexFormat.of().formatHex(bytes, 0, length), e);
                }
            }
        }
        // Else only the first test of a codec was tried.
        assertTrue(good > INPUTS / 50 && good <= INPUTS, good + " of " + INPUTS + " were good");
    }

    /// Writes one input and returns its length.
    private static int input(byte[] bytes, List<byte[]> seeds, SplittableRandom random) {
        if (random.nextInt(8) == 0) {
            int length = random.nextInt(random.nextBoolean() ? 64 : MAX_LENGTH);
            for (int i = 0; i < length; i++) {
                bytes[i] = (byte) random.nextInt();
            }
            return length;
        }
        byte[] seed = seeds.get(random.nextInt(seeds.size()));
        int length = seed.length;
        System.arraycopy(seed, 0, bytes, 0, length);
        for (int changes = random.nextInt(4); changes > 0; changes--) {
            length = change(bytes, length, random);
        }
        return length;
    }

    private static int change(byte[] bytes, int length, SplittableRandom random) {
        int at = random.nextInt(Math.max(1, length));
        switch (random.nextInt(7)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) EDGES[random.nextInt(EDGES.length)];
            case 2 -> bytes[at] = (byte) random.nextInt();
            case 3 -> {
                return at;
            }
            case 4 -> {
                int more = random.nextInt(MAX_LENGTH - length + 1);
                for (int i = 0; i < more; i++) {
                    bytes[length + i] = (byte) random.nextInt(4);
                }
                return length + more;
            }
            case 5 -> {
                // A part once more, over what follows it.
                int part = random.nextInt(Math.max(1, Math.min(length - at, 40)));
                int to = Math.min(at + part, MAX_LENGTH - part);
                System.arraycopy(bytes, at, bytes, to, part);
                return Math.max(length, to + part);
            }
            default -> {
                // A length that says a little more or less.
                bytes[at] += (byte) (random.nextInt(5) - 2);
            }
        }
        return length;
    }

    private static WireError ethernet(MemorySegment m, int length, SplittableRandom random) {
        WireError error = EthernetHeader.check(m, 0, length);
        long found = VlanTag.walk(m, 0, length);
        assertTrue(VlanTag.count(found) <= VlanTag.MAX_TAGS);
        for (int i = 0; i < VlanTag.count(found); i++) {
            assertTrue(EtherType.isVlan(VlanTag.tagType(m, 0, i)));
            VlanTag.vlan(VlanTag.control(m, 0, i));
        }
        assertEquals(length < 14, error == WireError.TRUNCATED);
        if (VlanTag.error(found) == WireError.NONE) {
            assertTrue(VlanTag.offset(found) <= length && !EtherType.isVlan(VlanTag.type(found)));
            EthernetHeader.destination(m, 0);
            EthernetHeader.source(m, 0);
        }
        return VlanTag.error(found);
    }

    private static WireError arp(MemorySegment m, int length, SplittableRandom random) {
        WireError error = ArpPacket.check(m, 0, length);
        if (error == WireError.NONE) {
            assertFalse(MacAddress.isMulticast(ArpPacket.senderHardware(m, 0)));
            ArpPacket.targetHardware(m, 0);
            ArpPacket.targetAddress(m, 0);
            assertFalse(ArpPacket.isProbe(m, 0) && ArpPacket.isAnnouncement(m, 0));
        }
        return error;
    }

    private static WireError ndp(MemorySegment m, int length, SplittableRandom random) {
        int hopLimit = random.nextInt(8) == 0 ? random.nextInt(256) : 255;
        IpAddress from = random.nextInt(8) == 0 ? IpAddress.ANY_V6 : NetworkSamples.LOCAL_1;
        IpAddress to = random.nextInt(4) == 0 ? NetworkSamples.LOCAL_2 : new IpAddress(NdpMessage.SOLICITED_NODE_HI,
                NdpMessage.solicitedNodeLo(1));
        WireError error = NdpMessage.check(m, 0, length, hopLimit, from.hi(), from.lo(), to.hi(), to.lo());
        if (error == WireError.NONE) {
            int type = IcmpHeader.type(m, 0);
            NdpMessage.checksumIsRight(m, 0, length, from.hi(), from.lo(), to.hi(), to.lo());
            if (type == NdpMessage.ROUTER_ADVERTISEMENT) {
                assertTrue(Math.abs(NdpMessage.preference(m, 0)) <= 1);
                NdpMessage.reachableMs(m, 0);
                NdpMessage.retransMs(m, 0);
                NdpMessage.currentHopLimit(m, 0);
                NdpMessage.routerFlags(m, 0);
            } else if (type != NdpMessage.ROUTER_SOLICITATION) {
                NdpMessage.targetHi(m, 0);
                NdpMessage.targetLo(m, 0);
                NdpMessage.flags(m, 0);
            }
            if (type == NdpMessage.REDIRECT) {
                NdpMessage.redirectedHi(m, 0);
                NdpMessage.redirectedLo(m, 0);
            }
            // What check has found right is read to the end.
            assertEquals(WireError.NONE, readOptions(m, length));
        }
        return error;
    }

    private static WireError ndpOptions(MemorySegment m, int length, SplittableRandom random) {
        if (length < 1 || !NdpMessage.isNdp(IcmpHeader.type(m, 0))
                || length < NdpMessage.fixedLength(IcmpHeader.type(m, 0))) {
            return WireError.TRUNCATED;
        }
        return readOptions(m, length);
    }

    private static WireError readOptions(MemorySegment m, int length) {
        int steps = 0;
        for (OPTIONS.over(m, 0, length); OPTIONS.next(); ) {
            assertTrue(++steps <= length / 8);
            assertTrue(OPTIONS.offset() + OPTIONS.length() <= length);
            switch (OPTIONS.type()) {
                case NdpOptions.SOURCE_LINK_LAYER_ADDRESS, NdpOptions.TARGET_LINK_LAYER_ADDRESS ->
                    assertFalse(MacAddress.isMulticast(OPTIONS.linkLayerAddress()));
                case NdpOptions.PREFIX_INFORMATION -> {
                    assertTrue(OPTIONS.prefixLength() <= 128);
                    OPTIONS.prefixHi();
                    OPTIONS.prefixLo();
                    OPTIONS.isOnLink();
                    OPTIONS.isAutonomous();
                    OPTIONS.validSeconds();
                    OPTIONS.preferredSeconds();
                }
                case NdpOptions.REDIRECTED_HEADER ->
                    assertEquals(OPTIONS.offset() + OPTIONS.length(), OPTIONS.quotedOffset() + OPTIONS.quotedLength());
                case NdpOptions.NONCE -> assertTrue(OPTIONS.nonce() >>> 48 == 0);
                case NdpOptions.MTU -> assertTrue(OPTIONS.mtu() >= 0);
                case NdpOptions.ROUTE_INFORMATION -> {
                    assertTrue(OPTIONS.prefixLength() <= 128 && Math.abs(OPTIONS.preference()) <= 1);
                    OPTIONS.prefixHi();
                    OPTIONS.prefixLo();
                    OPTIONS.lifetimeSeconds();
                }
                case NdpOptions.RDNSS -> {
                    assertTrue(OPTIONS.serverCount() > 0);
                    for (int i = 0; i < OPTIONS.serverCount(); i++) {
                        OPTIONS.serverHi(i);
                        OPTIONS.serverLo(i);
                    }
                }
                case NdpOptions.DNSSL -> OPTIONS.domains().forEach(name -> assertTrue(name.length() <= 253
                        && NAME.matcher(name).matches(), name));
                default -> throw new AssertionError("type " + OPTIONS.type());
            }
        }
        return OPTIONS.error();
    }

    private static WireError vxlan(MemorySegment m, int length, SplittableRandom random) {
        WireError error = VxlanHeader.check(m, 0, length);
        if (error == WireError.NONE) {
            assertTrue(VxlanHeader.vni(m, 0) >= 0 && VxlanHeader.vni(m, 0) <= VxlanHeader.MAX_VNI);
        }
        return error;
    }

    private static WireError fragment(MemorySegment m, int length, SplittableRandom random) {
        WireError error = Ipv6Fragment.check(m, 0, length);
        if (error == WireError.NONE) {
            assertEquals(Ipv6Fragment.fragmentOffset(m, 0) == 0 && !Ipv6Fragment.moreFragments(m, 0), Ipv6Fragment.isAtomic(m, 0));
            Ipv6Fragment.nextHeader(m, 0);
            Ipv6Fragment.identification(m, 0);
        }
        return error;
    }

    private static WireError ipv4(MemorySegment m, int length, SplittableRandom random) {
        WireError error = Ipv4Header.check(m, 0, length);
        if (error == WireError.NONE) {
            Ipv4Header.checksumIsRight(m, 0);
            assertEquals(Ipv4Header.fragmentOffset(m, 0) != 0 || Ipv4Header.moreFragments(m, 0), Ipv4Header.isFragment(m, 0));
            assertTrue(Ipv4Options.check(m, 0, Ipv4Header.headerLength(m, 0)) < 60);
        }
        return error;
    }

    private static WireError igmp(MemorySegment m, int length, SplittableRandom random) {
        WireError error = IgmpMessage.check(m, 0, length);
        if (error != WireError.NONE) {
            return error;
        }
        IgmpMessage.checksumIsRight(m, 0, length);
        if (IgmpMessage.type(m, 0) == IgmpMessage.V3_REPORT) {
            RECORDS.overIgmp(m, 0, length);
            readRecords(IgmpMessage.recordCount(m, 0));
        } else if (IgmpMessage.type(m, 0) == IgmpMessage.QUERY) {
            assertTrue(IgmpMessage.maxResponseMs(m, 0, length) >= 0);
            if (IgmpMessage.queryVersion(m, 0, length) == 3) {
                IgmpMessage.suppressesRouters(m, 0);
                IgmpMessage.robustness(m, 0);
                assertTrue(IgmpMessage.queryIntervalSeconds(m, 0) < 32_768);
                for (int i = 0; i < IgmpMessage.sourceCount(m, 0); i++) {
                    IgmpMessage.source(m, 0, i);
                }
            }
        }
        return error;
    }

    private static WireError mld(MemorySegment m, int length, SplittableRandom random) {
        IpAddress from = random.nextInt(8) == 0 ? IpAddress.ANY_V6 : NetworkSamples.LOCAL_1;
        WireError error = MldMessage.check(m, 0, length, random.nextInt(8) == 0 ? 255 : 1, from.hi(), from.lo());
        if (error != WireError.NONE) {
            return error;
        }
        if (IcmpHeader.type(m, 0) == MldMessage.V2_REPORT) {
            RECORDS.overMld(m, 0, length);
            readRecords(MldMessage.recordCount(m, 0));
        } else {
            MldMessage.groupHi(m, 0);
            MldMessage.groupLo(m, 0);
            int ms = MldMessage.maxResponseMs(m, 0, length);
            assertTrue(ms >= 0 && ms < 1 << 23);
            if (IcmpHeader.type(m, 0) == MldMessage.QUERY && MldMessage.queryVersion(length) == 2) {
                MldMessage.suppressesRouters(m, 0);
                MldMessage.robustness(m, 0);
                MldMessage.queryIntervalSeconds(m, 0);
                for (int i = 0; i < MldMessage.sourceCount(m, 0); i++) {
                    MldMessage.sourceHi(m, 0, i);
                    MldMessage.sourceLo(m, 0, i);
                }
            }
        }
        return error;
    }

    private static void readRecords(int count) {
        int steps = 0;
        while (RECORDS.next()) {
            assertTrue(++steps <= count);
            RECORDS.groupHi();
            RECORDS.groupLo();
            for (int i = 0; i < RECORDS.sourceCount(); i++) {
                RECORDS.sourceHi(i);
                RECORDS.sourceLo(i);
            }
        }
        // What check has found right is read to the end.
        assertEquals(WireError.NONE, RECORDS.error());
    }

    private static WireError dissector(MemorySegment m, int length, SplittableRandom random) {
        int original = switch (random.nextInt(4)) {
            case 0 -> random.nextInt(70_000);
            case 1 -> random.nextInt();
            default -> length;
        };
        String line = Dissector.ethernet(m, original);
        assertTrue(!line.isBlank() && line.length() < 6000 && !line.contains("len:-"), line);
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            assertTrue(c >= ' ' && c < 127, line);
        }
        if (length > 14 && random.nextInt(4) == 0) {
            assertFalse(Dissector.ip(m.asSlice(14), original).isBlank());
        }
        return line.contains("invalid") || line.contains("truncated") ? WireError.TRUNCATED : WireError.NONE;
    }
}
