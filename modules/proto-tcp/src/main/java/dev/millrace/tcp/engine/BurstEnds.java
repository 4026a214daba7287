package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpHeader;

/// Where Linux sets PSH besides on the last byte that was written: on the last segment of whatever leaves as one packet to be cut
/// on its way, so that a receiver that gathers segments need not wait for the next burst. Such a packet holds at most half of the
/// congestion window. Where the NIC takes no super-segments the bursts are only thought of.
final class BurstEnds {
    private static final int MOST_BYTES = 65535;

    /// The offset of the burst's end.
    private long end;
    private boolean single;

    /// @param start the offset of the first byte
    BurstEnds(long start) {
        end = start;
    }

    /// PSH if new data that goes out next ends a burst, else 0. Asked once for each, before it is counted as sent.
    ///
    /// @param size the payload of each segment that it is cut into
    int push(TcpConnection c, int length, int size) {
        long start = c.snd.nxt;
        if (length > size) {
            end = start + length;
            return TcpHeader.PSH;
        }
        if (start >= end) {
            long quota = Math.min(Math.min(c.recovery.budget(c), c.cc.cwnd() / 2), MOST_BYTES) / size * size;
            long available = Math.min(c.sendBuffer.end() - start, c.snd.room());
            end = start + Math.max(length, Math.min(quota, available));
            single = end - start <= size;
        }
        return !single && start + length >= end ? TcpHeader.PSH : 0;
    }
}
