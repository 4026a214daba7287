package dev.millrace.packetdrill.run;

import dev.millrace.packetdrill.packet.LivePacket;
import dev.millrace.packetdrill.packet.PacketReader;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.ArrayDeque;
import java.util.Deque;

/// The link between the stack and the script: keeps what the stack sends until the script asks for it.
final class Wire implements Link {
    /// What a script that expects nothing may leave here.
    private static final int MAX_WAITING = 100_000;

    private final int mtu;
    private final Clock clock;
    private final Trace trace;
    private final Deque<Sent> waiting = new ArrayDeque<>();
    private Sink sink;
    private long count;
    private String broken;

    /// What time it is in the script.
    @FunctionalInterface
    interface Clock {
        long nowNs();
    }

    /// Sees each packet pass.
    interface Trace {
        void packet(long atNs, boolean fromStack, byte[] bytes);
    }

    /// A packet that the stack has sent.
    ///
    /// @param packet what it is
    /// @param atNs when
    /// @param number how many were before it
    record Sent(LivePacket packet, long atNs, long number) {
    }

    Wire(int mtu, Clock clock, Trace trace) {
        this.mtu = mtu;
        this.clock = clock;
        this.trace = trace;
    }

    /// The next packet that the script has not seen, or `null`.
    Sent peek() {
        return waiting.peek();
    }

    Sent poll() {
        return waiting.poll();
    }

    /// How many packets the stack has sent so far.
    long count() {
        return count;
    }

    /// What was wrong with a packet that no receiver would take, or that was one too many; `null` if none was.
    String broken() {
        return broken;
    }

    /// Gives the stack a packet.
    void inject(byte[] bytes) {
        trace.packet(clock.nowNs(), false, bytes);
        var list = new PacketList();
        list.add(Packet.copyOf(bytes));
        sink.deliver(list);
    }

    @Override
    public void transmit(PacketList packets) {
        Packet p;
        while ((p = packets.poll()) != null) {
            byte[] bytes;
            try {
                bytes = p.toBytes();
            } finally {
                p.release();
            }
            take(bytes);
        }
    }

    private void take(byte[] bytes) {
        long now = clock.nowNs();
        trace.packet(now, true, bytes);
        long number = count++;
        try {
            if (waiting.size() < MAX_WAITING) {
                waiting.add(new Sent(PacketReader.read(bytes), now, number));
            } else {
                broken = MAX_WAITING + " packets wait to be mentioned, and this is one more";
            }
        } catch (PacketReader.BrokenPacketException e) {
            if (broken == null) {
                broken = e.getMessage();
            }
        }
    }

    @Override
    public Medium medium() {
        return Medium.IP;
    }

    @Override
    public int mtu() {
        return mtu;
    }

    @Override
    public void attach(Sink newSink) {
        sink = newSink;
    }

    @Override
    public void close() {
        // Nothing was started.
    }
}
