package dev.millrace.wire.pcap;

import dev.millrace.wire.WireError;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/// The bytes of a capture, counted, so that errors can say where they are.
final class CaptureInput implements Closeable {
    private final InputStream stream;
    private long position;
    private long recordStart;
    private CaptureFormatException broken;

    CaptureInput(InputStream stream) {
        this.stream = stream;
    }

    /// A block or record begins here.
    void mark() {
        recordStart = position;
    }

    /// Exactly `length` bytes, or `null` if the stream ends right here; for where a record may begin.
    ByteBuffer readOrEnd(int length) throws IOException {
        byte[] bytes = stream.readNBytes(length);
        position += bytes.length;
        if (bytes.length == 0) {
            return null;
        }
        return whole(bytes, length);
    }

    /// Exactly `length` bytes. Memory grows with what is there, not with what a length field claims.
    ByteBuffer read(int length) throws IOException {
        byte[] bytes = stream.readNBytes(length);
        position += bytes.length;
        return whole(bytes, length);
    }

    private ByteBuffer whole(byte[] bytes, int length) throws CaptureFormatException {
        if (bytes.length < length) {
            throw bad(WireError.TRUNCATED, "the file ends %d bytes too early", length - bytes.length);
        }
        return ByteBuffer.wrap(bytes);
    }

    void skip(long length) throws IOException {
        try {
            stream.skipNBytes(length);
            position += length;
        } catch (EOFException _) {
            throw bad(WireError.TRUNCATED, "the file ends within a block");
        }
    }

    /// The exception to throw for the present record; from then on the file counts as broken.
    CaptureFormatException bad(WireError error, String detail, Object... arguments) {
        broken = new CaptureFormatException(error, recordStart, String.format(detail, arguments));
        return broken;
    }

    void checkNotBroken() throws CaptureFormatException {
        if (broken != null) {
            throw new CaptureFormatException(broken.error(), broken.offset(), "reading went on after an error");
        }
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
