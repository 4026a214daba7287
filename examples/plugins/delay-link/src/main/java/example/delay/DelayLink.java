package example.delay;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.spi.StackContext;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// Another link, later.
final class DelayLink implements Link {
    private static final DropReason QUEUE_FULL = DropReason.of("delay-queue-full", "too many packets are being delayed");

    private final Link inner;
    private final DelayLine out;
    private final long delayNs;
    private final int capacity;
    private final StackContext stack;
    private volatile Sink sink;
    private volatile DelayLine in;

    DelayLink(Link inner, long delayNs, int capacity, StackContext stack) {
        this.inner = inner;
        this.delayNs = delayNs;
        this.capacity = capacity;
        this.stack = stack;
        out = new DelayLine(delayNs, capacity, stack, inner::transmit);
    }

    @Override
    public Medium medium() {
        return inner.medium();
    }

    @Override
    public int mtu() {
        return inner.mtu();
    }

    @Override
    public boolean vouchesForChecksums() {
        return inner.vouchesForChecksums();
    }

    @Override
    public boolean completesChecksums() {
        return inner.completesChecksums();
    }

    @Override
    public int maxSuperSegment() {
        return inner.maxSuperSegment();
    }

    @Override
    public long hardwareAddress() {
        return inner.hardwareAddress();
    }

    @Override
    public void attach(Sink nic) {
        sink = nic;
        in = new DelayLine(delayNs, capacity, stack, nic::deliver);
        inner.attach(new Sink() {
            @Override
            public StackContext stack() {
                return nic.stack();
            }

            @Override
            public void deliver(PacketList packets) {
                enter(in, packets);
            }

            @Override
            public void drop(Packet packet, DropReason reason) {
                nic.drop(packet, reason);
            }

            @Override
            public void stateChanged(boolean up, String reason) {
                nic.stateChanged(up, reason);
            }

            @Override
            public void mtuChanged(int mtu) {
                nic.mtuChanged(mtu);
            }
        });
    }

    @Override
    public void transmit(PacketList packets) {
        enter(out, packets);
    }

    private void enter(DelayLine line, PacketList packets) {
        Packet p;
        while ((p = packets.poll()) != null) {
            if (!line.add(p)) {
                sink.drop(p, QUEUE_FULL);
            }
        }
    }

    @Override
    public void close() {
        inner.close();
        for (DelayLine line : new DelayLine[] {out, in}) {
            Packet p;
            while (line != null && (p = line.close()) != null) {
                stack.drop(p, DropReason.LINK_CLOSED);
            }
        }
    }
}
