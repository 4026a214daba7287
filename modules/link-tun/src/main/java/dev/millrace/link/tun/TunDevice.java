package dev.millrace.link.tun;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.millrace.linux.Errno;
import dev.millrace.linux.InterfaceControl;
import dev.millrace.linux.Libc;
import dev.millrace.linux.VnetHeader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An open device: its descriptors, one for each queue, and what the kernel said of it.
///
/// @param name as the kernel has it
/// @param index the interface index, or 0 if it is not known
/// @param mtu in bytes
/// @param isUp whether it is up
/// @param fds non-blocking descriptors
/// @param vnetHeader whether a [VnetHeader] is in front of each packet
/// @param offloads the mask that TUNSETOFFLOAD took
record TunDevice(String name, int index, int mtu, boolean isUp, int[] fds, boolean vnetHeader, int offloads) {
    /// Bits of [#offloads()].
    static final int CHECKSUM = 0x01;
    static final int TSO4 = 0x02;
    static final int TSO6 = 0x04;
    static final int TSO_ECN = 0x08;
    static final int USO4 = 0x20;
    static final int USO6 = 0x40;

    /// What is asked for, in turn, until the kernel agrees: it refuses the whole mask for one bit that it does not know
    /// (USO came with Linux 6.2).
    private static final int[] OFFLOADS = {
        CHECKSUM | TSO4 | TSO6 | TSO_ECN | USO4 | USO6, CHECKSUM | TSO4 | TSO6 | TSO_ECN, CHECKSUM | TSO4 | TSO6, CHECKSUM
    };

    private static final Logger LOG = LoggerFactory.getLogger(TunDevice.class);

    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETPERSIST = 0x400454cbL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNGETIFF = 0x800454d2L;
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;
    private static final int DEFAULT_MTU = 1500;
    private static final int IFF_TUN = 0x0001;
    private static final int IFF_TAP = 0x0002;
    private static final int IFF_MULTI_QUEUE = 0x0100;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;

