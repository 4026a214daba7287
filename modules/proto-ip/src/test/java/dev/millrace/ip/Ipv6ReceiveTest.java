package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.testkit.FakeNetwork;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.testkit.Requirement;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// RFC 8200, RFC 4291, RFC 6946.
class Ipv6ReceiveTest {
    private static final byte[] DATA = {1, 2, 3, 4, 5};
    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int DESTINATION = 60;

    private final LeakCheck leaks = new LeakCheck();
    private final IpBench bench = new IpBench(6);

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    private static byte[] datagram(String source, String destination) {
        return PacketBuilder.between(source, destination).udp(1, 2, DATA);
    }

    private void requireParameterProblem(int code, int pointer, byte[] about) {
        byte[] error = bench.nic.sent().getLast();
        assertTrue(IpBench.checksumsAreRight(error));
        assertEquals(4, error[40]);
        assertEquals(code, error[41]);
        assertEquals(pointer, (error[46] & 0xff) << 8 | error[47] & 0xff);
        assertArrayEquals(about, Arrays.copyOfRange(error, 48, error.length));
    }

    @Test
    void aTransportGetsItsBytesAndWhatTheHeaderSaid() {
        byte[] packet = bench.fromPeer().hopLimit(7).trafficClass(0xb9).udp(1, 2, DATA);
        assertNull(bench.fate(Arrays.copyOf(packet, packet.length + 13)));
        FakeNetwork.Delivery d = bench.network.deliveries().getFirst();
        assertArrayEquals(Arrays.copyOfRange(packet, 40, packet.length), d.bytes(), "without the link's padding");
        assertEquals(7, d.hopLimit());
        assertEquals(0xb9, d.trafficClass());
    }

    @Test
    void aPacketCutAnywhereIsDropped() {
        byte[] packet = bench.fromPeer().extension(DESTINATION, 0, 1, 4, 0, 0, 0, 0).udp(1, 2, DATA);
        for (int length = 0; length < packet.length; length++) {
            DropReason reason = bench.fate(Arrays.copyOf(packet, length));
            assertEquals(length < 40 ? DropReason.TRUNCATED : DropReason.BAD_IP_HEADER, reason, "of " + length);
        }
    }

    @Test
    void aChainCutOffByThePayloadLengthIsDropped() {
        for (int length = 0; length < 24; length++) {
            byte[] packet = bench.fromPeer().raw(DESTINATION, Arrays.copyOf(PacketBuilder.bytes(17, 2), length));
            assertEquals(DropReason.TRUNCATED, bench.fate(packet), "of " + length);
        }
        assertTrue(bench.nic.sent().isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"::", "::1", "ff02::1", "fd09::2"})
    void impossibleSourcesAreMartians(String source) {
        assertEquals(DropReason.MARTIAN_SOURCE, bench.fate(datagram(source, "fd09::2")));
        assertTrue(bench.nic.sent().isEmpty());
    }

    @Test
    void mappedAddressesNeverPassForIpv4() {
        byte[] packet = datagram("fd09::1", "fd09::2");
        byte[] mapped = PacketBuilder.bytes(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 9, 0, 1);
        System.arraycopy(mapped, 0, packet, 8, 16);
        assertEquals(DropReason.MARTIAN_SOURCE, bench.fate(packet));
        packet = datagram("fd09::1", "fd09::2");
        mapped[15] = 2;
        System.arraycopy(mapped, 0, packet, 24, 16);
        assertEquals(DropReason.NOT_FOR_US, bench.fate(packet));
    }

    @ParameterizedTest
    @CsvSource({"fd09::2,true,false", "ff02::1,true,true", "fd09::3,false,false", "::,false,false", "::1,false,false",
        "ff01::1,false,false", "ff00::1,false,false", "ff02::99,false,false"})
    void destinationsAreOursOrNot(String destination, boolean ours, boolean group) {
        bench.network.local("::1").group("ff00::1");
        assertEquals(ours ? null : DropReason.NOT_FOR_US, bench.fate(datagram("fd09::1", destination)));
        if (ours) {
            assertEquals(group, bench.network.deliveries().getFirst().broadcast());
        }
    }

    @Test
    void aLoopbackLinkCarriesOwnAndLoopbackAddresses() {
        var loop = new IpBench(6, new FakeNic(65535, true, true, 0), Map.of());
        loop.network.local("::1");
        assertNull(loop.fate(datagram("fd09::2", "fd09::2")));
        assertNull(loop.fate(datagram("::1", "::1")));
        assertNull(loop.fate(datagram("::1", "ff01::1")));
    }

    @Test
    void theUnspecifiedSourceIsForIcmpAlone() {
        assertEquals(DropReason.MARTIAN_SOURCE, bench.fate(datagram("::", "ff02::1")));
        byte[] hidden = PacketBuilder.between("::", "ff02::1").extension(HOP_BY_HOP, 0, 1, 4, 0, 0, 0, 0).udp(1, 2, DATA);
        assertEquals(DropReason.MARTIAN_SOURCE, bench.fate(hidden));
        byte[] echo = PacketBuilder.between("::", "fd09::2").echoRequest(1, 1, DATA);
        assertEquals(DropReason.MARTIAN_SOURCE, bench.fate(echo));
        assertTrue(bench.nic.sent().isEmpty());
    }

