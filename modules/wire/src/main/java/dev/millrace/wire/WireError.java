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
    /// The file, block, frame or message is none that the reader knows.
    UNKNOWN_FORMAT("unknown format"),
    /// The code or operation is none that the protocol has.
    BAD_CODE("unknown code or operation"),
    /// The hop limit shows that the message comes from beyond the link.
    BAD_HOP_LIMIT("wrong hop limit"),
    /// The sender has an address that no sender of such a message can have.
    BAD_SOURCE("impossible source address"),
    /// The message does not go together with the destination that it was sent to, or speaks of an impossible one.
    BAD_DESTINATION("impossible destination address"),
    /// The message is about an address that it cannot be about.
    BAD_TARGET("impossible target address"),
    /// An option is there that must not be.
    FORBIDDEN_OPTION("forbidden option"),
    /// More headers lie within each other than are looked at.
    TOO_DEEP("too many headers within each other");

    private final String text;

    WireError(String text) {
        this.text = text;
    }

    /// The error in words.
    public String text() {
        return text;
    }
}
