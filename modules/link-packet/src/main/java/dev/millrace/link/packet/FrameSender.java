package dev.millrace.link.packet;

import dev.millrace.DropReason;
import dev.millrace.linux.Errno;
import dev.millrace.linux.Libc;
import dev.millrace.linux.SocketCalls;
import dev.millrace.linux.Stock;
import dev.millrace.linux.VnetHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// Sends frames in batches, without waiting: what the kernel does not take is dropped. Any thread may send.
final class FrameSender {
    private final int fd;
    private final boolean vnetHeader;
    private final PacketLink link;
    private final Stock<SendBatch> batches = new Stock<>(SendBatch::new);

    FrameSender(PacketLink link, int fd, boolean vnetHeader) {
        this.link = link;
        this.fd = fd;
        this.vnetHeader = vnetHeader;
    }

    /// Sends or drops all of them.
    void send(PacketList packets) {
        SendBatch batch = batches.take();
        try {
            while (!packets.isEmpty()) {
                while (!packets.isEmpty() && batch.hasRoom(packets.peek().fragmentCount() + 1)) {
                    add(packets.poll(), batch);
                }
                flush(batch);
            }
        } finally {
            dropRest(batch);
            batches.give(batch);
        }
    }

    /// Something was thrown; what is still in the batch was not sent. What is thrown again tells nothing new.
    private void dropRest(SendBatch batch) {
        while (batch.size() > 0) {
            Packet frame = batch.poll();
            frame.holdFor(batch);
            try {
                link.drop(frame, DropReason.FAILURE);
            } catch (Throwable again) {
                if (frame.isHeldBy(batch)) {
                    frame.release();
                }
            }
        }
    }

    private void add(Packet frame, SendBatch batch) {
        Packet sent = frame;
        sent.holdFor(batch);
        try {
            if (vnetHeader) {
                if (sent.headroom() < VnetHeader.LENGTH) {
                    // A header in memory that a layer filled to the brim: the copy has room.
                    sent = frame.copy();
                    frame.release();
                    sent.holdFor(batch);
                }
                VnetHeader.push(sent, FrameTags.networkOffset(sent));
            }
            batch.add(sent);
        } catch (Throwable t) {
            if (sent.isHeldBy(batch)) {
                link.drop(sent, DropReason.FAILURE);
            }
            throw t;
        }
    }

    private void flush(SendBatch batch) {
        while (batch.size() > 0) {
            int sent = SocketCalls.sendmmsg(batch.state(), fd, batch.messages(), batch.size(), SocketCalls.MSG_DONTWAIT);
            if (sent <= 0) {
                refused(batch.poll(), Libc.errno(batch.state()));
                continue;
            }
            for (int i = 0; i < sent; i++) {
                batch.poll().release();
            }
        }
    }

    private void refused(Packet frame, int errno) {
        if (vnetHeader) {
            frame.pull(VnetHeader.LENGTH);
        }
        link.drop(frame, reason(errno));
    }

    private static DropReason reason(int errno) {
        return switch (errno) {
            case Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOMEM, Errno.EINTR -> DropReason.LINK_QUEUE_FULL;
            case Errno.ENETDOWN, Errno.ENXIO, Errno.ENODEV -> DropReason.LINK_CLOSED;
            case Errno.EMSGSIZE -> DropReason.TOO_BIG;
            default -> DropReason.LINK_REFUSED;
        };
    }
}
