package dev.millrace.link.packet;

import dev.millrace.linux.Errno;
import dev.millrace.linux.QueueReader;
import dev.millrace.wire.buffer.PacketList;

/// What the ways of receiving from a packet socket have in common.
abstract class PacketQueue implements QueueReader.Queue {
    /// The end of a batch, as in other links: enough to spread the costs, few enough to answer in time.
    static final int MAX_FRAMES = 64;
    static final int MAX_BYTES = 256 * 1024;

    final PacketLink link;
    final PacketSocket socket;
    final FrameIntake intake;

    PacketQueue(PacketLink link, PacketSocket socket, FrameIntake intake) {
        this.link = link;
        this.socket = socket;
        this.intake = intake;
    }

    @Override
    public final int fd() {
        return socket.fd();
    }

    @Override
    public final void deliver(PacketList batch) {
        link.sink().deliver(batch);
    }

    @Override
    public final boolean isLost(int errno) {
        return errno == Errno.EBADF;
    }

    /// The interface went down, of which the watch tells.
    @Override
    public final void onPollError() {
        socket.takeError();
    }
}
