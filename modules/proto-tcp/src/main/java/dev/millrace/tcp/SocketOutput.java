package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// The writing side of a socket. One thread at a time writes, under a lock that it keeps while it waits for room.
final class SocketOutput {
    /// How much is written under the engine's lock at once: enough to cut a batch of segments from, little enough that
    /// they leave while the rest is copied.
    private static final int WRITE_STEP = 256 * 1024;

    private final SocketLife life;
    private final Blocking blocking;
    private final DirectionLock lock = new DirectionLock();
    /// Guarded by lock.
    private final ProgramMemory source = new ProgramMemory();

    SocketOutput(SocketLife life, Blocking blocking) {
        this.life = life;
        this.blocking = blocking;
    }

    int write(ByteBuffer src, WriteKind kind) throws IOException {
        ConnectionEndpoint e = life.connected();
        blocking.lock(life, lock, Long.MAX_VALUE, ErrorCode.SOCKET_CLOSED);
        try {
            return write(e, src, kind);
        } finally {
            lock.give(e);
        }
    }

    /// Gathers: all but the last say that more is to come.
    long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        ConnectionEndpoint e = life.connected();
        blocking.lock(life, lock, Long.MAX_VALUE, ErrorCode.SOCKET_CLOSED);
        try {
            int last = lastWithBytes(srcs, offset, length);
            long n = 0;
            for (int i = offset; i <= last; i++) {
                n += write(e, srcs[i], i < last ? WriteKind.MORE : WriteKind.PLAIN);
            }
            return n;
        } finally {
            lock.give(e);
        }
    }

    private static int lastWithBytes(ByteBuffer[] srcs, int offset, int length) {
        int last = offset + length - 1;
        while (last >= offset && !srcs[last].hasRemaining()) {
            last--;
        }
        return last;
    }

    /// Called with the lock held.
    private int write(ConnectionEndpoint e, ByteBuffer src, WriteKind kind) throws IOException {
        int n = src.remaining();
        write(e, source.of(src), src.position(), n, kind);
        src.position(src.limit());
        return n;
    }

    void write(byte[] src, int offset, int length) throws IOException {
        ConnectionEndpoint e = life.connected();
        blocking.lock(life, lock, Long.MAX_VALUE, ErrorCode.SOCKET_CLOSED);
        try {
            write(e, source.of(src), offset, length, WriteKind.PLAIN);
        } finally {
            lock.give(e);
        }
    }

    /// Called with the lock held.
    private void write(ConnectionEndpoint e, MemorySegment src, int at, int length, WriteKind kind)
            throws IOException {
        int done = 0;
        while (done < length) {
            life.checkOpen();
            int n = e.gate.write(src, at + done, Math.min(length - done, WRITE_STEP), kind);
            done += n;
            if (n == 0) {
                blocking.await(life, Wakeups.WRITABLE, Long.MAX_VALUE, Wakeups.Role.WRITES);
            }
        }
    }

    int tryWrite(ByteBuffer src, WriteKind kind) throws IOException {
        ConnectionEndpoint e = life.connected();
        if (!src.hasRemaining() || !lock.tryTake()) {
            return 0;
        }
        try {
            return tryWrite(e, src, kind);
        } finally {
            lock.give(e);
        }
    }

    long tryWrite(ByteBuffer[] srcs, int offset, int length) throws IOException {
        ConnectionEndpoint e = life.connected();
        int last = lastWithBytes(srcs, offset, length);
        if (last < offset || !lock.tryTake()) {
            return 0;
        }
        try {
            long n = 0;
            for (int i = offset; i <= last; i++) {
                n += tryWrite(e, srcs[i], i < last ? WriteKind.MORE : WriteKind.PLAIN);
                if (srcs[i].hasRemaining()) {
                    break;
                }
            }
            return n;
        } finally {
            lock.give(e);
        }
    }

    /// Called with the lock held.
    private int tryWrite(ConnectionEndpoint e, ByteBuffer src, WriteKind kind) throws IOException {
        life.checkOpen();
        int n = e.gate.write(source.of(src), src.position(), src.remaining(), kind);
        src.position(src.position() + n);
        return n;
    }

    /// Forgets the program's memory, unless a thread is writing.
    void discard(ConnectionEndpoint e) {
        if (lock.tryLock()) {
            try {
                source.forget();
            } finally {
                lock.give(e);
            }
        }
    }
}
