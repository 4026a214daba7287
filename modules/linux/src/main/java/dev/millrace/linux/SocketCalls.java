package dev.millrace.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/// The system calls of sockets that only some links need, in the manner of [Libc].
public final class SocketCalls {
    /// The level of options of every socket.
    public static final int SOL_SOCKET = 1;
    /// Of [#SOL_SOCKET]: the error that waits, which reading it takes away.
    public static final int SO_ERROR = 4;
    /// Of [#SOL_SOCKET]: the bytes that may wait to be sent, as far as `net.core.wmem_max` allows.
    public static final int SO_SNDBUF = 7;
    /// Of [#SOL_SOCKET]: the bytes that may wait to be received, as far as `net.core.rmem_max` allows.
    public static final int SO_RCVBUF = 8;
    /// As [#SO_SNDBUF] without that limit; needs CAP_NET_ADMIN.
    public static final int SO_SNDBUFFORCE = 32;
    /// As [#SO_RCVBUF] without that limit; needs CAP_NET_ADMIN.
    public static final int SO_RCVBUFFORCE = 33;
    /// Of sendmmsg and recvmmsg: do not wait.
    public static final int MSG_DONTWAIT = 0x40;
    /// In what recvmmsg says of a message: it was longer than the memory for it.
    public static final int MSG_TRUNC = 0x20;

    private static final MethodHandle SETSOCKOPT = Libc.call("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
            JAVA_LONG, JAVA_INT);
    private static final MethodHandle GETSOCKOPT = Libc.call("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT,
            JAVA_LONG, JAVA_LONG);
    private static final MethodHandle SENDMMSG = Libc.call("sendmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle RECVMMSG = Libc.call("recvmmsg", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT,
            JAVA_LONG);

    private SocketCalls() {
    }

    /// setsockopt(2). Returns -1 if it failed.
    ///
    /// @param value where the value is
    public static int setsockopt(MemorySegment state, int fd, int level, int option, MemorySegment value) {
        try {
            return (int) SETSOCKOPT.invokeExact(state, fd, level, option, value.address(), (int) value.byteSize());
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    /// setsockopt(2) with a value that is an `int`. Returns errno, or 0.
    public static int set(MemorySegment state, int fd, int level, int option, int value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(JAVA_INT);
            memory.set(JAVA_INT, 0, value);
            return setsockopt(state, fd, level, option, memory) < 0 ? Libc.errno(state) : 0;
        }
    }

    /// getsockopt(2). Returns -1 if it failed.
    ///
    /// @param value where the value goes; its size is the most that is taken
    public static int getsockopt(MemorySegment state, int fd, int level, int option, MemorySegment value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment length = arena.allocate(JAVA_INT);
            length.set(JAVA_INT, 0, (int) value.byteSize());
            return (int) GETSOCKOPT.invokeExact(state, fd, level, option, value.address(), length.address());
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    /// sendmmsg(2). Returns how many messages were sent; -1 if the first could not be.
    ///
    /// @param messages the address of `count` structures `mmsghdr`
    public static int sendmmsg(MemorySegment state, int fd, long messages, int count, int flags) {
        try {
            return (int) SENDMMSG.invokeExact(state, fd, messages, count, flags);
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }

    /// recvmmsg(2) without a time-out. Returns how many messages there were, or -1.
    ///
    /// @param messages the address of `count` structures `mmsghdr`
    public static int recvmmsg(MemorySegment state, int fd, long messages, int count, int flags) {
        try {
            return (int) RECVMMSG.invokeExact(state, fd, messages, count, flags, 0L);
        } catch (Throwable t) {
            throw Libc.unexpected(t);
        }
    }
}
