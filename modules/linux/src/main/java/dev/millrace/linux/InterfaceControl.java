package dev.millrace.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks and tells the kernel about an interface as a whole: index, MTU, up or down, hardware address. Through a socket of its
/// own, in the network namespace of the thread, or through one that is there, in that socket's namespace. For one thread.
public final class InterfaceControl implements AutoCloseable {
    /// Where the union of `struct ifreq` begins, behind the name.
    public static final long UNION = 16;

    private static final Logger LOG = LoggerFactory.getLogger(InterfaceControl.class);
    private static final int REQUEST_LENGTH = 40;
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;
    private static final long SIOCGIFMTU = 0x8921;
    private static final long SIOCSIFMTU = 0x8922;
    private static final long SIOCGIFHWADDR = 0x8927;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final int IFF_UP = 1;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = Libc.newState(arena);
    private final MemorySegment request = newRequest(arena);
    private final String name;
    private final CallFailures failures;
    private final int fd;
    private final boolean ownsFd;

    /// With a socket of its own.
    public InterfaceControl(String name, CallFailures failures) throws IOException {
        this.name = name;
        this.failures = failures;
        ownsFd = true;
        fd = Libc.socket(state, Libc.AF_INET, Libc.SOCK_DGRAM | Libc.O_CLOEXEC, 0);
        if (fd < 0) {
            int errno = Libc.errno(state);
            arena.close();
            throw failures.of("socket(AF_INET)", name, errno);
        }
    }

    /// Through an open socket, which stays open.
    public InterfaceControl(String name, CallFailures failures, int fd) {
        this.name = name;
        this.failures = failures;
        this.fd = fd;
        ownsFd = false;
    }

    /// Memory for a `struct ifreq`.
    public static MemorySegment newRequest(Arena arena) {
        return arena.allocate(REQUEST_LENGTH, 8);
    }

    /// Clears the request but for the name.
    public static void setName(MemorySegment request, String name) {
        request.fill((byte) 0);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, request, JAVA_BYTE, 0, bytes.length);
    }

    /// The name in a request.
    public static String name(MemorySegment request) {
        return request.asSlice(0, UNION).getString(0, StandardCharsets.UTF_8);
    }

    /// Returns errno, or 0.
    private int ask(long what) {
        setName(request, name);
        return tell(what);
    }

    private int tell(long what) {
        return Libc.ioctl(state, fd, what, request.address()) < 0 ? Libc.errno(state) : 0;
    }

    /// The interface index, or 0 if there is no such interface in this network namespace.
    public int index() {
        return ask(SIOCGIFINDEX) == 0 ? request.get(JAVA_INT, UNION) : 0;
    }

    /// The hardware type (`ARPHRD_…` of linux/if_arp.h) and address: the type in the upper 16 bits, a MAC address in the
    /// lower 48.
    public long hardware() throws IOException {
        int errno = ask(SIOCGIFHWADDR);
        if (errno != 0) {
            throw failures.of("ioctl(SIOCGIFHWADDR)", name, errno);
        }
        long hardware = Short.toUnsignedLong(request.get(JAVA_SHORT, UNION));
        for (int i = 0; i < 6; i++) {
            hardware = hardware << 8 | request.get(JAVA_BYTE, UNION + 2 + i) & 0xff;
        }
        return hardware;
    }

    /// Whether it is up. An interface of which nothing is known here, because it is in another namespace, is.
    ///
    /// @param elsewhere whether it may be in another namespace
    public boolean isUp(boolean elsewhere) throws IOException {
        int errno = ask(SIOCGIFFLAGS);
        if (errno != 0) {
            if (elsewhere) {
                return true;
            }
            throw failures.of("ioctl(SIOCGIFFLAGS)", name, errno);
        }
        return (request.get(JAVA_SHORT, UNION) & IFF_UP) != 0;
    }

    /// Sets the interface up if it is down and that is wanted. Returns whether it is up.
    ///
    /// @param wanted whether to set it up
    /// @param elsewhere whether it may be in another namespace
    public boolean bringUp(boolean wanted, boolean elsewhere) throws IOException {
        if (isUp(elsewhere)) {
            return true;
        }
        if (!wanted) {
            LOG.warn("{} is down; nothing is carried until somebody says: ip link set {} up", name, name);
            return false;
        }
        request.set(JAVA_SHORT, UNION, (short) (request.get(JAVA_SHORT, UNION) | IFF_UP));
        int errno = tell(SIOCSIFFLAGS);
        if (errno != 0) {
            throw failures.down(name, errno);
        }
        return true;
    }

    /// The MTU in bytes, or 0 if the interface may be in another namespace and nothing is known of it here.
    ///
    /// @param elsewhere whether it may be in another namespace
    public int mtu(boolean elsewhere) throws IOException {
        int errno = ask(SIOCGIFMTU);
        if (errno == 0) {
            return request.get(JAVA_INT, UNION);
        }
        if (elsewhere) {
            return 0;
        }
        throw failures.of("ioctl(SIOCGIFMTU)", name, errno);
    }

    /// Gives the interface another MTU.
    ///
    /// @param own what it is now, in bytes
    /// @param wanted in bytes
    public void setMtu(int own, int wanted) throws IOException {
        setName(request, name);
        request.set(JAVA_INT, UNION, wanted);
        int errno = tell(SIOCSIFMTU);
        if (errno != 0) {
            throw failures.mtu(name, own, wanted, errno);
        }
    }

    @Override
    public void close() {
        if (ownsFd) {
            Libc.close(state, fd);
        }
        arena.close();
    }
}
