package dev.millrace.jdk;

import java.lang.ref.WeakReference;
import java.net.DatagramPacket;

/// How much room the packets have that a socket receives into. A [DatagramPacket] has that and a length, and nobody outside of
/// `java.net` can set the one without the other: a program that receives into one packet again and again, as most do, would have less
/// room after each short datagram. So the room of the packet that was used last is remembered; it holds until the program has set
/// another length.
final class PacketRoom {
    private WeakReference<DatagramPacket> last = new WeakReference<>(null);
    private byte[] data;
    private int offset;
    private int length;
    private int room;

    /// The room of a packet that is received into now.
    synchronized int of(DatagramPacket p) {
        boolean same = last.get() == p && p.getData() == data && p.getOffset() == offset && p.getLength() == length;
        return same ? room : p.getLength();
    }

    /// A packet has got so many bytes.
    ///
    /// @param before the room that it had
    synchronized void filled(DatagramPacket p, int bytes, int before) {
        p.setLength(bytes);
        if (last.get() != p) {
            last = new WeakReference<>(p);
        }
        data = p.getData();
        offset = p.getOffset();
        length = bytes;
        room = before;
    }
}
