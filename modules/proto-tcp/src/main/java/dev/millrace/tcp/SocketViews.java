package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.spi.SocketErrors;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;

/// A socket as the JDK's streams and channels. Streams end with the exceptions of `java.net.Socket`'s, channels with
/// those of `SocketChannel`.
final class SocketViews {
    private SocketViews() {
    }

    /// What `java.net.Socket`'s streams throw where a channel would throw `failure`.
    private static IOException asStream(ClosedChannelException failure) {
        IOException e = switch (failure) {
            case ClosedByInterruptException _ -> SocketErrors.of(ErrorCode.INTERRUPTED);
            default -> ErrorCode.of(failure).orElse(ErrorCode.SOCKET_CLOSED) == ErrorCode.STACK_CLOSED
                    ? SocketErrors.of(ErrorCode.STACK_CLOSED)
                    : SocketErrors.of(ErrorCode.SOCKET_CLOSED);
        };
        e.initCause(failure);
        return e;
    }

    static final class Input extends InputStream {
        private final StreamSocket socket;

        Input(StreamSocket socket) {
            this.socket = socket;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            try {
                return socket.read(b, off, len);
            } catch (ClosedChannelException e) {
                throw asStream(e);
            }
        }

        @Override
        public int available() throws IOException {
            try {
                return socket.available();
            } catch (ClosedChannelException e) {
                throw asStream(e);
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    static final class Output extends OutputStream {
        private final StreamSocket socket;

        Output(StreamSocket socket) {
            this.socket = socket;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            try {
                socket.write(b, off, len);
            } catch (ClosedChannelException e) {
                throw asStream(e);
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    static final class Source implements ReadableByteChannel {
        private final StreamSocket socket;

        Source(StreamSocket socket) {
            this.socket = socket;
        }

        @Override
        public int read(ByteBuffer dst) throws IOException {
            return socket.read(dst);
        }

        @Override
        public boolean isOpen() {
            return socket.isOpen();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    static final class Sink implements WritableByteChannel {
        private final StreamSocket socket;

        Sink(StreamSocket socket) {
            this.socket = socket;
        }

        @Override
        public int write(ByteBuffer src) throws IOException {
            return socket.write(src);
        }

        @Override
        public boolean isOpen() {
            return socket.isOpen();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
