package dev.millrace.cli.net;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ErrorCode;
import dev.millrace.PingEvent;
import dev.millrace.PingStatistics;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.SocketErrors;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.pcap.CaptureInterface;
import dev.millrace.wire.pcap.CapturedPacket;
import dev.millrace.wire.pcap.Direction;
import dev.millrace.wire.pcap.LinkType;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// How things look, without anything happening.
class ReportsTest {
    private static InetAddress address(String text) {
        return IpAddress.parse(text).toInetAddress();
    }

    // ---- ping

    @Test
    void pingLooksLikePing() {
        InetAddress a = address("10.0.0.1");
        assertEquals("64 bytes from 10.0.0.1: icmp_seq=3 ttl=55 time=0.045 ms",
                PingReport.line(new PingEvent.Reply(3, a, 64, 55, 45_400, false, true), false));
        assertEquals("64 bytes from fd00::1: icmp_seq=3 ttl=55 time=12.3 ms (DUP!) (wrong data)",
                PingReport.line(new PingEvent.Reply(3, address("fd00::1"), 64, 55, 12_345_678, true, false), false));
        assertEquals("From 10.0.0.1 icmp_seq=1 Time to live exceeded",
                PingReport.line(new PingEvent.Failed(1, a, IcmpError.Kind.TIME_EXCEEDED, 0), false));
        assertEquals("From fd00::1 icmp_seq=1 Packet too big: mtu=1280",
                PingReport.line(new PingEvent.Failed(1, address("fd00::1"), IcmpError.Kind.PACKET_TOO_BIG, 1280), false));
        assertEquals("", PingReport.line(new PingEvent.Unanswered(2), false));
        assertEquals("no answer for icmp_seq=2", PingReport.line(new PingEvent.Unanswered(2), true));
        assertEquals("millrace: icmp_seq=1 could not be sent: message too long, the path's MTU is 1500",
                PingReport.line(new PingEvent.NotSent(1, SocketErrors.of(ErrorCode.MESSAGE_TOO_LONG), 1500), false));
    }

    @Test
    void totalsLookLikePings() {
        var to = new Destination("gateway", address("10.0.0.1"));
        assertEquals("\n--- gateway ping statistics ---\n3 packets transmitted, 2 received, +1 duplicates, +1 errors, "
                + "33.3333% packet loss, time 2003ms\nrtt min/avg/max/mdev = 0.045/0.050/0.055/0.005 ms",
                PingReport.totals(to, new PingStatistics(3, 2, 1, 1, 45_000, 50_000, 55_000, 5_000), 2003));
        assertEquals("\n--- gateway ping statistics ---\n1 packets transmitted, 0 received, 100% packet loss, time 0ms",
                PingReport.totals(to, new PingStatistics(1, 0, 0, 0, 0, 0, 0, 0), 0));
    }

    // ---- trace

    @Test
    void aHopIsALine() {
        var a = new Tracer.Answer(IpAddress.parse("10.1.0.1"), 412_000, "", false, false);
        var b = new Tracer.Answer(IpAddress.parse("10.1.0.2"), 1_500_000, "!H", false, true);
        assertEquals(" 2  10.1.0.1  0.412 ms  *  10.1.0.2  1.500 ms !H",
                TraceReport.line(2, new Tracer.Answer[] {a, null, b}));
        assertEquals("12  10.1.0.1  0.412 ms  0.412 ms", TraceReport.line(12, new Tracer.Answer[] {a, a}));
        assertEquals("12  *  *  *", TraceReport.line(12, new Tracer.Answer[3]));
    }

    @ParameterizedTest
    @CsvSource({"UDP,10.0.0.1,10.0.0.9", "ICMP,10.0.0.1,10.0.0.9", "TCP,10.0.0.1,10.0.0.9", "UDP,fd00::1,fd00::9",
            "ICMP,fd00::1,fd00::9", "TCP,fd00::1,fd00::9"})
    void probesAreKnownAgain(TraceProbe.Kind kind, String local, String remote) {
        var probe = new TraceProbe(kind, IpAddress.parse(local), IpAddress.parse(remote), kind == TraceProbe.Kind.TCP ? 80
                : 33434,
                50_000, 60);
        for (int n : new int[] {0, 1, 89, 1000}) {
            byte[] bytes = probe.bytes(n);
            long pseudo = kind == TraceProbe.Kind.ICMP && probe.local().isV4() ? 0 : Checksum.pseudoHeader(probe.local().hi(),
                    probe.local().lo(), probe.remote().hi(), probe.remote().lo(), probe.protocol(), bytes.length);
            assertTrue(Checksum.isRight(pseudo + Checksum.sum(MemorySegment.ofArray(bytes), 0, bytes.length)), "checksum");
            // An error quotes eight bytes at least.
            byte[] quote = new byte[20];
            System.arraycopy(bytes, 0, quote, 12, 8);
            assertEquals(n, probe.quoted(quote, 12));
            assertEquals(-1, probe.quoted(quote, 13), "too short");
            // A reply has the ports the other way round, or another type.
            byte[] reply = bytes.clone();
            if (kind == TraceProbe.Kind.ICMP) {
                reply[0] = (byte) (probe.local().isV4() ? 0 : 129);
            } else {
                System.arraycopy(bytes, 0, reply, 2, 2);
                System.arraycopy(bytes, 2, reply, 0, 2);
            }
            assertEquals(n, probe.answered(reply));
        }
    }

