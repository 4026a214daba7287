package dev.millrace.wire.buffer;

/// A first-in, first-out list of packets, linked through the packets themselves: a packet is in one list at most.
/// Adding moves the packet into the list, polling moves it out. Not safe for several threads at once.
public final class PacketList {
    private Packet first;
    private Packet last;
    private int count;

    /// An empty list.
    public PacketList() {
    }

    /// Puts a packet at the end.
    public void add(Packet packet) {
        assert packet.next == null && packet != last : "already in a list";
        packet.holder = null;
        if (last == null) {
            first = packet;
        } else {
            last.next = packet;
        }
        last = packet;
        count++;
    }

    /// Puts all packets of another list at the end and leaves that one empty. A list added to itself stays as it is.
    public void addAll(PacketList other) {
        if (other.first == null || other == this) {
            return;
        }
        if (last == null) {
            first = other.first;
        } else {
            last.next = other.first;
        }
        last = other.last;
        count += other.count;
        other.first = null;
        other.last = null;
        other.count = 0;
    }

    /// Takes the first packet out, or returns `null` if there is none.
    public Packet poll() {
        Packet p = first;
        if (p != null) {
            first = p.next;
            p.next = null;
            if (first == null) {
                last = null;
            }
            count--;
        }
        return p;
    }

    /// The first packet, left where it is, or `null`.
    public Packet peek() {
        return first;
    }

    /// The packet behind `packet` in this list, or `null`.
    public Packet after(Packet packet) {
        return packet.next;
    }

    /// The number of packets.
    public int size() {
        return count;
    }

    /// Whether there is none.
    public boolean isEmpty() {
        return first == null;
    }

    /// Releases all packets.
    public void releaseAll() {
        Packet p;
        while ((p = poll()) != null) {
            p.release();
        }
    }
}
