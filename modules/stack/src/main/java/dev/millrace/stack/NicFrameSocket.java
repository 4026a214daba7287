package dev.millrace.stack;

import dev.millrace.ErrorCode;
import dev.millrace.FrameSocket;
import dev.millrace.spi.Link;
import dev.millrace.spi.SocketErrors;
import dev.millrace.spi.StackContext;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.VlanTag;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.function.Predicate;

/// A packet socket: a tap of its NIC, with a queue.
final class NicFrameSocket extends QueuedSocket<FrameSocket.Frame> implements FrameSocket, PacketTap {
    private static final int MIN_SNAP = 64;

    private final RawSockets owner;
    private final StackNic nic;
    private final StackContext context;
    private volatile int etherType;
    private volatile int snapLength = Integer.MAX_VALUE;
    private volatile Predicate<? super Frame> filter;

    NicFrameSocket(RawSockets owner, StackContext context, StackNic nic) {
        super(context);
        this.owner = owner;
        this.context = context;
        this.nic = nic;
    }

    StackNic nic() {
        return nic;
    }

    // ---- in

    @Override
    public void packet(TappedNic tapped, Packet packet, boolean outbound, long epochNanos) {
        try {
            int kept = Math.min(packet.length(), snapLength);
            if (wantsType(packet) && queue.hasRoom(kept)) {
                var frame = new Frame(outbound, epochNanos, packet.length(), CaptureChecksum.completeCopy(packet, tapped, kept));
                Predicate<? super Frame> f = filter;
                if (f == null || f.test(frame)) {
                    queue.add(frame, kept);
                }
            }
        } catch (Throwable t) {
            // The NIC would take the tap off.
            context.failed("frame-socket", t);
        }
    }

    @Override
    public void packetDropped(TappedNic tapped, Packet packet, boolean outbound, String reason, long epochNanos) {
        // It was shown when it passed, or never came so far.
    }

    private boolean wantsType(Packet packet) {
        int wanted = etherType;
        if (wanted == 0) {
            return true;
        }
        if (medium() != Link.Medium.ETHERNET) {
            return packet.makeLinear(1)
                    && NetworkTable.etherType(BigEndian.u8(packet.memory(), packet.start()) >>> 4) == wanted;
        }
        if (!packet.makeLinear(EthernetHeader.LENGTH)) {
            return false;
        }
        int type = EthernetHeader.type(packet.memory(), packet.start());
        if (type != wanted && EtherType.isVlan(type) && packet.makeLinear(EthernetHeader.LENGTH + VlanTag.LENGTH)) {
            type = EthernetHeader.type(packet.memory(), packet.start() + VlanTag.LENGTH);
        }
        return type == wanted;
    }

    // ---- out

    @Override
    public void send(ByteBuffer frame) throws IOException {
        queue.checkOpen();
        int length = frame.remaining();
        int header = medium() == Link.Medium.ETHERNET ? EthernetHeader.LENGTH : 1;
        // A tag does not count.
        int most = nic.mtu() + (medium() == Link.Medium.ETHERNET ? header + VlanTag.LENGTH : 0);
        if (length < header || length > most) {
            throw SocketErrors.of(ErrorCode.MESSAGE_TOO_LONG, length < header
                    ? "a frame has at least " + header + " bytes, not " + length : ErrorCode.MESSAGE_TOO_LONG.message());
        }
        if (!nic.isUp()) {
            throw SocketErrors.of(ErrorCode.LINK_FAILED);
        }
        Packet packet = Packet.allocate(Packet.HEADROOM, length);
        var list = new PacketList();
        list.add(packet);
        try {
            MemorySegment.copy(MemorySegment.ofBuffer(frame), 0, packet.memory(), packet.append(length), length);
            nic.transmitWhole(list);
        } finally {
            list.releaseAll();
        }
        frame.position(frame.limit());
    }

    // ---- what it receives, and how

    @Override
    public Link.Medium medium() {
        return nic.link().medium();
    }

    @Override
    public void setEtherType(int type) {
        if (type < 0 || type > 0xffff) {
            throw new IllegalArgumentException("an EtherType is 0 to 65535, not " + type);
        }
        etherType = type;
    }

    @Override
    public void setFilter(Predicate<? super Frame> filter) {
        this.filter = filter;
    }

    @Override
    public void setSnapLength(int bytes) {
        if (bytes != 0 && bytes < MIN_SNAP) {
            throw new IllegalArgumentException("a snap length is at least " + MIN_SNAP + ", not " + bytes);
        }
        snapLength = bytes == 0 ? Integer.MAX_VALUE : bytes;
    }

    @Override
    void leave() {
        owner.remove(this);
    }
}
