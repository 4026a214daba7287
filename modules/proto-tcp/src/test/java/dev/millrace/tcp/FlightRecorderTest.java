package dev.millrace.tcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpSocket;
import dev.millrace.tcp.engine.TcpConnection;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What Java Flight Recorder is told.
class FlightRecorderTest extends TwoFaultyStacks {
    @TempDir
    Path folder;

    interface Scene {
        void play() throws Exception;
    }

    private List<RecordedEvent> record(Scene scene) throws Exception {
        Path file = folder.resolve("r.jfr");
        try (var recording = new Recording()) {
            for (String name : List.of("TcpState", "TcpRecovery", "TcpTimeout", "TcpSample")) {
                recording.enable("dev.millrace." + name);
            }
            recording.start();
            scene.play();
            recording.stop();
            recording.dump(file);
        }
        // A recording has them as buffers were written to it.
        return RecordingFile.readAllEvents(file).stream().sorted(Comparator.comparing(RecordedEvent::getStartTime)).toList();
    }

    private static List<RecordedEvent> of(List<RecordedEvent> all, String name, String local) {
        return all.stream().filter(e -> e.getEventType().getName().equals("dev.millrace." + name)
                && e.getString("local").startsWith(local)).toList();
    }

    private static List<String> steps(List<RecordedEvent> all, String name, String local) {
        return of(all, name, local).stream().map(e -> e.getString("from") + " " + e.getString("to")).toList();
    }

    @Test
    void theLifeOfAConnection() throws Exception {
        List<RecordedEvent> all = record(() -> {
            TcpSocket client = connected();
            TcpSocket server = listener.tryAccept();
            client.write(ByteBuffer.allocate(100));
            pass(10);
            server.tryRead(ByteBuffer.allocate(100));
            client.close();
            pass(10);
            server.close();
            pass(10);
        });
        assertEquals(List.of("CLOSED SYN_SENT", "SYN_SENT ESTABLISHED", "ESTABLISHED FIN_WAIT_1", "FIN_WAIT_1 FIN_WAIT_2",
                "FIN_WAIT_2 TIME_WAIT"), steps(all, "TcpState", "10.0.0.1:"));
        assertEquals(List.of("CLOSED ESTABLISHED", "ESTABLISHED CLOSE_WAIT", "CLOSE_WAIT LAST_ACK", "LAST_ACK CLOSED"),
                steps(all, "TcpState", "10.0.0.2:80"));
        RecordedEvent first = of(all, "TcpState", "10.0.0.1:").getFirst();
        assertEquals("faulty 10.0.0.2:80 null", first.getString("stack") + " " + first.getString("remote") + " "
                + first.getString("error"));
        RecordedEvent sample = of(all, "TcpSample", "10.0.0.1:").getFirst();
        assertTrue(sample.getLong("cwnd") > 10_000);
        // A handshake of 2 ms, and an acknowledgement that may have waited.
        long srtt = sample.getDuration("srtt").toNanos();
        assertTrue(srtt >= 2 * MS && srtt < 50 * MS, "srtt " + srtt);
    }

    @Test
    void lossesAndTimeouts() throws Exception {
        List<RecordedEvent> all = record(() -> {
            TcpSocket client = connected();
            a.lost = a.following(1);
            client.write(ByteBuffer.allocate(100_000));
            pass(500);
            a.lost = a.following(6);
            client.write(ByteBuffer.allocate(10));
            pass(2_000);
            client.abort();
            pass(10);
        });
        List<String> steps = steps(all, "TcpRecovery", "10.0.0.1:");
        assertEquals(List.of("OPEN SACK_RECOVERY", "SACK_RECOVERY OPEN", "OPEN RTO_RECOVERY"), steps.subList(0, 3));
        RecordedEvent begins = of(all, "TcpRecovery", "10.0.0.1:").getFirst();
        assertTrue(begins.getLong("lost") > 0 && begins.getLong("cwnd") > 0 && begins.getLong("inFlight") > 0);
        List<RecordedEvent> timeouts = of(all, "TcpTimeout", "10.0.0.1:");
        assertTrue(timeouts.size() >= 2, "" + timeouts);
        assertEquals(1, timeouts.get(0).getInt("retransmissions"));
        assertEquals(2, timeouts.get(1).getInt("retransmissions"));
        assertTrue(timeouts.get(1).getDuration("rto").compareTo(timeouts.get(0).getDuration("rto")) > 0);
        assertEquals(10, timeouts.get(0).getLong("inFlight"));
    }

    @Test
    void theErrorOfAConnectionThatFails() throws Exception {
        List<RecordedEvent> all = record(() -> {
            TcpSocket client = connected();
            listener.tryAccept().abort();
            pass(10);
            client.abort();
        });
        RecordedEvent last = of(all, "TcpState", "10.0.0.1:").getLast();
        assertEquals("ESTABLISHED CLOSED CONNECTION_RESET", last.getString("from") + " " + last.getString("to") + " "
                + last.getString("error"));
    }

    /// A hundred a second of the wall clock, and the scene takes less than one.
    @Test
    void samplesAreFewHoweverManyAcknowledgementsThereAre() throws Exception {
        List<RecordedEvent> all = record(() -> {
            TcpSocket client = connected();
            TcpSocket server = listener.tryAccept();
            ByteBuffer sink = ByteBuffer.allocate(1 << 16);
            for (int i = 0; i < 3_000; i++) {
                client.write(ByteBuffer.allocate(1000));
                pass(3);
                server.tryRead(sink.clear());
            }
            client.abort();
        });
        long samples = all.stream().filter(e -> e.getEventType().getName().equals("dev.millrace.TcpSample")).count();
        assertTrue(samples > 0 && samples < 2_000, "samples " + samples);
        assertTrue(all.stream().allMatch(e -> e.getStackTrace() == null));
    }

    /// By reflection, since the module under test does not read `jdk.management`.
    private static long allocatedBytes() throws ReflectiveOperationException {
        Object bean = Class.forName("java.lang.management.ManagementFactory").getMethod("getThreadMXBean").invoke(null);
        return (long) Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes").invoke(bean);
    }

    @Test
    void nothingIsMadeWhileNobodyRecords() throws Exception {
        connected();
        var connection = new ConnectionEndpoint[1];
        a.tcp.endpoints.forEach(e -> connection[0] = (ConnectionEndpoint) e);
        int now = connection[0].wakeups.status();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 20; round++) {
            long before = allocatedBytes();
            for (int i = 0; i < 10_000; i++) {
                TcpRecorder.onRest(connection[0], now, now, TcpConnection.EVENT_PROGRESS, i);
            }
            least = Math.min(least, allocatedBytes() - before);
        }
        // The question itself takes a thousand.
        assertTrue(least < 5_000, least + " bytes for 10 000 calls");
    }
}
