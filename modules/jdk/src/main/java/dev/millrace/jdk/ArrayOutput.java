package dev.millrace.jdk;

import java.io.IOException;
import java.io.OutputStream;

/// A stream to which one byte is written as an array of one.
abstract class ArrayOutput extends OutputStream {
    @Override
    public final void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public abstract void write(byte[] b, int off, int len) throws IOException;
}
