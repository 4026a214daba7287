package dev.millrace.stack;

import dev.millrace.Capture;
import dev.millrace.CaptureRequest;
import dev.millrace.spi.Clock;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.pcap.InterfaceStatistics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Supplier;

/// A running capture: the tap that copies packets into a ring, and whoever writes them from there.
///
/// The data path claims a slot, copies, publishes; it takes no lock, waits for nobody and, once every slot was used,
/// allocates nothing. A packet that finds the ring full is counted as missed. Inbound packets carry their slot's
/// verdict with them, so that the record can say why a packet was dropped; it waits for that, but not for long.
final class CaptureSession implements PacketTap, Capture {
    /// How long the writer lets an open record hold up those behind it.
    static final long PATIENCE_NS = TimeUnit.MILLISECONDS.toNanos(50);
    /// How long closing waits for a target that takes no data.
    private static final long CLOSE_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(5);

    private final List<TappedNic> nics;
    /// By the id of a NIC: its place in `nics`, or -1.
    private final int[] places;
    private final int keep;
    private final Clock clock;
    private final Supplier<Map<String, Long>> dropCounters;
    private final CaptureOutput output;
    private final CaptureHub hub;
    private final CaptureRing ring;
    private final long startNanos;

    /// By place; what passed, and what of it is not in the capture.
    private final AtomicLongArray received;
    private final AtomicLongArray missedPackets;
    private volatile long recordedPackets;

    /// `null` in a manual stack.
    private final CaptureThread thread;
    /// Held by whoever drains in a manual stack.
    private final AtomicBoolean draining = new AtomicBoolean();
    private final AtomicBoolean closing = new AtomicBoolean();
    private volatile IOException failure;

    // Of the drainer alone: records written or given up, the wait that goes on, and the first record not part of it.
    private long drained;
    private long waitStart;
    private long waitEnd;

    /// Opens the target and begins.
    ///
    /// @param stackName who captures, for the file and for thread names
    /// @param nics all NICs of the stack; those that the request does not name are ignored
    /// @param clock the stack's
    /// @param manual whether to work without a thread: records are written in order on the thread that completes them
    /// @param dropCounters the stack's counts by drop reason, asked once, when the capture closes
    /// @throws IOException if the file or the port cannot be opened
    /// @throws IllegalArgumentException if the request names a NIC that there is not
    static CaptureSession open(CaptureRequest request, String stackName, List<TappedNic> nics, Clock clock,
            boolean manual, Supplier<Map<String, Long>> dropCounters) throws IOException {
        List<TappedNic> captured = select(request, nics);
        CaptureHub hub = request.target() instanceof CaptureRequest.Listen listen
                ? new CaptureHub(listen.address(), stackName) : null;
        CaptureOutput output = switch (request.target()) {
            case CaptureRequest.File file ->
                    pcapng(Files.newOutputStream(file.path()), stackName, captured, request);
            case CaptureRequest.Stream stream -> pcapng(stream.stream(), stackName, captured, request);
            case CaptureRequest.Listen _ -> {
                var preamble = new ByteArrayOutputStream();
                pcapng(preamble, stackName, captured, request);
                hub.start(preamble.toByteArray());
                yield pcapng(hub, stackName, captured, request);
            }
            case CaptureRequest.Lines lines -> new CaptureLines(lines.lines(), lines.timestamps());
        };
        try {
            var session = new CaptureSession(request, stackName, captured, clock, manual, dropCounters, output, hub);
            if (!manual) {
                session.thread.start();
            }
            return session;
        } catch (Throwable t) {
            // No memory for the ring, or no thread: the target is open, and nobody else will close it.
            output.abort();
            throw t;
        }
    }

    private static CaptureOutput pcapng(OutputStream target, String stackName, List<TappedNic> nics,
            CaptureRequest request) throws IOException {
        try {
            return new CapturePcapng(target, stackName, nics, request.snapLength());
        } catch (IOException e) {
            target.close();
            throw e;
        }
    }

    private static List<TappedNic> select(CaptureRequest request, List<TappedNic> nics) {
        for (String name : request.nics()) {
            if (nics.stream().noneMatch(n -> n.name().equals(name))) {
                throw new IllegalArgumentException("no NIC \"" + name + "\" to capture; there are "
                        + nics.stream().map(TappedNic::name).toList());
            }
        }
        return request.nics().isEmpty() ? List.copyOf(nics)
                : nics.stream().filter(n -> request.nics().contains(n.name())).toList();
    }

