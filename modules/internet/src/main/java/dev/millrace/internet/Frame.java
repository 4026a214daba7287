package dev.millrace.internet;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;

/// An IP packet in flight. Whoever takes it from the [Internet] owns it, and hands it back once: to
/// [Internet#deliver(Frame)], or with [#drop()]. Not safe for several threads at once.
///
/// Hosts leave transport checksums undone, since most packets arrive as they were sent; a frame completes its own as soon
/// as somebody looks at its bytes.
public final class Frame {
    private final Internet internet;
    private final Host source;
    private Packet packet;

    Frame(Internet internet, Host source, Packet packet) {
        this.internet = internet;
        this.source = source;
        this.packet = packet;
    }

    private Packet packet() {
        if (packet == null) {
            throw new IllegalStateException("the frame was delivered or dropped already");
        }
        return packet;
    }

    /// Gives up the packet: the frame is used up.
    Packet take() {
        Packet p = packet();
        packet = null;
        return p;
    }

    /// The host that sent it, or `null` if the program made it.
    public Host source() {
        return source;
    }

    /// The length in bytes.
    public int length() {
        return packet().length();
    }

    /// 4, 6, or what else the first four bits say; 0 if it is empty.
    public int version() {
        Packet p = packet();
        return p.headLength() == 0 ? 0 : p.memory().get(ValueLayout.JAVA_BYTE, p.start()) >>> 4 & 0xf;
    }

    /// Where it comes from, or `null` if it has no whole IP header.
    public InetAddress sourceAddress() {
        return address(true);
    }

    /// Where it goes, or `null` if it has no whole IP header.
    public InetAddress destinationAddress() {
        return address(false);
    }

    private InetAddress address(boolean ofSource) {
        IpAddress a = Destination.read(packet(), ofSource);
        return a == null ? null : a.toInetAddress();
    }

    /// A copy of its bytes.
    public byte[] bytes() {
        complete();
        return packet().toBytes();
    }

    /// Replaces its bytes. They are delivered as they are: a receiver verifies their checksums.
    public void replace(byte[] bytes) {
        Packet old = packet();
        packet = Packet.copyOf(bytes);
        old.release();
    }

    /// Another frame with the same bytes.
    public Frame copy() {
        complete();
        return new Frame(internet, source, packet().copy());
    }

    /// Lets it be lost, and counts it.
    public void drop() {
        take().release();
        internet.droppedByProgram();
    }

    private void complete() {
        PacketBytes.complete(packet());
    }

    @Override
    public String toString() {
        return packet == null ? "Frame(used up)" : "Frame(" + sourceAddress() + " -> " + destinationAddress() + ", "
                + length() + " bytes)";
    }
}
