package dev.millrace.tcp.engine;

import dev.millrace.wire.TcpHeader;

/// What a peer's SYN says of the connection to be (RFC 9293 §3.7.1, RFC 7323 §1.3, RFC 2018 §2): all that is to be
/// remembered of it.
///
/// @param irs the peer's initial sequence number
/// @param window the window field, which a SYN never scales
/// @param mss the MSS option, or 0 if there was none
/// @param windowScale the shift, or -1 if there was none
/// @param timestampValue TSval, if there are `timestamps`
/// @param userTimeout the user timeout in seconds (RFC 5482), or 0 if there was none
/// @param ecn whether a SYN asks for ECN, or a SYN,ACK agrees (RFC 3168 §6.1.1)
public record SynFacts(int irs, int window, int mss, int windowScale, boolean sackPermitted,
        boolean timestamps, int timestampValue, int userTimeout, boolean ecn) {
    /// Without a user timeout and without ECN.
    public SynFacts(int irs, int window, int mss, int windowScale, boolean sackPermitted, boolean timestamps,
            int timestampValue) {
        this(irs, window, mss, windowScale, sackPermitted, timestamps, timestampValue, 0, false);
    }

    /// What a segment with SYN says.
    public static SynFacts of(Segment syn) {
        assert syn.has(TcpHeader.SYN);
        return new SynFacts(syn.seq, syn.wnd, syn.options.mss(),
                syn.options.windowScale(), syn.options.sackPermitted(), syn.options.hasTimestamps(),
                syn.options.timestampValue(), syn.options.userTimeout(),
                // A SYN,ACK with both is a mirror, not an answer.
                syn.has(TcpHeader.ECE) && syn.has(TcpHeader.CWR) != syn.has(TcpHeader.ACK));
    }

    /// The same without ECN.
    public SynFacts withoutEcn() {
        return ecn ? new SynFacts(irs, window, mss, windowScale, sackPermitted, timestamps, timestampValue, userTimeout, false) : this;
    }
}
