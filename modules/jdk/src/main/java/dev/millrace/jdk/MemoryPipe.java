package dev.millrace.jdk;

import dev.millrace.Readiness;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.Pipe;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.function.Consumer;

/// A pipe within the process, whose ends a [StackSelector] can watch: the kernel's cannot be.
final class MemoryPipe extends Pipe {
    private static final int CAPACITY = 64 * 1024;

    private final SourceEnd source;
    private final SinkEnd sink;
    // Guarded by this.
    private byte[] ring;
    private int first;
    private int size;

    MemoryPipe(SelectorProvider provider, Waiting waiting) {
        source = new SourceEnd(provider, waiting);
        sink = new SinkEnd(provider, waiting);
    }

    @Override
    public SourceChannel source() {
        return source;
    }

    @Override
    public SinkChannel sink() {
        return sink;
    }

    private static void checkMayCall(SelectableChannel end) throws IOException {
        if (!end.isOpen()) {
            throw new ClosedChannelException();
        }
        if (end.isBlocking()) {
            ChannelExceptions.checkInterrupt(end);
        }
    }

    private static boolean hasRemaining(ByteBuffer[] buffers, int offset, int length) {
        for (int i = offset; i < offset + length; i++) {
            if (buffers[i].hasRemaining()) {
                return true;
            }
        }
        return false;
    }

    private synchronized int size() {
        return size;
    }

    private synchronized int take(ByteBuffer dst) {
        int n = 0;
        while (size > 0 && dst.hasRemaining()) {
            int part = Math.min(Math.min(size, CAPACITY - first), dst.remaining());
            dst.put(ring, first, part);
            first = (first + part) % CAPACITY;
            size -= part;
            n += part;
        }
        return n;
    }

    private synchronized int put(ByteBuffer src) {
        if (ring == null) {
            ring = new byte[CAPACITY];
        }
        int n = 0;
        while (size < CAPACITY && src.hasRemaining()) {
            int at = (first + size) % CAPACITY;
            int part = Math.min(Math.min(CAPACITY - size, CAPACITY - at), src.remaining());
            src.get(ring, at, part);
            size += part;
            n += part;
        }
        return n;
    }

    private final class SourceEnd extends SourceChannel implements Watched {
        private final Audience audience;

        SourceEnd(SelectorProvider provider, Waiting waiting) {
            super(provider);
            audience = new Audience(this, waiting);
        }

        @Override
        public int read(ByteBuffer dst) throws IOException {
            return (int) read(new ByteBuffer[] {Objects.requireNonNull(dst)}, 0, 1);
        }

        @Override
        public long read(ByteBuffer[] dsts) throws IOException {
            return read(dsts, 0, dsts.length);
        }

        @Override
        public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, dsts.length);
            checkMayCall(this);
            for (int i = offset; i < offset + length; i++) {
                if (dsts[i].isReadOnly()) {
                    throw new IllegalArgumentException("Read-only buffer");
                }
            }
            while (true) {
                if (!isOpen()) {
                    throw new ClosedChannelException();
                }
                // In this order: what was written before the end is read before it.
                boolean ended = !sink.isOpen();
                long n = 0;
                boolean hasRoom = false;
                for (int i = offset; i < offset + length; i++) {
                    hasRoom |= dsts[i].hasRemaining();
                    n += take(dsts[i]);
                }
                if (n > 0) {
                    sink.audience.tell();
                }
                if (n > 0 || !hasRoom) {
                    return n;
                }
                if (ended) {
                    return -1;
                }
                if (!isBlocking()) {
                    return 0;
                }
                audience.await(SelectionKey.OP_READ, Long.MAX_VALUE);
                IOException over = ChannelExceptions.ofWaiter(this);
                if (over != null) {
                    throw over;
                }
            }
        }

        @Override
        public int readyOps() {
            return size() > 0 || !sink.isOpen() || !isOpen() ? SelectionKey.OP_READ : 0;
        }

        @Override
        public Audience audience() {
            return audience;
        }

        @Override
        public void onReady(Consumer<Readiness> listener) {
            // The ends tell each other.
        }

        @Override
        protected void implConfigureBlocking(boolean block) {
            // Each call looks which it is.
        }

        @Override
        protected void implCloseSelectableChannel() {
            audience.tell();
            sink.audience.tell();
        }
    }

    private final class SinkEnd extends SinkChannel implements Watched {
        private final Audience audience;

        SinkEnd(SelectorProvider provider, Waiting waiting) {
            super(provider);
            audience = new Audience(this, waiting);
        }

        @Override
        public int write(ByteBuffer src) throws IOException {
            return (int) write(new ByteBuffer[] {Objects.requireNonNull(src)}, 0, 1);
        }

        @Override
        public long write(ByteBuffer[] srcs) throws IOException {
            return write(srcs, 0, srcs.length);
        }

        @Override
        public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
            Objects.checkFromIndexSize(offset, length, srcs.length);
            checkMayCall(this);
            if (!hasRemaining(srcs, offset, length)) {
                // As the JDK's, which does not find out then whether anybody reads.
                return 0;
            }
            long n = 0;
            int i = offset;
            while (true) {
                if (!isOpen()) {
                    throw new ClosedChannelException();
                }
                if (!source.isOpen()) {
                    throw new IOException("Broken pipe");
                }
                long before = n;
                while (i < offset + length) {
                    n += put(srcs[i]);
                    if (srcs[i].hasRemaining()) {
                        break;
                    }
                    i++;
                }
                if (n > before) {
                    source.audience.tell();
                }
                if (i == offset + length || !isBlocking()) {
                    return n;
                }
                audience.await(SelectionKey.OP_WRITE, Long.MAX_VALUE);
                IOException over = ChannelExceptions.ofWaiter(this);
                if (over != null) {
                    throw over;
                }
            }
        }

        @Override
        public int readyOps() {
            return size() < CAPACITY || !source.isOpen() || !isOpen() ? SelectionKey.OP_WRITE : 0;
        }

        @Override
        public Audience audience() {
            return audience;
        }

        @Override
        public void onReady(Consumer<Readiness> listener) {
            // The ends tell each other.
        }

        @Override
        protected void implConfigureBlocking(boolean block) {
            // Each call looks which it is.
        }

        @Override
        protected void implCloseSelectableChannel() {
            audience.tell();
            source.audience.tell();
        }
    }
}
