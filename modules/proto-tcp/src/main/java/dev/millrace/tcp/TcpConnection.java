package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.TcpInfo;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.MemoryBudget;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.MemorySegment;

/// Signatures only, for the endpoints to compile against; the engine follows on this branch.
final class TcpConnection {
    static final int EVENT_CONNECTED = 1;
    static final int EVENT_READABLE = 2;
    static final int EVENT_WRITABLE = 4;
    static final int EVENT_FAILED = 8;
    static final int EVENT_TIME_WAIT = 16;
    static final int EVENT_CLOSED = 32;
    /// Three timeouts in a row (R1): the route or the neighbour may be stale (RFC 9293 §3.8.3).
    static final int EVENT_PATH_SUSPECT = 64;

    TcpConnection(TcpSettings settings, ConnectionOptions options, int localPort, int remotePort, int iss,
            int timestampOffset, int ipMss, boolean v4, int maxSuperSegment, CongestionControlFactory cc,
            MemoryBudget memory, long nowNs) { }
    void openActive(long nowNs) { throw new UnsupportedOperationException(); }
    void openPassive(Segment syn, long nowNs) { throw new UnsupportedOperationException(); }
    DropReason onSegment(Segment segment, long nowNs) { throw new UnsupportedOperationException(); }
    void onTimer(long nowNs) { throw new UnsupportedOperationException(); }
    void onIcmpError(IcmpError error, int quotedSeq, long nowNs) { throw new UnsupportedOperationException(); }
    int write(MemorySegment src, long offset, int length, long nowNs) { throw new UnsupportedOperationException(); }
    int read(ReceivedBytes out, int max, long nowNs) { throw new UnsupportedOperationException(); }
    void shutdownOutput(long nowNs) { throw new UnsupportedOperationException(); }
    void shutdownInput(long nowNs) { throw new UnsupportedOperationException(); }
    void close(long nowNs) { throw new UnsupportedOperationException(); }
    void abort(long nowNs) { throw new UnsupportedOperationException(); }
    void setPath(int ipMss, int maxSuperSegment, long nowNs) { throw new UnsupportedOperationException(); }
    void optionsChanged(long nowNs) { throw new UnsupportedOperationException(); }
    Packet pollSegment(long nowNs) { throw new UnsupportedOperationException(); }
    int pollEvents() { throw new UnsupportedOperationException(); }
    long nextDeadlineNs() { throw new UnsupportedOperationException(); }
    TcpState state() { throw new UnsupportedOperationException(); }
    ErrorCode error() { throw new UnsupportedOperationException(); }
    ErrorCode softError() { throw new UnsupportedOperationException(); }
    int available() { throw new UnsupportedOperationException(); }
    int writableBytes() { throw new UnsupportedOperationException(); }
    boolean isEof() { throw new UnsupportedOperationException(); }
    boolean outputShut() { throw new UnsupportedOperationException(); }
    int sndNxt() { throw new UnsupportedOperationException(); }
    int rcvNxt() { throw new UnsupportedOperationException(); }
    int timestampRecent() { throw new UnsupportedOperationException(); }
    int timestampNow(long nowNs) { throw new UnsupportedOperationException(); }
    boolean timestampsOn() { throw new UnsupportedOperationException(); }
    long unsentOrUnacked() { throw new UnsupportedOperationException(); }
    TcpInfo info() { throw new UnsupportedOperationException(); }
    void release() { throw new UnsupportedOperationException(); }
}