    private CaptureSession(CaptureRequest request, String stackName, List<TappedNic> nics, Clock clock, boolean manual,
            Supplier<Map<String, Long>> dropCounters, CaptureOutput output, CaptureHub hub) {
        this.nics = nics;
        this.clock = clock;
        this.dropCounters = dropCounters;
        this.output = output;
        this.hub = hub;
        places = new int[nics.stream().mapToInt(TappedNic::id).max().orElse(-1) + 1];
        Arrays.fill(places, -1);
        for (int i = 0; i < nics.size(); i++) {
            places[nics.get(i).id()] = i;
        }
        keep = request.snapLength() == 0 ? CaptureRing.MAX_KEPT : Math.min(request.snapLength(), CaptureRing.MAX_KEPT);
        ring = new CaptureRing(request.bufferPackets(), request.snapLength(), this);
        received = new AtomicLongArray(nics.size());
        missedPackets = new AtomicLongArray(nics.size());
        startNanos = clock.epochNanos();
        thread = manual ? null : new CaptureThread(this, ring, stackName);
    }

    // ---- the data path

    @Override
    public void packet(TappedNic nic, Packet packet, boolean outbound, long epochNanos) {
        record(nic, packet, outbound, null, epochNanos);
    }

    @Override
    public void packetDropped(TappedNic nic, Packet packet, boolean outbound, String reason, long epochNanos) {
        record(nic, packet, outbound, reason, epochNanos);
    }

    private void record(TappedNic nic, Packet packet, boolean outbound, String dropReason, long epochNanos) {
        int place = nic.id() < places.length ? places[nic.id()] : -1;
        if (place < 0 || closing.getAcquire()) {
            return;
        }
        received.getAndIncrement(place);
        if (failure != null) {
            missedPackets.getAndIncrement(place);
            return;
        }
        if (!output.isWanted()) {
            return;
        }
        int length = packet.length();
        int kept = Math.min(length, keep);
        CaptureRing.Slot slot = ring.claim(kept);
        if (slot == null && thread == null) {
            drain(true);
            slot = ring.claim(kept);
        }
        if (slot == null) {
            missedPackets.getAndIncrement(place);
            return;
        }
        slot.nic = nic;
        slot.outbound = outbound;
        slot.dropReason = dropReason;
        slot.epochNanos = epochNanos;
        slot.originalLength = length;
        slot.awaitsVerdict = false;
        slot.broken = true;
        try {
            CaptureChecksum.note(packet, slot);
            packet.copyTo(0, ring.memory(), slot.at, kept);
            if (!outbound && dropReason == null) {
                slot.verdict.open(packet.detachCapture());
                packet.setCaptureRecord(slot.verdict);
                slot.awaitsVerdict = true;
            }
            slot.broken = false;
        } finally {
            // A claimed slot that is never published would hold up all that come after it.
            ring.publish(slot);
        }
        if (thread != null) {
            thread.published();
        } else {
            drain(false);
        }
    }

    /// A packet's end has become known. The thread looks by itself; without one, this may be what a record waited for.
    void verdictGiven() {
        if (thread == null) {
            try {
                drain(false);
            } catch (Throwable t) {
                // Whoever ends the packet must not hear of it. What was not written has its turn with the next.
                fail(t);
            }
        }
    }

    // ---- writing; one thread at a time

    /// In a manual stack: writes all records up to the first that waits for its verdict.
    ///
    /// @param makeRoom whether to write the first even if it waits
    private void drain(boolean makeRoom) {
        boolean force = makeRoom;
        // Whoever finds another one draining, or is called from within, leaves its records to that one.
        while (ring.head() != null && draining.compareAndSet(false, true)) {
            int n;
            try {
                n = drainReady(force);
            } finally {
                draining.set(false);
            }
            if (n == 0) {
                return;
            }
            force = false;
        }
    }

    /// Writes records up to the first that still waits, and hands them on. Returns how many there were.
    ///
    /// @param force whether to write the first even if it waits
    int drainReady(boolean force) {
        int n = 0;
        for (CaptureRing.Slot s = ring.head(); s != null && (n == 0 && force || !mustWait(s)); s = ring.head()) {
            write(s);
            ring.free(s);
            drained++;
            n++;
        }
        if (n > 0 && failure == null) {
            try {
                output.flush();
            } catch (IOException e) {
                fail(e);
            } catch (RuntimeException | Error e) {
                fail(new IOException("the capture's target failed: " + e, e));
            }
        }
        return n;
    }

