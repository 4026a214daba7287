package dev.millrace.packetdrill.call;

import dev.millrace.packetdrill.run.SkipException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/// What a number that a system call returned stands for.
abstract class Descriptor {
    /// Whether calls never wait.
    boolean nonBlocking;
    /// How many times it may have become ready.
    long news;

    /// What it is ready for, in bits of poll.
    int ready() throws IOException {
        return 0;
    }

    /// Ends it.
    abstract Attempt close() throws IOException;

    /// Ends it whatever is in the way.
    abstract void abandon();

    // ---- what only some can do

    Outcome bind(InetSocketAddress address) throws IOException, SkipException {
        return Outcome.of(Errno.EINVAL);
    }

    Outcome listen(int backlog) throws IOException, SkipException {
        return Outcome.of(Errno.EOPNOTSUPP);
    }

    /// @param taker gets the connection
    Attempt accept(Consumer<Descriptor> taker) throws SkipException {
        return _ -> Outcome.of(Errno.EOPNOTSUPP);
    }

    Attempt connect(InetSocketAddress address) throws SkipException {
        return _ -> Outcome.of(Errno.EOPNOTSUPP);
    }

    Attempt read(int length, long flags) throws SkipException {
        return _ -> Outcome.of(Errno.EINVAL);
    }

    /// @param to whom, or `null` for the peer
    Attempt write(int length, long flags, InetSocketAddress to) throws SkipException {
        return _ -> Outcome.of(Errno.EINVAL);
    }

    Outcome shutdown(int how) throws IOException, SkipException {
        return Outcome.of(Errno.ENOTCONN);
    }

    /// The bytes that can be read.
    int available() throws IOException, SkipException {
        throw new SkipException(null, "how much there is to be read from this descriptor");
    }

    /// The bytes that are not acknowledged.
    long queued() throws IOException, SkipException {
        throw new SkipException(null, "how much there is to be sent by this descriptor");
    }

    /// How long reads and writes wait; 0 is for ever.
    long timeoutNs(boolean reading) {
        return 0;
    }
}
