package dev.millrace.wire;

/// What is wrong with bytes that should be a header; [#NONE] if nothing is. Returned, not thrown: hostile input is the
/// normal case.
public enum WireError {
    /// The header is well formed.
    NONE("well formed"),
    /// There are fewer bytes than the header needs.
    TRUNCATED("truncated"),
    /// The version field does not fit the protocol.
    BAD_VERSION("wrong version"),
    /// The header says that it is shorter than it can be, or longer than the packet.
    BAD_HEADER_LENGTH("impossible header length"),
    /// The packet says that it is shorter than its header, or longer than what was received.
    BAD_LENGTH("impossible length"),
    /// An option or extension has an impossible length.
    BAD_OPTION_LENGTH("impossible option length"),
    /// The chain of IPv6 extension headers is out of order, too long or cut off.
    BAD_EXTENSION("bad extension header chain"),
    /// A checksum is wrong.
    BAD_CHECKSUM("bad checksum"),
    /// The file or block is none that the reader knows.
    UNKNOWN_FORMAT("unknown format");

    private final String text;

    WireError(String text) {
        this.text = text;
    }

    /// The error in words.
    public String text() {
        return text;
    }
}
