package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Capture;
import dev.millrace.CaptureRequest;
import dev.millrace.TcpListener;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// ECN (RFC 3168) between a stack and a kernel that asks for it, with an iptables that marks what a congested router would.
@Timeout(120)
class TunMarksTest {
    private static final byte[] DATA = new byte[3_000_000];

    private static TunLab lab() throws Exception {
        TunLab lab = new TunLab(Map.of("offload", "false"), true, false, "tshark", "socat", "iptables", "sysctl");
        lab.sh("sysctl -qw net.ipv4.tcp_ecn=1");
        return lab;
    }

    private static Capture capture(TunLab lab, Path pcap) throws Exception {
        return lab.stack.capture(new CaptureRequest(new CaptureRequest.File(pcap), List.of(), 0, 65536));
    }

    /// How many packets of the capture fit a filter.
    private static int count(Path pcap, TunLab lab, String filter) throws Exception {
        return Integer.parseInt(lab.sh("tshark -r " + pcap + " -Y '" + filter + "' 2>/dev/null | wc -l").strip());
    }

    @Test
    void aKernelThatAsksGetsItAndOneThatDoesNotDoesNot() throws Exception {
        try (TunLab lab = lab()) {
            Path pcap = lab.folder().resolve("seen.pcapng");
            try (var capture = capture(lab, pcap); TcpListener echo = lab.echo(5000)) {
                assertTrue(echo.isOpen());
                assertEquals("asks", lab.sh("printf asks | socat -t 20 - TCP4:10.0.0.2:5000"));
                lab.sh("sysctl -qw net.ipv4.tcp_ecn=0");
                assertEquals("does not", lab.sh("printf 'does not' | socat -t 20 - TCP4:10.0.0.2:5000"));
            }
            assertEquals(1, count(pcap, lab, "tcp.flags == 0x0c2"));
            assertEquals(1, count(pcap, lab, "tcp.flags == 0x052"), "SYN, ACK and ECE");
            assertEquals(1, count(pcap, lab, "tcp.flags == 0x012"));
            assertEquals(1, count(pcap, lab, "ip.src == 10.0.0.2 && tcp.len > 0 && ip.dsfield.ecn == 2"), "our data of the first");
            assertEquals(0, count(pcap, lab, "ip.src == 10.0.0.2 && tcp.len == 0 && ip.dsfield.ecn != 0"), "no acknowledgement");
        }
    }

    /// Marks on what the kernel sends are echoed by us until it says CWR; marks on what we send are echoed by the kernel, and
    /// we reduce, say so, and send nothing again.
    @ParameterizedTest
    @CsvSource({"kernel", "stack"})
    void marksAreHeard(String sender) throws Exception {
        try (TunLab lab = lab()) {
            Path pcap = lab.folder().resolve("seen.pcapng");
            boolean ours = sender.equals("stack");
            // Every 50th packet that may be marked is.
            lab.sh("iptables -t mangle -A " + (ours ? "PREROUTING -i" : "POSTROUTING -o") + " t0 -p tcp -m tos --tos 2/3 "
                    + "-m statistic --mode nth --every 50 --packet 0 -j TOS --set-tos 3/3");
            Path got = lab.folder().resolve("got");
            try (var capture = capture(lab, pcap); TcpListener source = lab.serve(5001, s -> {
                try (OutputStream out = s.outputStream()) {
                    out.write(DATA);
                }
            }); TcpListener sink = lab.serve(5002, s -> s.inputStream().readAllBytes())) {
                assertTrue(source.isOpen() && sink.isOpen());
                if (ours) {
                    lab.sh("socat -u TCP4:10.0.0.2:5001 CREATE:" + got);
                    assertEquals(DATA.length, Files.size(got));
                } else {
                    Files.write(got, DATA);
                    lab.sh("socat -u OPEN:" + got + " TCP4:10.0.0.2:5002");
                }
            }
            String peer = ours ? "10.0.0.1" : "10.0.0.2";
            String self = ours ? "10.0.0.2" : "10.0.0.1";
            assertTrue(count(pcap, lab, "ip.src == " + peer + " && tcp.flags.syn == 0 && tcp.flags.ece == 1") > 3, "echoes");
            assertTrue(count(pcap, lab, "ip.src == " + self + " && tcp.flags.syn == 0 && tcp.flags.cwr == 1") > 3, "reductions");
            if (ours) {
                assertEquals(0, count(pcap, lab, "ip.src == 10.0.0.2 && tcp.analysis.retransmission"));
            } else {
                assertTrue(count(pcap, lab, "ip.src == 10.0.0.1 && ip.dsfield.ecn == 3") > 10, "marks");
            }
        }
    }
}
