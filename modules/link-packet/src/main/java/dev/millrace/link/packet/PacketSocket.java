package dev.millrace.link.packet;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.millrace.linux.Errno;
import dev.millrace.linux.InterfaceControl;
import dev.millrace.linux.Libc;
import dev.millrace.linux.MemoryMap;
import dev.millrace.linux.SocketCalls;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// An open packet socket (packet(7)) that is bound to an interface, and what the kernel said of both.
///
/// @param fd non-blocking
/// @param index the interface's index when it was opened
/// @param mtu of the interface, in bytes
/// @param isUp whether the interface is up
/// @param hardwareAddress the interface's MAC address, in the lower 48 bits
/// @param vnetHeader whether a vnet header is in front of each frame, in both directions
/// @param ignoresOutgoing whether the kernel keeps frames from us that this machine sends
/// @param ring the memory of the receive ring, or `null`
/// @param slotBytes of a ring in slots: the size of one; 0 of a ring in blocks
/// @param closing for the errno of the last call: the end must not need memory
record PacketSocket(PacketSettings settings, int fd, int index, int mtu, boolean isUp, long hardwareAddress,
        boolean vnetHeader, boolean ignoresOutgoing, MemoryMap ring, int slotBytes, MemorySegment closing) {
    private static final Logger LOG = LoggerFactory.getLogger(PacketSocket.class);

    private static final int SOL_PACKET = 263;
    private static final int PACKET_ADD_MEMBERSHIP = 1;
    private static final int PACKET_RX_RING = 5;
    private static final int PACKET_STATISTICS = 6;
    private static final int PACKET_COPY_THRESH = 7;
    private static final int PACKET_AUXDATA = 8;
    private static final int PACKET_VERSION = 10;
    private static final int PACKET_VNET_HDR = 15;
    private static final int PACKET_IGNORE_OUTGOING = 23;
    private static final int TPACKET_V2 = 1;
    private static final int TPACKET_V3 = 2;
    private static final int PACKET_MR_PROMISC = 1;
    private static final int PACKET_MR_ALLMULTI = 2;
    private static final int MEMBERSHIP_LENGTH = 16;
    private static final int ADDRESS_LENGTH = 20;
    private static final int SLOTS_REQUEST_LENGTH = 16;
    private static final int BLOCKS_REQUEST_LENGTH = 28;
    /// The smallest slot, and what is in a slot besides a packet of the network layer: headers, at most 96 bytes, and tags.
    private static final int MIN_SLOT = 2048;
    private static final int SLOT_OVERHEAD = 128;
    private static final int ETH_P_ALL = 3;
    private static final int ARPHRD_ETHER = 1;
    private static final int ARPHRD_LOOPBACK = 772;
    private static final long MAC_MASK = 0xffff_ffff_ffffL;

    /// Opens a socket. When it fails nothing stays open.
    static PacketSocket open(PacketSettings settings) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            var failures = new PacketFailures(settings);
            MemorySegment state = Libc.newState(arena);
            // Of no protocol yet, so that nothing comes in from interfaces that were not asked for.
            int fd = Libc.socket(state, Libc.AF_PACKET, Libc.SOCK_RAW | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
            if (fd < 0) {
                throw failures.of("socket(AF_PACKET)", settings.name(), Libc.errno(state));
            }
            var opening = new Opening(settings, failures, arena, state, fd);
            try {
                return opening.open();
            } catch (IOException | RuntimeException | Error e) {
                opening.undo();
                throw e;
            }
        }
    }

    /// Joins the socket to another interface, which has come in the place of the one that is gone. Returns whether that
    /// worked; if not, the log says why.
    boolean rebind(int newIndex) {
        try (Arena arena = Arena.ofConfined()) {
            var failures = new PacketFailures(settings);
            MemorySegment state = Libc.newState(arena);
            try (var control = new InterfaceControl(settings.name(), failures, fd)) {
                checkEthernet(control, failures);
            }
            join(state, arena, failures, fd, newIndex, settings);
            return true;
        } catch (IOException e) {
            LOG.warn("an interface of that name is there again, and cannot be used: {}", e.getMessage());
            return false;
        }
    }

    /// Takes the error that waits at the socket away. Returns its errno, or 0.
    int takeError() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment error = arena.allocate(JAVA_INT);
            int result = SocketCalls.getsockopt(Libc.newState(arena), fd, SocketCalls.SOL_SOCKET, SocketCalls.SO_ERROR, error);
            return result < 0 ? 0 : error.get(JAVA_INT, 0);
        }
    }

    /// How many frames the kernel dropped because nobody read fast enough, since this was asked last.
    long takeDropped() {
        try (Arena arena = Arena.ofConfined()) {
            // struct tpacket_stats_v3: packets, drops, times that the ring was full.
            MemorySegment statistics = arena.allocate(12, 4);
            return SocketCalls.getsockopt(Libc.newState(arena), fd, SOL_PACKET, PACKET_STATISTICS, statistics) < 0 ? 0
                    : Integer.toUnsignedLong(statistics.get(JAVA_INT, 4));
        }
    }

    void close() {
        if (ring != null) {
            ring.close();
        }
        Libc.close(closing, fd);
    }

    private static long checkEthernet(InterfaceControl control, PacketFailures failures) throws IOException {
        long hardware = control.hardware();
        int type = (int) (hardware >>> 48);
        if (type != ARPHRD_ETHER && type != ARPHRD_LOOPBACK) {
            throw failures.noEthernet(type);
        }
        return hardware & MAC_MASK;
    }

    private static void join(MemorySegment state, Arena arena, PacketFailures failures, int fd, int index,
            PacketSettings settings) throws IOException {
        // struct sockaddr_ll: family, protocol in network order, index, and what bind(2) does not look at.
        MemorySegment address = arena.allocate(ADDRESS_LENGTH, 4);
        address.set(JAVA_SHORT, 0, (short) Libc.AF_PACKET);
        address.set(JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN), 2, (short) ETH_P_ALL);
        address.set(JAVA_INT, 4, index);
        if (Libc.bind(state, fd, address.address(), ADDRESS_LENGTH) < 0) {
            throw failures.of("bind(AF_PACKET)", settings.name(), Libc.errno(state));
        }
        // struct packet_mreq: index, type. All multicasts: which groups the stack is in, the link does not know.
        MemorySegment membership = arena.allocate(MEMBERSHIP_LENGTH, 4);
        membership.set(JAVA_INT, 0, index);
        membership.set(JAVA_SHORT, 4, (short) (settings.promiscuous() ? PACKET_MR_PROMISC : PACKET_MR_ALLMULTI));
        if (SocketCalls.setsockopt(state, fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership) < 0) {
            throw failures.of("setsockopt(PACKET_ADD_MEMBERSHIP)", settings.name(), Libc.errno(state));
        }
    }

    private record Opening(PacketSettings settings, PacketFailures failures, Arena arena, MemorySegment state, int fd) {
        PacketSocket open() throws IOException {
            String name = settings.name();
            try (var control = new InterfaceControl(name, failures, fd)) {
                int index = control.index();
                if (index == 0) {
                    throw failures.missing();
                }
                long hardwareAddress = checkEthernet(control, failures);
                boolean up = control.bringUp(settings.up(), false);
                int mtu = control.mtu(false);
                if (settings.mtu() > mtu) {
                    throw failures.mtu(name, mtu, settings.mtu(), 0);
                }
                // Where they are wanted, there is none to be sorted out. The socket's own come back to others only.
                boolean ignoresOutgoing = settings.outgoing() || option(PACKET_IGNORE_OUTGOING, 1) == 0;
                int errno = option(PACKET_AUXDATA, 1);
                if (errno != 0) {
                    throw failures.of("setsockopt(PACKET_AUXDATA)", name, errno);
                }
                // Also without offloads: super-segments of the kernel come in anyway, and the header says what they are.
                boolean vnetHeader = option(PACKET_VNET_HDR, 1) == 0;
                if (!vnetHeader && settings.offload()) {
                    LOG.info("{}: this kernel has no PACKET_VNET_HDR; frames cross one by one", name);
                }
                MemorySegment closing = Libc.newState(Arena.ofAuto());
                buffer(SocketCalls.SO_SNDBUFFORCE, SocketCalls.SO_SNDBUF);
                buffer(SocketCalls.SO_RCVBUFFORCE, SocketCalls.SO_RCVBUF);
                int slotBytes = settings.ring() && settings.ringTimeoutMs() == 0 ? slotFor(mtu) : 0;
                MemoryMap ring = settings.ring() ? ring(slotBytes) : null;
                try {
                    join(state, arena, failures, fd, index, settings);
                    return new PacketSocket(settings, fd, index, mtu, up, hardwareAddress, vnetHeader, ignoresOutgoing, ring,
                            slotBytes, closing);
                } catch (IOException | RuntimeException | Error e) {
                    if (ring != null) {
                        ring.close();
                    }
                    throw e;
                }
            }
        }

        private int option(int option, int value) {
            return SocketCalls.set(state, fd, SOL_PACKET, option, value);
        }

        /// Makes a buffer as large as the settings want, or as the system allows.
        private void buffer(int forced, int asAllowed) {
            if (SocketCalls.set(state, fd, SocketCalls.SOL_SOCKET, forced, settings.bufferBytes()) != 0) {
                SocketCalls.set(state, fd, SocketCalls.SOL_SOCKET, asAllowed, settings.bufferBytes());
            }
        }

        /// The size of a slot that takes every frame but super-segments: a power of two, as blocks are.
        private int slotFor(int mtu) {
            int needed = Math.min(mtu + SLOT_OVERHEAD, settings.ringBlockBytes());
            return Math.max(MIN_SLOT, Integer.highestOneBit(needed - 1) << 1);
        }

        /// The receive ring, or `null` if the kernel refuses it.
        ///
        /// @param slotBytes the size of a slot, or 0 for a ring in blocks
        private MemoryMap ring(int slotBytes) {
            int errno = option(PACKET_VERSION, slotBytes > 0 ? TPACKET_V2 : TPACKET_V3);
            if (errno == 0 && slotBytes > 0) {
                // What is larger than a slot is to wait at the socket.
                errno = option(PACKET_COPY_THRESH, slotBytes);
            }
            MemorySegment request = arena.allocate(slotBytes > 0 ? SLOTS_REQUEST_LENGTH : BLOCKS_REQUEST_LENGTH, 4);
            if (errno == 0) {
                // Of no meaning in a ring in blocks, whose frames have no fixed size, but checked.
                int frameBytes = slotBytes > 0 ? slotBytes : MIN_SLOT;
                request.set(JAVA_INT, 0, settings.ringBlockBytes());
                request.set(JAVA_INT, 4, settings.ringBlocks());
                request.set(JAVA_INT, 8, frameBytes);
                request.set(JAVA_INT, 12, settings.ringBlockBytes() / frameBytes * settings.ringBlocks());
                if (slotBytes == 0) {
                    request.set(JAVA_INT, 16, settings.ringTimeoutMs());
                }
                errno = SocketCalls.setsockopt(state, fd, SOL_PACKET, PACKET_RX_RING, request) < 0 ? Libc.errno(state) : 0;
            }
            if (errno == 0) {
                MemoryMap ring = MemoryMap.of(state, fd, (long) settings.ringBlockBytes() * settings.ringBlocks());
                if (ring != null) {
                    return ring;
                }
                errno = Libc.errno(state);
                // Or frames would go on into a ring that nobody sees.
                SocketCalls.setsockopt(state, fd, SOL_PACKET, PACKET_RX_RING, request.fill((byte) 0));
            }
            LOG.info("{}: the kernel refuses a ring of {} blocks of {} bytes, {}; frames are received one by one",
                    settings.name(), settings.ringBlocks(), settings.ringBlockBytes(), Errno.text(errno));
            return null;
        }

        void undo() {
            Libc.close(state, fd);
        }
    }
}
