package dev.millrace.ip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.DropReason;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.IcmpError.Kind;
import dev.millrace.testkit.LeakCheck;
import dev.millrace.testkit.PacketBuilder;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What errors about our packets tell the transports (RFC 792, RFC 1122 §3.2.2, RFC 1191, RFC 4443 §3, RFC 8201).
class IcmpErrorsReceivedTest {
    private final LeakCheck leaks = new LeakCheck();

    @AfterEach
    void nothingLeaks() {
        leaks.close();
    }

    private static byte[] ours(IpBench bench, int payload) {
        return PacketBuilder.between(bench.own, bench.peer).tcp(80, 4000, 0x01020304, 0, 2, 100, new byte[0],
                new byte[payload]);
    }

    private static PacketBuilder fromRouter(IpBench bench) {
        return PacketBuilder.between(bench.v4 ? "10.9.0.254" : "fd09::fe", bench.own);
    }

    private static IcmpError only(IpBench bench) {
        assertEquals(1, bench.network.errors().size());
        return bench.network.errors().removeFirst();
    }

    @ParameterizedTest
    @CsvSource({
        "3,0,NETWORK_UNREACHABLE", "3,1,HOST_UNREACHABLE", "3,2,PROTOCOL_UNREACHABLE", "3,3,PORT_UNREACHABLE",
        "3,4,PACKET_TOO_BIG", "3,5,NETWORK_UNREACHABLE", "3,6,NETWORK_UNREACHABLE", "3,7,HOST_UNREACHABLE",
        "3,8,HOST_UNREACHABLE", "3,9,PROHIBITED", "3,10,PROHIBITED", "3,11,NETWORK_UNREACHABLE",
        "3,12,HOST_UNREACHABLE", "3,13,PROHIBITED", "3,14,PROHIBITED", "3,15,PROHIBITED", "11,0,TIME_EXCEEDED",
        "11,1,TIME_EXCEEDED", "12,0,PARAMETER_PROBLEM", "12,1,PARAMETER_PROBLEM", "12,2,PARAMETER_PROBLEM"})
    void ipv4ErrorsHaveTheirKind(int type, int code, Kind kind) {
        check(new IpBench(4), type, code, kind);
    }

    @ParameterizedTest
    @CsvSource({
        "1,0,NETWORK_UNREACHABLE", "1,1,PROHIBITED", "1,2,NETWORK_UNREACHABLE", "1,3,HOST_UNREACHABLE",
        "1,4,PORT_UNREACHABLE", "1,5,PROHIBITED", "1,6,PROHIBITED", "2,0,PACKET_TOO_BIG", "3,0,TIME_EXCEEDED",
        "3,1,TIME_EXCEEDED", "4,0,PARAMETER_PROBLEM", "4,1,PROTOCOL_UNREACHABLE", "4,2,PARAMETER_PROBLEM"})
    void ipv6ErrorsHaveTheirKind(int type, int code, Kind kind) {
        check(new IpBench(6), type, code, kind);
    }

