package dev.millrace.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/// The system calls, through the C library.
///
/// Each call writes errno into memory that the caller brings, and returns what C returns. Addresses travel as numbers,
/// which spares the hot path a slice for each call. Plain calls, not critical ones: those gain nothing on a device and
/// keep the garbage collector waiting while the kernel works.
public final class Libc {
    /// open(2): to read and write.
    public static final int O_RDWR = 2;
    /// Calls return EAGAIN instead of waiting.
    public static final int O_NONBLOCK = 0x800;
    /// Programs that this one starts do not get the descriptor.
    public static final int O_CLOEXEC = 0x80000;
    /// poll(2): there is something to read.
    public static final short POLLIN = 1;
    /// poll(2): there is an error.
    public static final short POLLERR = 8;
    /// fcntl(2): the open flags.
    public static final int F_GETFL = 3;
    /// fcntl(2): other open flags.
    public static final int F_SETFL = 4;
    /// Sockets of IPv4.
    public static final int AF_INET = 2;
    /// Sockets to parts of the kernel.
    public static final int AF_NETLINK = 16;
    /// Sockets of frames.
    public static final int AF_PACKET = 17;
    /// A datagram socket.
    public static final int SOCK_DGRAM = 2;
    /// A raw socket.
    public static final int SOCK_RAW = 3;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO = STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
    private static final Linker.Option CAPTURE = Linker.Option.captureCallState("errno");

    private static final MethodHandle OPEN = variadic("open", 2, JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT);
    private static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FCNTL = variadic("fcntl", 2, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle CLOSE = call("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle READ = call("read", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITE = call("write", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle WRITEV = call("writev", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle POLL = call("poll", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle EVENTFD = call("eventfd", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle SOCKET = call("socket", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle BIND = call("bind", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT);

    private Libc() {
    }

    static MethodHandle call(String name, ValueLayout result, ValueLayout... arguments) {
        return handle(name, FunctionDescriptor.of(result, arguments), CAPTURE);
    }

    private static MethodHandle variadic(String name, int firstVariadic, ValueLayout result, ValueLayout... arguments) {
        return handle(name, FunctionDescriptor.of(result, arguments), CAPTURE,
                Linker.Option.firstVariadicArg(firstVariadic));
    }

    // The module declares the native access that this needs.
    @SuppressWarnings("restricted")
    private static MethodHandle handle(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        MemorySegment symbol = LINKER.defaultLookup().find(name)
                .orElseThrow(() -> new UnsatisfiedLinkError("the C library has no " + name));
        return LINKER.downcallHandle(symbol, descriptor, options);
    }

    /// Memory for the errno of a call.
    public static MemorySegment newState(Arena arena) {
        return arena.allocate(STATE);
    }

    /// What errno was after the last call that was given this memory; meaningless unless that call failed.
    public static int errno(MemorySegment state) {
        return state.get(JAVA_INT, ERRNO);
    }

    /// open(2). Returns the descriptor, or -1.
    ///
    /// @param path the address of a string with a zero at its end
    public static int open(MemorySegment state, long path, int flags) {
        try {
            return (int) OPEN.invokeExact(state, path, flags, 0);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// ioctl(2). Returns -1 if it failed.
    public static int ioctl(MemorySegment state, int fd, long request, long argument) {
        try {
            return (int) IOCTL.invokeExact(state, fd, request, argument);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// fcntl(2). Returns -1 if it failed.
    public static int fcntl(MemorySegment state, int fd, int command, int argument) {
        try {
            return (int) FCNTL.invokeExact(state, fd, command, argument);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// close(2).
    public static int close(MemorySegment state, int fd) {
        try {
            return (int) CLOSE.invokeExact(state, fd);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// read(2). Returns the bytes read, or -1.
    public static long read(MemorySegment state, int fd, long address, long count) {
        try {
            return (long) READ.invokeExact(state, fd, address, count);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// write(2). Returns the bytes written, or -1.
    public static long write(MemorySegment state, int fd, long address, long count) {
        try {
            return (long) WRITE.invokeExact(state, fd, address, count);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// writev(2). Returns the bytes written, or -1.
    ///
    /// @param vectors the address of `count` parts
    public static long writev(MemorySegment state, int fd, long vectors, int count) {
        try {
            return (long) WRITEV.invokeExact(state, fd, vectors, count);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int poll(MemorySegment state, long descriptors, long count, int timeoutMs) {
        try {
            return (int) POLL.invokeExact(state, descriptors, count, timeoutMs);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    static int eventfd(MemorySegment state, int initial, int flags) {
        try {
            return (int) EVENTFD.invokeExact(state, initial, flags);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// socket(2). Returns the descriptor, or -1.
    public static int socket(MemorySegment state, int domain, int type, int protocol) {
        try {
            return (int) SOCKET.invokeExact(state, domain, type, protocol);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// bind(2). Returns -1 if it failed.
    ///
    /// @param address where the socket address is
    /// @param length its bytes
    public static int bind(MemorySegment state, int fd, long address, int length) {
        try {
            return (int) BIND.invokeExact(state, fd, address, length);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /// A call through a handle of fixed type throws nothing but errors of the JVM.
    static RuntimeException unexpected(Throwable t) {
        if (t instanceof Error e) {
            throw e;
        }
        throw new IllegalStateException(t);
    }
}