    private boolean mustWait(CaptureRing.Slot slot) {
        if (!slot.awaitsVerdict || slot.verdict.isClosed()) {
            return false;
        }
        if (thread == null) {
            return true;
        }
        if (ring.isHalfFull()) {
            return false;
        }
        long now = clock.nanoTime();
        if (drained >= waitEnd) {
            // One wait serves all records that are in the ring when it begins.
            waitStart = now;
            waitEnd = drained + ring.waiting();
        }
        return now - waitStart < PATIENCE_NS;
    }

    private void write(CaptureRing.Slot slot) {
        String dropReason = slot.dropReason;
        if (slot.awaitsVerdict) {
            if (slot.verdict.isClosed()) {
                dropReason = slot.verdict.dropReason();
            } else {
                // The packet still holds the old one and may close it much later.
                slot.verdict = new CaptureVerdict(this);
            }
        }
        int place = places[slot.nic.id()];
        if (failure == null && !slot.broken) {
            try {
                CaptureChecksum.complete(slot, ring.memory());
                output.packet(place, slot, ring.memory(), dropReason);
                recordedPackets = recordedPackets + 1;
                return;
            } catch (IOException e) {
                fail(e);
            } catch (RuntimeException | Error e) {
                // From a consumer or a stream of the program's own; the data path must not hear of it.
                fail(new IOException("the capture's target failed: " + e, e));
            }
        }
        missedPackets.getAndIncrement(place);
    }

    /// Ends the capture because of something that was thrown where only IOExceptions are expected.
    void fail(Throwable t) {
        try {
            fail(new IOException("the capture failed: " + t, t));
        } catch (Throwable noMemory) {
            // It goes on, as far as it can.
            return;
        }
    }

    private void fail(IOException e) {
        if (failure == null) {
            failure = e;
        }
    }

    /// Writes the last word and closes the target.
    void finish() {
        try {
            String drops = dropText(dropCounters.get());
            long now = clock.epochNanos();
            var statistics = new ArrayList<InterfaceStatistics>();
            for (int i = 0; i < nics.size(); i++) {
                statistics.add(new InterfaceStatistics(now, received.get(i), missedPackets.get(i), drops));
            }
            if (failure == null) {
                output.finish(startNanos, statistics);
            } else {
                output.abort();
            }
        } catch (IOException e) {
            fail(e);
        } catch (RuntimeException | Error e) {
            fail(new IOException("the capture's target failed: " + e, e));
        }
    }

    private static String dropText(Map<String, Long> counters) {
        var text = new StringBuilder("drops:");
        new TreeMap<>(counters).forEach((reason, count) -> {
            if (count != 0) {
                text.append(' ').append(reason).append('=').append(count);
            }
        });
        return text.length() == 6 ? "drops: none" : text.toString();
    }

    // ---- the program's side

    @Override
    public long recorded() {
        return recordedPackets;
    }

    @Override
    public long missed() {
        long sum = 0;
        for (int i = 0; i < nics.size(); i++) {
            sum += missedPackets.get(i);
        }
        return sum;
    }

    /// Where it listens, if its target is a port, else `null`.
    InetSocketAddress listenAddress() {
        return hub == null ? null : hub.address();
    }

    /// Its port's clients, if its target is a port, else `null`.
    CaptureHub hub() {
        return hub;
    }

    boolean isClosing() {
        return closing.get();
    }

    @Override
    public void close() throws IOException {
        if (!closing.compareAndSet(false, true)) {
            if (thread != null && !thread.isCurrent()) {
                thread.join(CLOSE_TIMEOUT_NS);
            }
            return;
        }
        if (thread == null) {
            while (ring.head() != null && drainAllOf()) {
                // Until nothing is left.
            }
            finish();
        } else if (thread.isCurrent()) {
            // The consumer of lines closes its own capture: the thread ends when the consumer has returned.
            return;
        } else if (!thread.join(CLOSE_TIMEOUT_NS)) {
            // It is blocked in the target, which is closed under it.
            fail(new IOException("the capture's target takes no data"));
            output.abort();
            thread.join(CLOSE_TIMEOUT_NS);
        }
        if (failure != null) {
            throw new IOException("capture failed: " + failure.getMessage(), failure);
        }
    }

    /// Whether the caller is the thread that writes this capture, which runs the program's consumer or stream.
    boolean isRunningHere() {
        return thread != null && thread.isCurrent();
    }

    private boolean drainAllOf() {
        if (!draining.compareAndSet(false, true)) {
            return false;
        }
        try {
            return drainReady(true) > 0;
        } finally {
            draining.set(false);
        }
    }
}
