package dev.millrace.cli.http;

import dev.millrace.TcpSocket;
import dev.millrace.jdk.StackSocket;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;

/// A connected socket that a peer cannot hold for ever. Beside the time-out of each read it has a deadline for all of them
/// together, so that a byte now and then is not enough, and it tells whether the peer reads.
final class TimedSocket extends StackSocket {
    private static final long NEVER = Long.MAX_VALUE;

    private volatile int timeoutMs;
    private volatile long deadlineNs = NEVER;
    private volatile long writingSinceNs = NEVER;
    private volatile Duration linger = Duration.ZERO;
    private volatile boolean lingered;

    TimedSocket(TcpSocket socket) throws SocketException {
        super(socket);
    }

    /// Reads fail from this moment of [System#nanoTime()] on.
    void setReadDeadline(long nanoTime) {
        deadlineNs = nanoTime;
    }

    /// Lets reads take as long as the time-out of each allows.
    void clearReadDeadline() {
        deadlineNs = NEVER;
    }

    /// Has [#close()] send FIN first and read on for this long at most, so that an answer reaches a peer that still sends
    /// and is not overtaken by the RST that its bytes would cause (RFC 9112 §9.6).
    void lingerOnClose(Duration most) {
        linger = most;
    }

    /// Whether a piece of what is written has waited since before this moment of [System#nanoTime()]: the peer does not
    /// read.
    boolean isStuckSince(long nanoTime) {
        long since = writingSinceNs;
        return since != NEVER && since - nanoTime < 0;
    }

    /// Resets the connection.
    void abort() {
        tcpSocket().abort();
    }

    /// Notes when a write began, in pieces that a slow peer can take in time.
    private final class Output extends OutputStream {
        private static final int PIECE = 64 * 1024;

        private final OutputStream out;

        Output(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            try {
                for (int done = 0; done < len; done += PIECE) {
                    writingSinceNs = System.nanoTime();
                    out.write(b, off + done, Math.min(PIECE, len - done));
                }
            } finally {
                writingSinceNs = NEVER;
            }
        }

        @Override
        public void close() throws IOException {
            TimedSocket.this.close();
        }
    }

    private final class Input extends InputStream {
        private final InputStream in;

        Input(InputStream in) {
            this.in = in;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            long ms = timeoutMs;
            if (deadlineNs != NEVER) {
                long left = (deadlineNs - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    throw new SocketTimeoutException("Read timed out");
                }
                ms = ms == 0 ? left : Math.min(ms, left);
            }
            tcpSocket().setReadTimeout(Duration.ofMillis(ms));
            return in.read(b, off, len);
        }

        @Override
        public int available() throws IOException {
            return in.available();
        }

        @Override
        public void close() throws IOException {
            TimedSocket.this.close();
        }
    }

    @Override
    public InputStream getInputStream() throws IOException {
        return new Input(super.getInputStream());
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        return new Output(super.getOutputStream());
    }

    @Override
    public void setSoTimeout(int timeout) throws SocketException {
        super.setSoTimeout(timeout);
        timeoutMs = timeout;
    }

    /// A linger of nothing is HttpCore's way to close at once.
    @Override
    public void setSoLinger(boolean on, int seconds) throws SocketException {
        if (on && seconds == 0) {
            abort();
        } else {
            super.setSoLinger(on, seconds);
        }
    }

    /// What the peer still sends is read while this lingers.
    @Override
    public void shutdownInput() throws IOException {
        if (linger.isZero()) {
            super.shutdownInput();
        }
    }

    @Override
    public void close() throws IOException {
        try {
            if (!linger.isZero() && !lingered && !isClosed()) {
                lingered = true;
                linger();
            }
        } catch (IOException e) {
            // The peer is gone, or goes on sending: it had its time.
        } finally {
            super.close();
        }
    }

    private void linger() throws IOException {
        InputStream in = getInputStream();
        if (!isOutputShutdown()) {
            shutdownOutput();
        }
        setReadDeadline(System.nanoTime() + linger.toNanos());
        byte[] thrownAway = new byte[8192];
        int n;
        do {
            n = in.read(thrownAway, 0, thrownAway.length);
        } while (n >= 0);
    }
}
