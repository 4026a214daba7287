package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.CaptureRequest;
import dev.millrace.DropReason;
import dev.millrace.testkit.Programs;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The capture that a fixed sequence of packets gives, byte by byte and as Wireshark's dissectors see it.
class CaptureTsharkTest {
    private static final long T0 = 1_700_000_000_123_456_789L;

    @TempDir
    Path folder;

    @Test
    void theGoldenCaptureIsWrittenByteForByte() throws IOException {
        Path file = capture();
        // -Dmillrace.golden=src/test/resources/pcap writes it anew; look at it with Wireshark before committing it.
        if (System.getProperty("millrace.golden") != null) {
            Files.copy(file, Path.of(System.getProperty("millrace.golden"), "golden.pcapng"),
                    StandardCopyOption.REPLACE_EXISTING);
        }
        try (InputStream golden = getClass().getResourceAsStream("/pcap/golden.pcapng")) {
            assertArrayEquals(golden.readAllBytes(), Files.readAllBytes(file));
        }
    }

    @Test
    void tsharkSeesInterfacesDirectionsTimesCommentsAndNothingMalformed() throws Exception {
        Path file = capture();
        assertEquals(List.of(
                "lab/wan|1700000000.123456789|0x00000001||SYN",
                "lab/wan|1700000000.123456790|0x00000002||",
                "lab/wan|1700000000.123456791|0x00000001|dropped: no socket|PSH",
                "lab/lan|1700000000.123456792|0x00000002|dropped: link queue is full|",
                "lab/lan|1700000000.123456793|0x00000001||PSH"),
                tshark(file, "-T", "fields", "-E", "separator=|", "-e", "frame.interface_name", "-e",
                        "frame.time_epoch", "-e", "frame.packet_flags", "-e", "frame.comment", "-e", "tcp.flags.str")
                        .stream().map(l -> l.replaceAll("·+S·+$|·+S·*$", "SYN").replaceAll("·+AP·*$", "PSH"))
                        .toList());
        assertEquals(List.of(), tshark(file, "-Y", "_ws.malformed || _ws.short"));
        // 1 is good, in Wireshark's numbers.
        assertEquals(List.of("1|", "|1", "1|", "|1", "1|"), tshark(file, "-o", "tcp.check_checksum:TRUE", "-o",
                "udp.check_checksum:TRUE", "-T", "fields", "-E", "separator=|", "-e", "tcp.checksum.status", "-e",
                "udp.checksum.status"));
        String blocks = String.join("\n", tshark(file, "-X", "read_format:MIME Files Format", "-V"));
        assertTrue(blocks.contains("drops: no-socket=1 too-big=1"), blocks);
        assertTrue(blocks.contains("Millrace, stack lab"), blocks);
        assertFalse(blocks.contains("Malformed"), blocks);
    }

    private Path capture() throws IOException {
        Path file = folder.resolve("golden.pcapng");
        CaptureSession session = CaptureSessionTest.open(new CaptureRequest(new CaptureRequest.File(file), List.of(),
                0, 16), CaptureSessionTest.STOPPED, true);
        show(session, CaptureSessionTest.WAN, CapturePackets.tcp(true), false, T0, null);
        show(session, CaptureSessionTest.WAN, CapturePackets.udp(), true, T0 + 1, null);
        show(session, CaptureSessionTest.WAN, CapturePackets.tcp(false), false, T0 + 2, DropReason.NO_SOCKET);
        show(session, CaptureSessionTest.LAN, CapturePackets.ethernet(CapturePackets.udp()), true, T0 + 3,
                DropReason.LINK_QUEUE_FULL);
        show(session, CaptureSessionTest.LAN, CapturePackets.ethernet(CapturePackets.tcp(false)), false, T0 + 4, null);
        session.close();
        return file;
    }

    private static void show(CaptureSession session, TappedNic nic, Packet packet, boolean outbound, long nanos,
            DropReason reason) {
        if (outbound && reason != null) {
            session.packetDropped(nic, packet, true, reason.text(), nanos);
        } else {
            session.packet(nic, packet, outbound, nanos);
            packet.closeCapture(reason == null ? null : reason.text());
        }
        packet.release();
    }

    private static List<String> tshark(Path file, String... arguments) throws Exception {
        String missing = Programs.missing("tshark").orElse(null);
        assumeTrue(missing == null, missing);
        var command = new ArrayList<>(List.of("tshark", "-r", file.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(20, TimeUnit.SECONDS), "tshark does not end");
        assertEquals(0, process.exitValue(), out);
        return out.lines().map(String::stripTrailing).toList();
    }
}
