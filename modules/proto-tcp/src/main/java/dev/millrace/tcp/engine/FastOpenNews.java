package dev.millrace.tcp.engine;

import dev.millrace.wire.FastOpenCookie;

/// What a connection has learned of Fast Open to its destination (RFC 7413 §4.1.3, §4.1.3.1).
///
/// @param cookie a cookie that the peer has given, or `null`
/// @param mss the MSS that it has announced, in bytes, or 0 if it has not answered
/// @param accepted data of the SYN was acknowledged by the SYN,ACK
/// @param failed it was not, or the SYN got no answer
/// @param avoided Fast Open is to be left alone for a while where this connection went
/// @param blackHole the path has swallowed the connection behind its handshake
public record FastOpenNews(FastOpenCookie cookie, int mss, boolean accepted, boolean failed, boolean avoided, boolean blackHole) {
}
