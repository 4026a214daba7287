package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpHeader;

/// Invariant 11: what segments look like.
final class FormatRules extends Invariant {
    private boolean timestamped;
    /// TSval less the clock, in milliseconds.
    private int timestampBase;
    /// Behind the urgent data that was written.
    private final Ranges urgentEnds = new Ranges();

    FormatRules() {
        super(11, "no option that both SYNs do not have; TSval is a clock; MSS on SYN only; lengths fit header, peer and path");
    }

    @Override
    void after(Cause cause) {
        if (cause == Cause.WRITE && w.urgent && w.result > 0) {
            urgentEnds.add(w.written + 1, w.written + 2);
        }
    }

    @Override
    void sent() {
        SeenSegment out = w.out;
        Segment s = out.s;
        hold(s.headerLength % 4 == 0 && s.headerLength <= TcpHeader.MAX_LENGTH, () -> "a header of " + s.headerLength);
        hold(s.sourcePort == c.localPort && s.destinationPort == c.remotePort, "ports");
        hold(TcpHeader.checksum(out.packet.memory(), out.packet.start()) == 0
                && out.packet.checksumStart() == out.packet.start(), "the checksum is to be made of the whole segment");
        checkOptions(out, s);
        if (s.options.hasTimestamps()) {
            int base = s.options.timestampValue() - (int) (w.nowNs / 1_000_000);
            hold(!timestamped || base == timestampBase, () -> "TSval is not the clock's: " + base + " after " + timestampBase);
            timestamped = true;
            timestampBase = base;
        }
        checkLength(out, s);
        checkUrgent(out, s);
    }

    private void checkOptions(SeenSegment out, Segment s) {
        boolean first = out.syn && !out.hasAck;
        if (!out.syn) {
            hold(s.options.mss() < 0 && s.options.windowScale() < 0 && !s.options.sackPermitted(), () -> "an option of SYN's on " + out);
            hold(s.options.hasTimestamps() == w.timestamps() || out.rst && !w.agreed(), () -> "timestamps on " + out);
            hold(s.options.sackCount() == 0 || w.sack() && out.hasAck, () -> "SACK on " + out);
        } else {
            hold(s.options.mss() > 0, "SYN without MSS");
            hold(s.options.sackCount() == 0, "SACK on SYN");
            if (!first) {
                hold(!s.options.hasTimestamps() || w.peerOffered.timestamps(), "timestamps that the peer has not offered");
                hold(!s.options.sackPermitted() || w.peerOffered.sack(), "SACK that the peer has not offered");
                hold(s.options.windowScale() < 0 || w.peerOffered.shift() >= 0, "a scale that the peer has not offered");
            }
        }
    }

    private void checkLength(SeenSegment out, Segment s) {
        int options = s.headerLength - TcpHeader.MIN_LENGTH;
        int size = out.packet.segmentSize() > 0 ? out.packet.segmentSize() : out.len;
        hold(out.packet.segmentSize() == 0 || out.len > size && out.len <= Math.max(c.maxSuperSegment, size), () -> "a super-segment of " + out.len
                + " in pieces of " + size);
        hold(size + options <= c.ipMss, () -> size + " bytes and " + options + " of options on a path for " + c.ipMss);
        if (out.len > 0) {
            // RFC 9293 MUST-16; 48 bytes are sent to a peer that wants less.
            int peers = w.peerOffered.mss() > 0 ? w.peerOffered.mss() : c.v4 ? 536 : 1220;
            hold(size + options <= peers || size <= 48, () -> size + " bytes and " + options + " of options to a peer that takes " + peers);
            boolean probe = c.mtuProbe != null && c.mtuProbe.lengthAt(out.seq + c.snd.iss) == size;
            hold(size <= c.snd.mss || probe, () -> size + " bytes with an MSS of " + c.snd.mss);
        }
    }

    private void checkUrgent(SeenSegment out, Segment s) {
        if (s.has(TcpHeader.URG)) {
            long up = out.seq + s.urg;
            hold(s.urg == 0xffff || urgentEnds.contains(up, up + 1), () -> "urgent up to " + up);
        } else {
            hold(s.urg == 0, "an urgent pointer without URG");
        }
    }
}
