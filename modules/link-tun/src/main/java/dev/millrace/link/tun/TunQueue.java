package dev.millrace.link.tun;

import dev.millrace.DropReason;
import dev.millrace.linux.Errno;
import dev.millrace.linux.Libc;
import dev.millrace.linux.QueueReader;
import dev.millrace.linux.UdpSegments;
import dev.millrace.linux.VnetHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Reads packets from one descriptor of a device: a read is one packet.
final class TunQueue implements QueueReader.Queue {
    /// The end of a batch: enough to spread the costs, few enough that acknowledgements leave before the sender's window
    /// is used up, and the data is still in the cache when TCP takes it.
    private static final int MAX_PACKETS = 64;
    private static final int MAX_BYTES = 256 * 1024;
    /// The largest packet and what may be in front of it.
    private static final int CAPACITY = 65536 + VnetHeader.LENGTH;
    /// What fits a small buffer is copied there, which is cheaper than to keep a large one for it.
    private static final int SMALL = 2048 - Packet.HEADROOM;

    private final TunLink link;
    private final int fd;
    private final boolean vnetHeader;
    private final MemorySegment state = Libc.newState(Arena.ofAuto());
    /// A packet to read into, kept when there was nothing to read.
    private Packet spare;

    TunQueue(TunLink link, int queue) {
        this.link = link;
        fd = link.device().fds()[queue];
        vnetHeader = link.device().vnetHeader();
    }

    @Override
    public int fd() {
        return fd;
    }

    @Override
    public int fill(PacketList batch) {
        int packets = 0;
        int bytes = 0;
        while (packets < MAX_PACKETS && bytes < MAX_BYTES) {
            if (spare == null) {
                spare = Packet.allocate(Packet.HEADROOM, CAPACITY);
            }
            long n = Libc.read(state, fd, spare.memory().address() + spare.start(), CAPACITY);
            if (n < 0) {
                return Libc.errno(state);
            }
            packets++;
            bytes += (int) n;
            accept((int) n, batch);
        }
        return 0;
    }

    private void accept(int n, PacketList batch) {
        Packet packet;
        if (n <= SMALL) {
            packet = Packet.copyOf(spare.memory().asSlice(spare.start(), n));
        } else {
            packet = spare;
            packet.append(n);
            spare = null;
        }
        packet.holdFor(this);
        try {
            sort(packet, n, batch);
        } catch (Throwable t) {
            if (packet.isHeldBy(this)) {
                link.sink().drop(packet, DropReason.FAILURE);
            }
            throw t;
        }
    }

    private void sort(Packet packet, int n, PacketList batch) {
        if (!vnetHeader) {
            batch.add(packet);
            return;
        }
        int type = n < VnetHeader.LENGTH ? -1 : VnetHeader.pull(packet);
        switch (type) {
            case VnetHeader.GSO_NONE, VnetHeader.GSO_TCPV4, VnetHeader.GSO_TCPV6 -> batch.add(packet);
            case VnetHeader.GSO_UDP -> UdpSegments.cut(packet, link.networkOffset(packet), link.sink(), batch);
            default -> link.sink().drop(packet, DropReason.LINK_REFUSED);
        }
    }

    @Override
    public void deliver(PacketList batch) {
        link.sink().deliver(batch);
    }

    @Override
    public boolean isLost(int errno) {
        if (errno != Errno.EBADFD && errno != Errno.EBADF && errno != Errno.ENODEV) {
            return false;
        }
        link.removed(link.currentName());
        return true;
    }

    @Override
    public void release() {
        if (spare != null) {
            spare.release();
        }
    }
}
