package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.spi.SocketErrors;
import dev.millrace.tcp.engine.ReceivedBytes;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.tcp.engine.TcpState;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// The reading side of a socket. One thread at a time reads, under a lock that it keeps while it waits; the engine's lock
/// is never kept while waiting, nor while bytes are copied to the program.
final class SocketInput {
    private final SocketLife life;
    private final Blocking blocking;
    private final DirectionLock lock = new DirectionLock();
    /// Guarded by lock. On their way from the engine to the program; what a failed copy or a peek has left comes first.
    private final ReceivedBytes received = new ReceivedBytes();
    /// Guarded by lock.
    private final ProgramMemory target = new ProgramMemory();
    /// How many bytes are in `received`; written under lock.
    private volatile int left;
    private volatile boolean shut;

    SocketInput(SocketLife life, Blocking blocking) {
        this.life = life;
        this.blocking = blocking;
    }

    int read(ByteBuffer dst) throws IOException {
        ConnectionEndpoint e = life.connected();
        if (!dst.hasRemaining()) {
            return 0;
        }
        long deadline = lockForReading();
        try {
            int n = read(e, target.writable(dst), dst.position(), dst.remaining(), deadline);
            if (n > 0) {
                dst.position(dst.position() + n);
            }
            return n;
        } finally {
            leave(e);
        }
    }

    int read(byte[] dst, int offset, int length) throws IOException {
        ConnectionEndpoint e = life.connected();
        if (length == 0) {
            return 0;
        }
        long deadline = lockForReading();
        try {
            return read(e, target.of(dst), offset, length, deadline);
        } finally {
            leave(e);
        }
    }

    /// Takes the lock and returns when the time for reading is over.
    private long lockForReading() throws IOException {
        long deadline = blocking.deadline(life.readTimeoutNs);
        blocking.lock(life, lock, deadline, ErrorCode.READ_TIMEOUT);
        return deadline;
    }

    /// Gives the lock back. Who closes meanwhile finds it taken and leaves what is here to the reader.
    private void leave(ConnectionEndpoint e) {
        lock.give(e);
        if (shut || life.isOver()) {
            discard(e);
        }
    }

    /// Called with the lock held.
    private int read(ConnectionEndpoint e, MemorySegment dst, int at, int length, long deadline) throws IOException {
        while (true) {
            int n = move(e, dst, at, length);
            if (n != 0) {
                return n;
            }
            if (!blocking.await(life, Wakeups.READABLE, deadline, Wakeups.Role.READS)) {
                throw SocketErrors.of(ErrorCode.READ_TIMEOUT);
            }
        }
    }

    int tryRead(ByteBuffer dst) throws IOException {
        ConnectionEndpoint e = life.connected();
        if (!dst.hasRemaining() || !lock.tryTake()) {
            return 0;
        }
        try {
            int n = move(e, target.writable(dst), dst.position(), dst.remaining());
            if (n > 0) {
                dst.position(dst.position() + n);
            }
            return n;
        } finally {
            leave(e);
        }
    }

    /// Copies what can be read without waiting, and leaves it to be read.
    int peek(ByteBuffer dst) throws IOException {
        ConnectionEndpoint e = life.connected();
        if (!dst.hasRemaining() || !lock.tryTake()) {
            return 0;
        }
        try {
            int wanted = dst.remaining();
            int n = fillUp(e, wanted);
            if (n <= 0) {
                return n;
            }
            int copied = received.copyTo(target.writable(dst), dst.position(), wanted);
            dst.position(dst.position() + copied);
            return copied;
        } finally {
            leave(e);
        }
    }

    /// Called with the lock held: what there is, 0 if there is nothing yet, -1 at the end.
    private int move(ConnectionEndpoint e, MemorySegment dst, int at, int length) throws IOException {
        int n = fillUp(e, length);
        if (n <= 0) {
            return n;
        }
        life.checkOpen();
        try {
            return received.moveTo(dst, at, length);
        } finally {
            left = received.length();
        }
    }

    /// Sees to it that `received` has up to `wanted` bytes. Returns how many are there, or as [#move] if none are. What is
    /// there is to be had whatever became of the connection: its failure is told when nothing is left.
    private int fillUp(ConnectionEndpoint e, int wanted) throws IOException {
        int n = received.length();
        if (n == 0) {
            return fill(e, wanted);
        }
        if (n < wanted && e.gate.available() > 0) {
            fill(e, wanted - n);
        }
        return received.length();
    }

    /// Moves up to `max` bytes from the engine to `received`; returns as [#move].
    private int fill(ConnectionEndpoint e, int max) throws IOException {
        life.checkOpen();
        if (shut) {
            return -1;
        }
        if (!e.wakeups.is(Wakeups.READABLE) && e.wakeups.state() != TcpState.SYN_SENT) {
            // Before the handshake the engine hears of it all the same: its SYN may wait for something to be written.
            return 0;
        }
        int n = e.gate.read(received, max);
        if (n > 0) {
            left = received.length();
        }
        return n;
    }

    /// The bytes that can be read without waiting.
    int available() throws IOException {
        return shut ? 0 : left + life.connected().gate.available();
    }

    /// The bytes up to the end of the peer's urgent data, those that are here already included; 0 if there is none.
    long urgentBytes() throws IOException {
        return shut ? 0 : Math.max(0, life.connected().gate.inspect(TcpConnection::urgentDistance) + left);
    }

    /// Whether there are bytes here that the engine knows nothing of any more.
    boolean hasLeft() {
        return left > 0;
    }

    void shutdown() throws IOException {
        ConnectionEndpoint e = life.connected();
        shut = true;
        // Makes the engine's side readable for ever: the end of the stream is what there is to read.
        e.gate.shutdownInput();
        discard(e);
    }

    /// Gives back what nobody will read, unless a thread is reading: it will find the socket closed.
    void discard(ConnectionEndpoint e) {
        if (lock.tryLock()) {
            try {
                received.clear();
                left = 0;
                target.forget();
            } finally {
                lock.give(e);
            }
        }
    }
}