    /// Opens and prepares a device. When it fails nothing stays open.
    static TunDevice open(TunSettings settings) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            var opening = new Opening(settings, arena);
            try {
                return opening.open();
            } catch (IOException | RuntimeException | Error e) {
                opening.undo();
                throw e;
            }
        }
    }

    boolean cutsTcp() {
        return (offloads & (TSO4 | TSO6)) == (TSO4 | TSO6);
    }

    boolean completesChecksums() {
        return (offloads & CHECKSUM) != 0;
    }

    /// Whether the first descriptor still belongs to a device.
    boolean isAttached() {
        try (Arena arena = Arena.ofConfined()) {
            return Libc.ioctl(Libc.newState(arena), fds[0], TUNGETIFF, InterfaceControl.newRequest(arena).address()) == 0;
        }
    }

    /// Closes the descriptors, and leaves a device that stays as its next user expects it.
    void close() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.newState(arena);
            for (int fd : fds) {
                if (offloads != 0) {
                    Libc.ioctl(state, fd, TUNSETOFFLOAD, 0);
                }
                Libc.close(state, fd);
            }
        }
    }

    private static final class Opening {
        private final TunSettings settings;
        private final TunFailures failures;
        private final Arena arena;
        private final MemorySegment state;
        private final MemorySegment request;
        private final int[] fds;
        private int opened;
        private String name;
        private boolean vnetHeader;

        Opening(TunSettings settings, Arena arena) {
            this.settings = settings;
            this.arena = arena;
            failures = new TunFailures(settings);
            state = Libc.newState(arena);
            request = InterfaceControl.newRequest(arena);
            fds = new int[settings.queues()];
            name = settings.name();
        }

        TunDevice open() throws IOException {
            if (settings.fd() >= 0) {
                adopt();
            } else {
                for (int i = 0; i < fds.length; i++) {
                    fds[i] = openDescriptor();
                    opened++;
                    attach(fds[i], i == 0);
                }
            }
            int offloads = 0;
            for (int i = 0; i < fds.length; i++) {
                offloads = offload(fds[i]);
                if (settings.persist() && Libc.ioctl(state, fds[i], TUNSETPERSIST, 1) < 0) {
                    throw failures.of("ioctl(TUNSETPERSIST)", name, Libc.errno(state));
                }
            }
            // A descriptor that was handed to us may be of a device of another namespace: nothing is known of it here.
            boolean elsewhere = settings.fd() >= 0;
            try (InterfaceControl control = new InterfaceControl(name, failures)) {
                boolean up = control.bringUp(settings.up(), elsewhere);
                return new TunDevice(name, control.index(), mtu(control, elsewhere), up, fds, vnetHeader, offloads);
            }
        }

        /// The MTU, after it was set to what the settings want.
        private int mtu(InterfaceControl control, boolean elsewhere) throws IOException {
            int own = control.mtu(elsewhere);
            int wanted = settings.mtu();
            if (own == 0) {
                return wanted == 0 ? DEFAULT_MTU : wanted;
            }
            if (wanted != 0 && wanted != own) {
                control.setMtu(own, wanted);
                return wanted;
            }
            return own;
        }

        private int openDescriptor() throws TunException {
            MemorySegment path = arena.allocateFrom("/dev/net/tun");
            int fd = Libc.open(state, path.address(), Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC);
            if (fd < 0) {
                throw failures.of("open(/dev/net/tun)", name, Libc.errno(state));
            }
            return fd;
        }

        /// Joins a descriptor to the device, which is made if there is none of that name.
        private void attach(int fd, boolean first) throws TunException {
            int flags = IFF_NO_PI | (settings.tap() ? IFF_TAP : IFF_TUN) | (settings.queues() > 1 ? IFF_MULTI_QUEUE : 0);
            vnetHeader = settings.offload();
            int errno = setInterface(fd, vnetHeader ? flags | IFF_VNET_HDR : flags);
            if (errno == Errno.EINVAL && first && settings.queues() == 1) {
                // One that was made for several queues wants to hear so, also from who has only one.
                flags |= IFF_MULTI_QUEUE;
                errno = setInterface(fd, vnetHeader ? flags | IFF_VNET_HDR : flags);
            }
            if (errno == Errno.EINVAL && vnetHeader) {
                vnetHeader = false;
                errno = setInterface(fd, flags);
                if (errno == 0) {
                    LOG.info("{}: this kernel has no IFF_VNET_HDR; packets cross one by one", name);
                }
            }
            if (errno != 0) {
                throw failures.of("ioctl(TUNSETIFF)", name, errno);
            }
            name = InterfaceControl.name(request);
            setHeaderSize(fd);
        }

        private int setInterface(int fd, int flags) {
            InterfaceControl.setName(request, name);
            request.set(JAVA_SHORT, InterfaceControl.UNION, (short) flags);
            return Libc.ioctl(state, fd, TUNSETIFF, request.address()) < 0 ? Libc.errno(state) : 0;
        }

        private void setHeaderSize(int fd) throws TunException {
            if (vnetHeader) {
                MemorySegment size = arena.allocate(JAVA_INT);
                size.set(JAVA_INT, 0, VnetHeader.LENGTH);
                if (Libc.ioctl(state, fd, TUNSETVNETHDRSZ, size.address()) < 0) {
                    throw failures.of("ioctl(TUNSETVNETHDRSZ)", name, Libc.errno(state));
                }
            }
        }

        /// Takes over a descriptor that another program, or this one, has opened and joined to a device.
        private void adopt() throws TunException {
            int fd = settings.fd();
            if (Libc.ioctl(state, fd, TUNGETIFF, request.address()) < 0) {
                throw failures.of("ioctl(TUNGETIFF)", name, Libc.errno(state));
            }
            String found = InterfaceControl.name(request);
            if (!name.isEmpty() && !name.equals(found)) {
                throw failures.wrongDescriptor(name, "is of the device " + found);
            }
            name = found;
            int flags = request.get(JAVA_SHORT, InterfaceControl.UNION);
            if ((flags & IFF_TAP) != 0 != settings.tap()) {
                throw failures.wrongDescriptor(name, "is of a " + (settings.tap() ? "TUN" : "TAP") + " device");
            }
            if ((flags & IFF_NO_PI) == 0) {
                throw failures.wrongDescriptor(name, "was opened without IFF_NO_PI");
            }
            int status = Libc.fcntl(state, fd, Libc.F_GETFL, 0);
            if (status < 0 || Libc.fcntl(state, fd, Libc.F_SETFL, status | Libc.O_NONBLOCK) < 0) {
                throw failures.of("fcntl(O_NONBLOCK)", name, Libc.errno(state));
            }
            vnetHeader = (flags & IFF_VNET_HDR) != 0;
            fds[0] = fd;
            opened = 1;
            setHeaderSize(fd);
        }

        private int offload(int fd) {
            if (settings.offload() && vnetHeader) {
                for (int mask : OFFLOADS) {
                    if (Libc.ioctl(state, fd, TUNSETOFFLOAD, mask) == 0) {
                        if (mask != OFFLOADS[0] && fd == fds[0]) {
                            LOG.info("{}: this kernel takes offloads 0x{} only", name, Integer.toHexString(mask));
                        }
                        return mask;
                    }
                }
                LOG.info("{}: this kernel takes no offloads; packets cross one by one", name);
            }
            // A device that stays keeps what its last user set, and would go on to leave checksums undone.
            Libc.ioctl(state, fd, TUNSETOFFLOAD, 0);
            return 0;
        }

        void undo() {
            for (int i = 0; i < opened; i++) {
                Libc.close(state, fds[i]);
            }
        }
    }
}