    @Test
    void knownHeadersAreSteppedOver() {
        byte[] packet = bench.fromPeer()
                .extension(HOP_BY_HOP, 0, 1, 4, 0, 0, 0, 0)
                .extension(DESTINATION, 1, 0, 0, 1, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
                .extension(ROUTING, 0, 253, 0, 0, 0, 0, 0)
                .extension(FRAGMENT, 0, 0, 0, 0, 0, 0, 9)
                .udp(1, 2, DATA);
        assertNull(bench.fate(packet));
        assertArrayEquals(Arrays.copyOfRange(bench.fromPeer().udp(1, 2, DATA), 40, 53),
                bench.network.deliveries().getFirst().bytes());
        assertEquals(17, bench.network.deliveries().getFirst().protocol());
    }

    @Requirement("RFC8200:4.2")
    @Test
    void anUnknownOptionDoesWhatItsHighBitsSay() {
        int[][] table = {{0x1e, -1}, {0x5e, 0}, {0x9e, 1}, {0xde, 1}};
        for (int header : new int[] {HOP_BY_HOP, DESTINATION}) {
            for (int[] row : table) {
                bench.nic.clear();
                byte[] packet = bench.fromPeer().extension(header, 0, 0, row[0], 1, 7, 0, 0).udp(1, 2, DATA);
                DropReason reason = bench.fate(packet);
                assertEquals(row[1] < 0 ? null : DropReason.BAD_IP_OPTION, reason, "option " + row[0]);
                assertEquals(row[1] == 1 ? 1 : 0, bench.nic.sent().size());
                if (row[1] == 1) {
                    requireParameterProblem(2, 43, packet);
                }
            }
        }
    }

    @Test
    void unknownOptionsOfMulticastPacketsAreToldOnlyIfTheyAskForIt() {
        for (int option : new int[] {0x9e, 0xde}) {
            bench.nic.clear();
            byte[] packet = PacketBuilder.between("fd09::1", "ff02::1").extension(DESTINATION, 0, option, 4, 0, 0, 0, 0)
                    .udp(1, 2, DATA);
            assertEquals(DropReason.BAD_IP_OPTION, bench.fate(packet));
            assertEquals(option == 0x9e ? 1 : 0, bench.nic.sent().size());
        }
    }

    @Requirement("RFC8200:4.1")
    @Test
    void hopByHopOptionsElsewhereAreAnUnknownHeader() {
        byte[] packet = bench.fromPeer().extension(DESTINATION, 0, 1, 4, 0, 0, 0, 0)
                .extension(HOP_BY_HOP, 0, 1, 4, 0, 0, 0, 0).udp(1, 2, DATA);
        assertEquals(DropReason.BAD_IP_OPTION, bench.fate(packet));
        requireParameterProblem(1, 40, packet);
    }

    @Requirement("RFC8200:4.4")
    @Requirement("RFC5095:3")
    @ParameterizedTest
    @ValueSource(ints = {0, 2, 3, 4, 253})
    void routingHeadersWithSegmentsLeftAreRefused(int type) {
        byte[] packet = bench.fromPeer().extension(ROUTING, 0, type, 1, 0, 0, 0, 0).udp(1, 2, DATA);
        assertEquals(DropReason.BAD_IP_OPTION, bench.fate(packet));
        requireParameterProblem(0, 42, packet);
    }

    @Requirement("RFC8200:4-next")
    @Requirement("RFC4443:3.4")
    @Test
    void anUnknownNextHeaderIsToldWhereItStands() {
        byte[] direct = bench.fromPeer().raw(200, DATA);
        assertEquals(DropReason.UNKNOWN_TRANSPORT, bench.fate(direct));
        requireParameterProblem(1, 6, direct);
        byte[] behind = bench.fromPeer().extension(DESTINATION, 0, 1, 4, 0, 0, 0, 0).raw(200, DATA);
        assertEquals(DropReason.UNKNOWN_TRANSPORT, bench.fate(behind));
        requireParameterProblem(1, 40, behind);
    }

    @Requirement("RFC8200:4.7")
    @Test
    void nothingIsSaidWhereNothingFollows() {
        assertEquals(DropReason.UNKNOWN_TRANSPORT, bench.fate(bench.fromPeer().raw(59, DATA)));
        assertTrue(bench.nic.sent().isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"0,1,,-1", "1,0,,-1", "1,1,,-1", "8191,0,bad-ip-option,42"})
    void fragmentsWaitForTheOthersUnlessTheyEndTooLate(int units, int more, String reason, int pointer) {
        int word = units << 3 | more;
        byte[] packet = bench.fromPeer().extension(FRAGMENT, 0, word >> 8, word & 0xff, 0, 0, 0, 9).raw(17, new byte[16]);
        DropReason fate = bench.fate(packet);
        assertEquals(reason, fate == null ? null : fate.name());
        assertEquals(pointer < 0 ? 0 : 1, bench.nic.sent().size());
        if (pointer >= 0) {
            requireParameterProblem(0, pointer, packet);
        }
        bench.ip.close();
    }

    @Requirement("RFC8200:4.5-eight")
    @Test
    void aFragmentThatIsNotTheLastHasAMultipleOfEightBytes() {
        byte[] packet = bench.fromPeer().extension(FRAGMENT, 0, 0, 1, 0, 0, 0, 9).raw(17, new byte[15]);
        assertEquals(DropReason.BAD_IP_OPTION, bench.fate(packet));
        requireParameterProblem(0, 4, packet);
    }

    @Test
    void endlessChainsAreDroppedInSilence() {
        PacketBuilder to = bench.fromPeer();
        for (int i = 0; i < 30; i++) {
            to.extension(DESTINATION, 0, 1, 4, 0, 0, 0, 0);
        }
        assertEquals(DropReason.BAD_IP_OPTION, bench.fate(to.udp(1, 2, DATA)));
        assertTrue(bench.nic.sent().isEmpty());
    }
}
