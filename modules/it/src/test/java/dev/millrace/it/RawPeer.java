package dev.millrace.it;

import dev.millrace.link.vnic.Vnic;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/// One port of a host that knows no TCP: a test says each segment that it sends, and looks at each that comes back.
final class RawPeer {
    static final int FIN = TcpHeader.FIN;
    static final int SYN = TcpHeader.SYN;
    static final int RST = TcpHeader.RST;
    static final int ACK = TcpHeader.ACK;

    /// A segment that the stack sent.
    ///
    /// @param mss the option, or -1; so with the others
    record Answer(int seq, int ack, int flags, int window, int mss, int scale, boolean sack, boolean timestamps,
            int tsVal, int tsEcr, byte[] text) {
        boolean is(int wanted) {
            return flags == wanted;
        }
    }

    /// What a peer's SYN offers; -1 for no option.
    record Offer(int mss, int scale, boolean sack, boolean timestamps) {
        static final Offer ALL = new Offer(1460, 7, true, true);
        static final Offer NO_TIMESTAMPS = new Offer(1460, 7, true, false);
    }

    private final Vnic wire;
    private final IpAddress address;
    private final IpAddress target;
    final int port;
    private final int targetPort;
    /// What came for this port and was not looked at.
    final List<Answer> heard = new ArrayList<>();
    private boolean timestamps;
    int tsVal = 1000;
    int tsEcr;
    int window = 0xffff;

    RawPeer(Vnic wire, String address, int port, String target, int targetPort) {
        this.wire = wire;
        this.address = IpAddress.parse(address);
        this.target = IpAddress.parse(target);
        this.port = port;
        this.targetPort = targetPort;
    }

    /// Has every frame that a stack transmits looked at by the peers that it may be for.
    static void listen(Vnic wire, RawPeer... peers) {
        wire.onTransmit(frame -> {
            for (RawPeer p : peers) {
                p.hear(frame);
            }
        });
    }

    Answer syn(int seq, Offer offer) {
        timestamps = offer.timestamps;
        var options = new ArrayList<Integer>();
        if (offer.mss >= 0) {
            options.addAll(List.of(2, 4, offer.mss >> 8, offer.mss & 0xff));
        }
        if (offer.sack) {
            options.addAll(List.of(1, 1, 4, 2));
        }
        if (offer.scale >= 0) {
            options.addAll(List.of(1, 3, 3, offer.scale));
        }
        return send(SYN, seq, 0, options, new byte[0]);
    }

    /// Whether segments carry timestamps; what the SYN did until this says otherwise.
    void stamped(boolean on) {
        timestamps = on;
    }

    /// Sends a segment and returns the last answer that came at once, or `null`.
    Answer send(int flags, int seq, int ack, byte... text) {
        return send(flags, seq, ack, new ArrayList<>(), text);
    }

    private Answer send(int flags, int seq, int ack, List<Integer> options, byte[] text) {
        if (timestamps) {
            options.addAll(List.of(1, 1, 8, 10));
            for (byte b : ByteBuffer.allocate(8).putInt(tsVal).putInt(tsEcr).array()) {
                options.add((int) b);
            }
        }
        heard.clear();
        wire.inject(PacketBuilder.between(address, target).tcp(port, targetPort, seq, ack, flags, window,
                PacketBuilder.bytes(options.stream().mapToInt(Integer::intValue).toArray()), text));
        return last();
    }

    Answer last() {
        return heard.isEmpty() ? null : heard.getLast();
    }

    private void hear(byte[] frame) {
        boolean v4 = frame[0] >> 4 == 4;
        int at = v4 ? 20 : 40;
        if (frame[v4 ? 9 : 6] != 6 || !address.equals(destination(frame, v4))) {
            return;
        }
        ByteBuffer b = ByteBuffer.wrap(frame);
        if ((b.getShort(at + 2) & 0xffff) != port || (b.getShort(at) & 0xffff) != targetPort) {
            return;
        }
        int header = (frame[at + 12] >> 4 & 0xf) * 4;
        int mss = -1;
        int scale = -1;
        boolean sack = false;
        boolean stamped = false;
        int val = 0;
        int ecr = 0;
        for (int i = at + 20; i < at + header && frame[i] != 0; i += frame[i] == 1 ? 1 : frame[i + 1]) {
            switch (frame[i]) {
                case 2 -> mss = b.getShort(i + 2) & 0xffff;
                case 3 -> scale = frame[i + 2];
                case 4 -> sack = true;
                case 8 -> {
                    stamped = true;
                    val = b.getInt(i + 2);
                    ecr = b.getInt(i + 6);
                }
                default -> {
                }
            }
        }
        byte[] text = new byte[frame.length - at - header];
        System.arraycopy(frame, at + header, text, 0, text.length);
        heard.add(new Answer(b.getInt(at + 4), b.getInt(at + 8), frame[at + 13], b.getShort(at + 14) & 0xffff, mss, scale,
                sack, stamped, val, ecr, text));
        if (stamped) {
            tsEcr = val;
        }
    }

    private static IpAddress destination(byte[] frame, boolean v4) {
        try {
            byte[] bytes = java.util.Arrays.copyOfRange(frame, v4 ? 16 : 24, v4 ? 20 : 40);
            return IpAddress.of(java.net.InetAddress.getByAddress(bytes));
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError(e);
        }
    }
}