    // ---- dump

    private static CapturedPacket packet(byte[] bytes, int linkType, long length) {
        return new CapturedPacket(new CaptureInterface("nic", "", linkType, 0), 0, 1_000_001_234L, Direction.INBOUND, length,
                bytes,
                List.of("a\u001bb"));
    }

    private static String dump(CapturedPacket p, boolean verbose, boolean hex) {
        return new DumpLines(ZoneOffset.UTC, verbose, hex).text(p, SourceOptions.facts(p));
    }

    @Test
    void aPacketIsALineOrSeveral() {
        byte[] ip = PacketBuilder.between("10.0.0.1", "10.0.0.2").udp(1000, 53, "hello, world".getBytes());
        byte[] frame = new byte[14 + ip.length];
        Arrays.fill(frame, 0, 12, (byte) 2);
        frame[12] = 8;
        System.arraycopy(ip, 0, frame, 14, ip.length);
        CapturedPacket p = packet(frame, LinkType.ETHERNET, frame.length);
        String line = dump(p, false, false);
        assertTrue(line.matches("00:00:01\\.000001 in  udp 10\\.0\\.0\\.1:1000 -> 10\\.0\\.0\\.2:53 len:12 .* \\[a\\?b\\]"),
                line);
        List<String> lines = dump(p, true, true).lines().toList();
        assertEquals("    ethernet 02:02:02:02:02:02 > 02:02:02:02:02:02, IPv4, 54 bytes", lines.get(1));
        assertTrue(lines.get(2).startsWith("    ip ttl 64, tos 0x00, id "), lines.get(2));
        assertEquals("    data 12 bytes", lines.get(3));
        assertEquals("    0x0000  0202 0202 0202 0202 0202 0202 0800 4500  ..............E.", lines.get(4));
        assertTrue(lines.getLast().endsWith(" world"), lines.getLast());
        assertEquals(8, lines.size());
        var json = DumpLines.json(p, SourceOptions.facts(p));
        assertEquals(53, json.get("destination_port").asInt());
        assertEquals("1970-01-01T00:00:01.000001234Z", json.get("time").asString());
    }

    @Property(tries = 2000)
    void anyBytesAreText(@ForAll byte[] bytes, @ForAll boolean ethernet) {
        CapturedPacket p = packet(bytes, ethernet ? LinkType.ETHERNET : LinkType.RAW, 0xffff_ffffL);
        String text = dump(p, true, true);
        assertFalse(text.chars().anyMatch(c -> c != '\n' && (c < 0x20 || c > 0x7e)), text);
        assertFalse(DumpLines.json(p, SourceOptions.facts(p)).isEmpty());
    }

    // ---- transfers

    @Test
    void quantitiesFitAColumn() {
        assertEquals(List.of("0 B", "9999 B", "10 kB", "9999 kB", "10.0 MB", "10.0 GB"),
                List.of(0L, 9999L, 10_000L, 9_999_999L, 10_000_000L, 10_000_000_000L).stream().map(Quantity::bytes).toList());
        assertEquals(List.of("8 b/s", "8.0 kb/s", "8.0 Mb/s", "8.00 Gb/s"),
                List.of(1.0, 1e3, 1e6, 1e9).stream().map(Quantity::rate).toList());
    }

    @Test
    void progressSaysHowFarItIs() {
        assertEquals("sent 20 kB, received 5000 B, 10 %, 160.0 kb/s", new Progress(null, 200_000).line(20_000, 5_000,
                1_000_000_000));
        assertEquals("sent 0 B, received 5000 B, 40.0 kb/s", new Progress(null, -1).line(0, 5_000, 1_000_000_000));
    }
}
