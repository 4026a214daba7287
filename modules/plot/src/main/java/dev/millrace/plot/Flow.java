package dev.millrace.plot;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;

/// One direction of a connection: what one end sent, and how the other acknowledged it. Times are nanoseconds since the
/// beginning of the capture; sequence numbers count from 0, without wrapping.
final class Flow {
    /// The ends, which have names when all of the capture was read, if it has any.
    InetSocketAddress from;
    InetSocketAddress to;

    final Series data = new Series();
    final Series retransmissions = new Series();
    final Series lost = new Series();
    final Series acknowledgments = new Series();
    final Series duplicateAcks = new Series();
    final Series windowEdge = new Series();
    final Series zeroWindows = new Series();
    final Series sacks = new Series();
    final Series handshakes = new Series();
    final Series resets = new Series();
    final Series inFlight = new Series();
    final Series receiveWindow = new Series();
    final Series roundTrips = new Series();
    /// Of payload, what was sent again included.
    long bytes;
    /// Bytes that must have been sent, since later ones were, but that the capture does not have.
    long missedBytes;
    int segments;

    private final ArrayDeque<long[]> unacknowledged = new ArrayDeque<>();
    private boolean begun;
    private long next;
    private int base;
    private long acknowledged = -1;
    private long lastWindow = -1;
    private int scale;
    private boolean scaled;
    private int offeredScale = -1;
    private boolean offeredKnown;

    Flow(InetSocketAddress from, InetSocketAddress to) {
        this.from = from;
        this.to = to;
    }

    /// Its sequence number as one that does not wrap, near what was sent last.
    private long unwrap(int sequence) {
        return next + (sequence - (int) (base + next));
    }

    /// The sender has sent a segment.
    void sent(long timeNs, Segment s) {
        if (!begun) {
            begun = true;
            base = s.sequence;
        }
        if (s.has(Segment.SYN)) {
            offeredScale = s.windowScale;
            offeredKnown = true;
        }
        long from = unwrap(s.sequence);
        long to = from + s.length + (s.has(Segment.SYN) ? 1 : 0) + (s.has(Segment.FIN) ? 1 : 0);
        if (s.has(Segment.SYN) || s.has(Segment.FIN)) {
            handshakes.add(timeNs, s.has(Segment.SYN) ? from : to);
        }
        if (s.has(Segment.RST)) {
            resets.add(timeNs, from);
            return;
        }
        boolean keepAlive = s.length <= 1 && from == next - 1 && !s.has(Segment.SYN) && !s.has(Segment.FIN);
        if (to > from && !keepAlive) {
            boolean again = from < next;
            missedBytes += Math.max(0, from - next);
            if (s.length > 0) {
                segments++;
                bytes += s.length;
                (again ? retransmissions : data).add(timeNs, from, from + s.length);
            }
            if (again) {
                // An acknowledgement of what was sent twice says nothing of either (Karn).
                unacknowledged.forEach(u -> u[2] |= u[0] > from ? 1 : 0);
            } else {
                unacknowledged.add(new long[] {to, timeNs, 0});
            }
            next = Math.max(next, to);
        }
        noteInFlight(timeNs);
    }

    /// A segment of it is known to have been lost.
    void lost(long timeNs, Segment s) {
        if (begun && (s.length > 0 || s.has(Segment.SYN))) {
            long from = unwrap(s.sequence);
            lost.add(timeNs, from, from + Math.max(1, s.length));
        }
    }

    /// The other end has sent a segment, which acknowledges.
    ///
    /// @param offered by its SYN the scale of its windows, or -1
    void answered(long timeNs, Segment s, boolean bothScale, int offered) {
        if (s.has(Segment.SYN) || !scaled) {
            scaled = bothScale;
            scale = bothScale ? Math.max(0, offered) : 0;
        }
        if (!s.has(Segment.ACK) || !begun) {
            return;
        }
        long ack = unwrap(s.acknowledgment);
        long window = s.has(Segment.SYN) ? s.window : (long) s.window << scale;
        if (ack > acknowledged) {
            acknowledge(timeNs, ack);
        } else if (ack == acknowledged && s.length == 0 && !s.has(Segment.SYN) && !s.has(Segment.FIN) && window == lastWindow
                && next > acknowledged) {
            duplicateAcks.add(timeNs, ack);
        }
        if (!s.has(Segment.RST)) {
            windowEdge.add(timeNs, ack + window);
            receiveWindow.add(timeNs, window);
            if (window == 0) {
                zeroWindows.add(timeNs, ack);
            }
            lastWindow = window;
        }
        for (int i = 0; i + 1 < s.sack.length; i += 2) {
            sacks.add(timeNs, unwrap(s.sack[i]), unwrap(s.sack[i + 1]));
        }
        noteInFlight(timeNs);
    }

    private void acknowledge(long timeNs, long ack) {
        long[] newest = null;
        while (!unacknowledged.isEmpty() && unacknowledged.peek()[0] <= ack) {
            newest = unacknowledged.poll();
        }
        if (newest != null && newest[2] == 0) {
            roundTrips.add(timeNs, timeNs - newest[1]);
        }
        acknowledged = ack;
        acknowledgments.add(timeNs, ack);
    }

    private void noteInFlight(long timeNs) {
        inFlight.add(timeNs, Math.max(0, next - Math.max(0, acknowledged)));
    }

    int offeredScale() {
        return offeredScale;
    }

    boolean isScaleKnown() {
        return offeredKnown;
    }

    boolean carriesData() {
        return segments > 0;
    }
}
