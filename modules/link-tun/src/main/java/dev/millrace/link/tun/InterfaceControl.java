package dev.millrace.link.tun;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks and tells the kernel about an interface as a whole: index, MTU, up or down. Through a socket of its own, in the
/// network namespace of the thread.
final class InterfaceControl implements AutoCloseable {
    /// Where the union of `struct ifreq` begins, behind the name.
    static final long UNION = 16;

    private static final Logger LOG = LoggerFactory.getLogger(InterfaceControl.class);
    private static final int REQUEST_LENGTH = 40;
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;
    private static final long SIOCGIFMTU = 0x8921;
    private static final long SIOCSIFMTU = 0x8922;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final int IFF_UP = 1;
    private static final int DEFAULT_MTU = 1500;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state = Libc.newState(arena);
    private final MemorySegment request = newRequest(arena);
    private final String name;
    private final TunSettings settings;
    private final TunFailures failures;
    private final int fd;

    InterfaceControl(String name, TunSettings settings, TunFailures failures) throws TunException {
        this.name = name;
        this.settings = settings;
        this.failures = failures;
        fd = Libc.socket(state, Libc.AF_INET, Libc.SOCK_DGRAM | Libc.O_CLOEXEC, 0);
        if (fd < 0) {
            int errno = Libc.errno(state);
            arena.close();
            throw failures.of("socket(AF_INET)", name, errno);
        }
    }

    static MemorySegment newRequest(Arena arena) {
        return arena.allocate(REQUEST_LENGTH, 8);
    }

    static void setName(MemorySegment request, String name) {
        request.fill((byte) 0);
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        MemorySegment.copy(bytes, 0, request, JAVA_BYTE, 0, bytes.length);
    }

    static String name(MemorySegment request) {
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

    /// The interface index, or 0 if the device is in another network namespace.
    int index() {
        return ask(SIOCGIFINDEX) == 0 ? request.get(JAVA_INT, UNION) : 0;
    }

    /// Sets the device up if it is down and the settings want it. Returns whether it is up.
    boolean bringUp() throws TunException {
        int errno = ask(SIOCGIFFLAGS);
        if (errno != 0) {
            // A descriptor that was handed to us may be of a device of another namespace: nothing is known of it here.
            if (settings.fd() >= 0) {
                return true;
            }
            throw failures.of("ioctl(SIOCGIFFLAGS)", name, errno);
        }
        int flags = request.get(JAVA_SHORT, UNION);
        if ((flags & IFF_UP) != 0) {
            return true;
        }
        if (!settings.up()) {
            LOG.warn("{} is down; nothing is carried until somebody says: ip link set {} up", name, name);
            return false;
        }
        request.set(JAVA_SHORT, UNION, (short) (flags | IFF_UP));
        errno = tell(SIOCSIFFLAGS);
        if (errno != 0) {
            throw failures.down(name, errno);
        }
        return true;
    }

    /// The MTU, after it was set to what the settings want.
    int mtu() throws TunException {
        int errno = ask(SIOCGIFMTU);
        if (errno != 0) {
            if (settings.fd() >= 0) {
                return settings.mtu() == 0 ? DEFAULT_MTU : settings.mtu();
            }
            throw failures.of("ioctl(SIOCGIFMTU)", name, errno);
        }
        int own = request.get(JAVA_INT, UNION);
        int wanted = settings.mtu();
        if (wanted == 0 || wanted == own) {
            return own;
        }
        request.set(JAVA_INT, UNION, wanted);
        errno = tell(SIOCSIFMTU);
        if (errno != 0) {
            throw failures.mtu(name, own, wanted, errno);
        }
        return wanted;
    }

    @Override
    public void close() {
        Libc.close(state, fd);
        arena.close();
    }
}
