package dev.millrace.tcp.engine;

import dev.millrace.wire.FastOpenCookie;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.TcpOptionWriter;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// Writes SYN and SYN,ACK with their options.
public final class SynSegment {
    private SynSegment() {
    }

    /// The SYN,ACK that answers a peer's SYN: it offers what the peer offered and the settings allow.
    ///
    /// @param receiveBuffer what the window stands for, in bytes
    /// @param receiveBufferMax what the window's scale stands for
    /// @param mss the largest payload that we take
    /// @param timestamp TSval of this segment
    /// @param fastOpen a Fast Open cookie for the peer (RFC 7413), or `null`
    public static Packet answer(SynFacts syn, TcpSettings settings, int receiveBuffer,
            int receiveBufferMax, int localPort, int remotePort, int iss, int mss, int timestamp, FastOpenCookie fastOpen) {
        boolean timestamps = settings.timestamps && syn.timestamps();
        return write(localPort, remotePort, iss, syn.irs() + 1,
                TcpHeader.SYN | TcpHeader.ACK | (settings.ecn.accepts() && syn.ecn() ? TcpHeader.ECE : 0),
                WindowAdvertiser.synField(settings, receiveBuffer, mss, timestamps), mss, settings.sack && syn.sackPermitted(),
                timestamps, timestamp, syn.timestampValue(), scales(syn, settings) ? WindowAdvertiser.shiftFor(receiveBufferMax) : -1, 0,
                fastOpen);
    }

    private static boolean scales(SynFacts syn, TcpSettings settings) {
        return settings.windowScaling && syn.windowScale() >= 0;
    }

    /// The window field of a segment without SYN that offers what [#answer] did: RFC 7323 §2.2 scales every one but a SYN's.
    public static int windowAfter(SynFacts syn, TcpSettings settings, int receiveBuffer, int receiveBufferMax) {
        int window = Math.min(0xffff, receiveBuffer);
        return scales(syn, settings) ? window >> WindowAdvertiser.shiftFor(receiveBufferMax) : window;
    }

    /// @param userTimeout in seconds, or 0 for none; left out where a long cookie needs the room, as segments without SYN tell it, too
    /// @param fastOpen a Fast Open cookie or a request for one, or `null`
    static Packet write(int localPort, int remotePort, int seq, int ack, int flags, int window, int mss,
            boolean sackPermitted, boolean timestamps, int timestamp, int echo, int windowScale, int userTimeout,
            FastOpenCookie fastOpen) {
        int header = TcpHeader.MIN_LENGTH + TcpOptionWriter.MSS_LENGTH
                + (timestamps ? TcpOptionWriter.TIMESTAMPS_LENGTH : sackPermitted ? TcpOptionWriter.SACK_PERMITTED_LENGTH : 0)
                + (windowScale >= 0 ? TcpOptionWriter.WINDOW_SCALE_LENGTH : 0)
                + (userTimeout > 0 ? TcpOptionWriter.USER_TIMEOUT_LENGTH : 0)
                + (fastOpen != null ? TcpOptionWriter.fastOpenLength(fastOpen) : 0);
        if (header > TcpHeader.MAX_LENGTH) {
            return write(localPort, remotePort, seq, ack, flags, window, mss, sackPermitted, timestamps, timestamp, echo, windowScale, 0, fastOpen);
        }
        Packet p = Packet.allocate(Packet.HEADROOM, header);
        int at = p.append(header);
        MemorySegment m = p.memory();
        TcpHeader.write(m, at, localPort, remotePort, seq, ack, header, flags, window, 0);
        long to = TcpOptionWriter.mss(m, at + TcpHeader.MIN_LENGTH, mss);
        // In Linux's order and without needless NOPs: there are 40 bytes for all.
        if (sackPermitted && timestamps) {
            to = TcpOptionWriter.sackPermittedAndTimestamps(m, to, timestamp, echo);
        } else if (sackPermitted) {
            to = TcpOptionWriter.sackPermitted(m, to);
        } else if (timestamps) {
            to = TcpOptionWriter.timestamps(m, to, timestamp, echo);
        }
        if (windowScale >= 0) {
            to = TcpOptionWriter.windowScale(m, to, windowScale);
        }
        if (userTimeout > 0) {
            to = TcpOptionWriter.userTimeout(m, to, userTimeout);
        }
        if (fastOpen != null) {
            TcpOptionWriter.fastOpen(m, to, fastOpen);
        }
        p.wantChecksum(0, TcpHeader.CHECKSUM_OFFSET);
        return p;
    }
}
