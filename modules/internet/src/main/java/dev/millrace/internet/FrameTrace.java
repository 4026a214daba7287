package dev.millrace.internet;

import dev.millrace.wire.pcap.CaptureInterface;
import dev.millrace.wire.pcap.Direction;
import dev.millrace.wire.pcap.InterfaceStatistics;
import dev.millrace.wire.pcap.LinkType;
import dev.millrace.wire.pcap.PcapngWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;

/// Writes frames that a program shows it to a pcapng file, on a thread of its own. Each is stamped with the time at which
/// it was shown; what finds the buffer full is left out and counted, and the file says how many those were.
///
/// Any thread may call any method.
public final class FrameTrace implements AutoCloseable {
    /// How many frames may wait to be written if nothing else is said.
    public static final int DEFAULT_BUFFER = 4096;

    private static final Snapshot END = new Snapshot(0, new byte[0], 0, null);

    private final int snapLength;
    private final BlockingQueue<Snapshot> waiting;
    private final OutputStream target;
    private final Clock clock;
    private final long startNs;
    private final LongAdder shown = new LongAdder();
    private final LongAdder missed = new LongAdder();
    private final AtomicBoolean closing = new AtomicBoolean();
    private final Thread writer;
    private volatile IOException failure;

    private record Snapshot(long epochNanos, byte[] bytes, int length, String comment) {
    }

    /// Writes to a file, which is replaced if it exists, with all bytes of each frame.
    ///
    /// @throws IOException if it cannot be made
    public FrameTrace(Path file) throws IOException {
        this(new BufferedOutputStream(Files.newOutputStream(file), 1 << 16), 0, DEFAULT_BUFFER);
    }

    /// Writes to a stream, which is closed with this.
    ///
    /// @param snapLength the bytes to keep of each frame; 0 means all
    /// @param buffer how many frames may wait to be written, at least 1
    public FrameTrace(OutputStream target, int snapLength, int buffer) {
        this(target, snapLength, buffer, Clock.systemUTC());
    }

    FrameTrace(OutputStream target, int snapLength, int buffer, Clock clock) {
        if (snapLength < 0 || buffer < 1) {
            throw new IllegalArgumentException("snapLength " + snapLength + ", buffer " + buffer);
        }
        this.target = target;
        this.snapLength = snapLength;
        this.clock = clock;
        waiting = new ArrayBlockingQueue<>(buffer);
        startNs = nanos(clock.instant());
        writer = Thread.ofPlatform().daemon().name("millrace-trace").start(this::writeAll);
    }

    private static long nanos(Instant instant) {
        return instant.getEpochSecond() * 1_000_000_000L + instant.getNano();
    }

    /// Records a frame, which stays the caller's.
    public void record(Frame frame) {
        record(frame, null);
    }

    /// Records a frame with a remark, such as what becomes of it; `null` for none.
    public void record(Frame frame, String comment) {
        shown.increment();
        if (closing.get() || failure != null) {
            missed.increment();
            return;
        }
        byte[] bytes = frame.bytes();
        byte[] kept = snapLength > 0 && bytes.length > snapLength ? Arrays.copyOf(bytes, snapLength) : bytes;
        if (!waiting.offer(new Snapshot(nanos(clock.instant()), kept, bytes.length, comment))) {
            missed.increment();
        }
    }

    /// How many frames are not in the file: for lack of room, after a failure, or after the end.
    public long dropped() {
        return missed.sum();
    }

    private void writeAll() {
        try (var pcapng = new PcapngWriter(target, "Millrace, a simulated Internet")) {
            int id = pcapng.addInterface(new CaptureInterface("internet", "packets in flight", LinkType.RAW, snapLength));
            pcapng.flush();
            Snapshot s;
            while ((s = waiting.take()) != END) {
                pcapng.packet(id, s.epochNanos(), Direction.UNKNOWN, s.bytes(), s.length(), s.comment());
            }
            pcapng.statistics(id, startNs, new InterfaceStatistics(nanos(clock.instant()), shown.sum(), missed.sum(), ""));
        } catch (IOException e) {
            fail(e);
        } catch (InterruptedException e) {
            fail(new IOException("interrupted", e));
        } catch (RuntimeException e) {
            fail(new IOException(e));
        }
    }

    private void fail(IOException e) {
        failure = e;
        // What waits now is lost.
        missed.add(waiting.size());
        waiting.clear();
    }

    /// Writes what waits, and closes the stream. Further calls do nothing.
    ///
    /// @throws IOException if the stream failed, now or before
    @Override
    public void close() throws IOException {
        if (!closing.compareAndSet(false, true)) {
            return;
        }
        try {
            while (writer.isAlive() && !waiting.offer(END, 10, java.util.concurrent.TimeUnit.MILLISECONDS)) {
                // The writer makes room, or has failed and ends.
                Thread.onSpinWait();
            }
            writer.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
        if (failure != null) {
            throw new IOException("the trace failed: " + failure.getMessage(), failure);
        }
    }
}
