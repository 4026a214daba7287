package dev.millrace.tcp.engine;

/// When a connection looks for itself how large the packets are that its path carries (RFC 4821).
public enum MtuProbing {
    /// Never: only routers' messages tell.
    OFF,
    /// After segments have vanished that routers said nothing of.
    BLACK_HOLE,
    /// From the beginning, with small segments first.
    ALWAYS
}
