package dev.millrace.tcp.engine;

import dev.millrace.wire.FastOpenCookie;

/// What is known of a destination when a connection to it is to be opened fast (RFC 7413 §4.1.3).
///
/// @param cookie its cookie, or [FastOpenCookie#REQUEST] if none is known
/// @param mss the MSS that it has announced last, in bytes, or 0 if none is known
public record FastOpenOffer(FastOpenCookie cookie, int mss) {
    /// Nothing is known: a cookie is asked for.
    public static final FastOpenOffer UNKNOWN = new FastOpenOffer(FastOpenCookie.REQUEST, 0);
}
