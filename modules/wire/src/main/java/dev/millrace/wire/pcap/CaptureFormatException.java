package dev.millrace.wire.pcap;

import dev.millrace.wire.WireError;
import java.io.IOException;

/// The bytes are no capture file, or one that is broken or beyond the reader's limits.
public final class CaptureFormatException extends IOException {
    private static final long serialVersionUID = 1L;

    private final WireError error;
    private final long offset;

    CaptureFormatException(WireError error, long offset, String detail) {
        super(error.text() + " at byte " + offset + ": " + detail);
        this.error = error;
        this.offset = offset;
    }

    /// What is wrong: [WireError#TRUNCATED] if the file merely ends too early, so that all packets before are good.
    public WireError error() {
        return error;
    }

    /// Where the block or record begins that is wrong, in bytes from the start of the file.
    public long offset() {
        return offset;
    }
}
