package dev.millrace.jdk;

import java.io.IOException;
import java.io.InputStream;

/// A stream of which one byte is read as an array of one. The array is one of its own for each call: several threads may read.
abstract class ArrayInput extends InputStream {
    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public abstract int read(byte[] b, int off, int len) throws IOException;
}
