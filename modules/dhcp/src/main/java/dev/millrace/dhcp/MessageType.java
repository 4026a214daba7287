package dev.millrace.dhcp;

/// What a message says (RFC 2132 §9.6).
enum MessageType {
    DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM;

    private static final MessageType[] ALL = values();

    /// The number in option 53.
    int code() {
        return ordinal() + 1;
    }

    /// The type of this number, or `null`.
    static MessageType of(int code) {
        return code >= 1 && code <= ALL.length ? ALL[code - 1] : null;
    }
}
