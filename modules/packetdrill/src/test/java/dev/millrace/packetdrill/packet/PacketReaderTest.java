package dev.millrace.packetdrill.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.packetdrill.packet.PacketReader.BrokenPacketException;
import dev.millrace.packetdrill.script.IpInfo;
import dev.millrace.packetdrill.script.PacketBody;
import dev.millrace.packetdrill.script.TcpOption;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is written is read again, and no bit of it may be another.
class PacketReaderTest {
    private static final List<TcpOption> OPTIONS = List.of(new TcpOption.Mss(1460), new TcpOption.SackPermitted(),
            new TcpOption.Timestamps(-5, 77), new TcpOption.Nop(), new TcpOption.WindowScale(7), new TcpOption.Sack(List.of(1, 2)),
            new TcpOption.Bytes(253, "abcd"), new TcpOption.End(), new TcpOption.End());

    private static Flow flow(int version) {
        return version == 4 ? new Flow(IpAddress.parse("192.168.0.1"), 8080, IpAddress.parse("192.0.2.1"), 1001)
                : new Flow(IpAddress.parse("fd00::1"), 8080, IpAddress.parse("2001:db8::1"), 1001);
    }

    private static byte[] segment(int version) {
        var tcp = new PacketBody.Tcp(null, TcpHeader.PSH | TcpHeader.ACK | TcpHeader.URG, new PacketBody.Sequence(1000, 33), 5, 4000, 9, OPTIONS);
        return PacketWriter.tcp(flow(version), new IpInfo(IpInfo.Ecn.CE, -1, 77, 5), tcp,
                PacketWriter.options(OPTIONS, echo -> echo + 1, seq -> seq + 10));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void segmentsAreReadAsTheyWereWritten(int version) throws Exception {
        LivePacket p = PacketReader.read(segment(version));
        Flow f = flow(version);
        assertEquals(f.remote(), p.source());
        assertEquals(f.local(), p.destination());
        assertEquals(3, p.trafficClass());
        assertEquals(77, p.ttl());
        assertEquals(version == 4 ? 0 : 5, p.flowLabel());
        var t = (LivePacket.Tcp) p.body();
        assertEquals(1001, t.sourcePort());
        assertEquals(1000, t.seq());
        assertEquals(5, t.ack());
        assertEquals(4000, t.window());
        assertEquals(9, t.urgent());
        assertEquals(33, t.length());
        assertTrue(PacketReader.isZero(t.payload()));
        assertEquals(new TcpOption.Timestamps(-5, 78), t.timestamps());
        assertEquals(new TcpOption.Sack(List.of(11, 12)), t.options().get(5));
        assertEquals(OPTIONS.size(), t.options().size());
    }

    /// RFC 9293 MUST-2 and 3, and IP's own checks. What IPv6 leaves without a checksum may be anything.
    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void noBitMayBeAnother(int version) throws Exception {
        byte[] right = segment(version);
        for (int bit = 0; bit < 8 * right.length; bit++) {
            byte[] wrong = right.clone();
            wrong[bit / 8] ^= (byte) (0x80 >>> bit % 8);
            boolean unprotected = version == 6 && (bit >= 4 && bit < 32 || bit / 8 == 7);
            if (unprotected) {
                PacketReader.read(wrong);
            } else if (version == 6 && bit / 8 == 6) {
                // Another protocol may have no checksum.
                readOrRefuse(wrong);
            } else {
                assertThrows(BrokenPacketException.class, () -> PacketReader.read(wrong), "bit " + bit);
            }
        }
    }

    private static void readOrRefuse(byte[] bytes) {
        try {
            PacketReader.read(bytes);
        } catch (BrokenPacketException e) {
            assertTrue(e.getMessage().startsWith("its ") || e.getMessage().startsWith("the "), e::getMessage);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void noPartMayBeMissing(int version) {
        byte[] right = segment(version);
        for (int n = 0; n < right.length; n++) {
            byte[] cut = Arrays.copyOf(right, n);
            assertThrows(BrokenPacketException.class, () -> PacketReader.read(cut), n + " bytes");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 6})
    void datagramsAndMessages(int version) throws Exception {
        var udp = PacketReader.read(PacketWriter.udp(flow(version), IpInfo.NONE, new PacketBody.Udp(null, 7)));
        assertEquals(7, udp.body().length());
        byte[] icmp = PacketWriter.icmp(flow(version), IpInfo.NONE, new PacketBody.Icmp(null, "echo_request", null, "", -1, 9,
                new PacketBody.Quoted(PacketBody.Quoted.Kind.RAW, null, 30)));
        var message = (LivePacket.Icmp) PacketReader.read(icmp).body();
        assertEquals(version == 4 ? 8 : 128, message.type());
        assertEquals(9, message.word() >>> 16);
        icmp[icmp.length - 1] = 1;
        assertThrows(BrokenPacketException.class, () -> PacketReader.read(icmp));
    }

    @Test
    void padsWithZerosOnly() throws Exception {
        var tcp = new PacketBody.Tcp(null, TcpHeader.ACK, new PacketBody.Sequence(1, 0), 5, 4000, -1, List.of());
        byte[] packet = PacketWriter.tcp(flow(4), IpInfo.NONE, tcp, new byte[] {1, 0, 0, 0});
        assertEquals(List.of(new TcpOption.Nop(), new TcpOption.End(), new TcpOption.End(), new TcpOption.End()),
                ((LivePacket.Tcp) PacketReader.read(packet).body()).options());
        byte[] padded = PacketWriter.tcp(flow(4), IpInfo.NONE, tcp, new byte[] {1, 0, 0, 1});
        assertThrows(BrokenPacketException.class, () -> PacketReader.read(padded));
        byte[] overrun = PacketWriter.tcp(flow(4), IpInfo.NONE, tcp, new byte[] {2, 40, 0, 0});
        assertThrows(BrokenPacketException.class, () -> PacketReader.read(overrun));
    }
}