    private static void check(IpBench bench, int type, int code, Kind kind) {
        byte[] ours = ours(bench, 1400);
        int header = bench.v4 ? 20 : 40;
        byte[] quote = Arrays.copyOf(ours, header + 8);
        assertNull(bench.fate(fromRouter(bench).icmp(type, code, 1300, quote)));
        IcmpError e = only(bench);
        assertEquals(kind, e.kind());
        assertEquals(6, e.protocol());
        assertEquals(bench.own, e.local().toString());
        assertEquals(bench.peer, e.remote().toString());
        assertEquals(bench.v4 ? "10.9.0.254" : "fd09::fe", e.from().toString());
        assertArrayEquals(Arrays.copyOfRange(ours, header, header + 8), e.quoted());
        assertEquals(kind == Kind.PACKET_TOO_BIG ? 1300 : 0, e.mtu());
        assertEquals(1, bench.count("icmp-errors-received"));
        assertEquals(1, bench.count("icmp-type-" + type + "-received"));
        assertTrue(bench.addsUp());
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void quotesCutAnywhereAreRefusedUntilEightBytesOfTransportAreThere(int version) {
        var bench = new IpBench(version);
        byte[] ours = ours(bench, 100);
        int enough = (version == 4 ? 20 : 40) + 8;
        for (int length = 0; length <= ours.length; length++) {
            DropReason reason = bench.fate(fromRouter(bench).icmp(version == 4 ? 3 : 1, 1, 0, Arrays.copyOf(ours, length)));
            assertEquals(length < enough ? DropReason.BAD_ICMP : null, reason, "of " + length);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void errorsAboutOthersPacketsAreRefused(int version) {
        var bench = new IpBench(version);
        int type = version == 4 ? 3 : 1;
        byte[] others = PacketBuilder.between(bench.peer, bench.own).udp(1, 2, new byte[8]);
        assertEquals(DropReason.BAD_ICMP, bench.fate(fromRouter(bench).icmp(type, 1, 0, others)));
        byte[] otherVersion = version == 4 ? PacketBuilder.between("fd09::2", "fd09::1").udp(1, 2, new byte[8])
                : PacketBuilder.between("10.9.0.2", "10.9.0.1").udp(1, 2, new byte[40]);
        assertEquals(DropReason.BAD_ICMP, bench.fate(fromRouter(bench).icmp(type, 1, 0, otherVersion)));
        byte[] toGroup = PacketBuilder.between(bench.peer, version == 4 ? "224.0.0.1" : "ff02::1")
                .icmp(type, 1, 0, ours(bench, 8));
        assertEquals(DropReason.BAD_ICMP, bench.fate(toGroup));
        assertTrue(bench.network.errors().isEmpty());
    }

    @Test
    void aQuotedLaterFragmentHasNoTransportHeader() {
        var four = new IpBench(4);
        byte[] quote = PacketBuilder.between(four.own, four.peer).fragment(1, 0x0005).raw(17, new byte[32]);
        assertEquals(DropReason.BAD_ICMP, four.fate(fromRouter(four).icmp(3, 1, 0, quote)));
        var six = new IpBench(6);
        quote = PacketBuilder.between(six.own, six.peer).extension(44, 0, 0, 8, 0, 0, 0, 1).raw(17, new byte[32]);
        assertEquals(DropReason.BAD_ICMP, six.fate(fromRouter(six).icmp(1, 3, 0, quote)));
    }

    @Test
    void extensionHeadersInTheQuoteAreSteppedOver() {
        var bench = new IpBench(6);
        byte[] quote = PacketBuilder.between(bench.own, bench.peer).extension(60, 0, 1, 4, 0, 0, 0, 0)
                .extension(44, 0, 0, 1, 0, 0, 0, 1).udp(1000, 2000, new byte[24]);
        assertNull(bench.fate(fromRouter(bench).icmp(1, 4, 0, quote)));
        IcmpError e = only(bench);
        assertEquals(17, e.protocol());
        assertArrayEquals(PacketBuilder.bytes(1000 >> 8, 1000, 2000 >> 8, 2000 & 0xff), Arrays.copyOf(e.quoted(), 4));
    }

    @Test
    void optionsInTheQuoteAreSteppedOver() {
        var bench = new IpBench(4);
        byte[] quote = PacketBuilder.between(bench.own, bench.peer).options(1, 1, 1, 1, 1).udp(1000, 2000, new byte[24]);
        assertNull(bench.fate(fromRouter(bench).icmp(3, 3, 0, quote)));
        assertEquals(1000, (only(bench).quoted()[0] & 0xff) << 8 | 1000 & 0xff);
    }

    @ParameterizedTest
    @CsvSource({
        // told MTU, length of our packet, what TCP hears; -1: the error is refused
        "1400,1500,1400", "68,1500,68", "20,1500,68", "1500,1500,-1", "9000,1500,-1", "1499,1500,1499",
        // an old router tells nothing: the next plateau below (RFC 1191 section 7.1)
        "0,1500,1492", "0,1492,1006", "0,1007,1006", "0,500,296", "0,100,68", "0,68,-1"})
    void ipv4MtusAreCheckedAgainstWhatWasSent(int told, int sent, int heard) {
        var bench = new IpBench(4);
        byte[] quote = Arrays.copyOf(ours(bench, sent - 40), 28);
        DropReason reason = bench.fate(fromRouter(bench).icmp(3, 4, 0xabcd0000 | told, quote));
        assertEquals(heard < 0 ? DropReason.BAD_ICMP : null, reason);
        if (heard > 0) {
            assertEquals(heard, only(bench).mtu());
        }
    }

    @ParameterizedTest
    @CsvSource({"1400,1500,1400", "1280,1500,1280", "1279,1500,-1", "0,1500,-1", "-1,1500,-1", "-2147483648,1500,-1",
        "1500,1500,-1", "1280,1280,-1"})
    void ipv6MtusAreCheckedAgainstWhatWasSentAndTheLeastThereIs(int told, int sent, int heard) {
        var bench = new IpBench(6);
        byte[] quote = Arrays.copyOf(ours(bench, sent - 60), 48);
        DropReason reason = bench.fate(fromRouter(bench).icmp(2, 0, told, quote));
        assertEquals(heard < 0 ? DropReason.BAD_ICMP : null, reason);
        if (heard > 0) {
            assertEquals(heard, only(bench).mtu());
        }
    }

    @Test
    void otherTypesAreIgnoredAndRedirectsCounted() {
        var four = new IpBench(4);
        for (int type = 0; type < 256; type++) {
            if (type != 3 && type != 8 && type != 11 && type != 12) {
                assertEquals(DropReason.ICMP_IGNORED, four.fate(fromRouter(four).icmp(type, 0, 0, ours(four, 8))), "type " + type);
            }
        }
        assertEquals(1, four.count("redirects-ignored"));
        var six = new IpBench(6);
        for (int type = 0; type < 256; type++) {
            if (type == 0 || type > 4 && type != 128) {
                assertEquals(DropReason.ICMP_IGNORED, six.fate(fromRouter(six).icmp(type, 0, 0, ours(six, 8))), "type " + type);
            }
        }
        assertEquals(1, six.count("redirects-ignored"));
        assertEquals(DropReason.ICMP_IGNORED, four.fate(fromRouter(four).icmp(3, 16, 0, ours(four, 8))), "unknown code");
        assertTrue(four.network.errors().isEmpty() && six.network.errors().isEmpty());
        assertTrue(four.nic.sent().isEmpty() && six.nic.sent().isEmpty());
    }
}
