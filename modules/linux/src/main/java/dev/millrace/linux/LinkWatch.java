package dev.millrace.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears from the kernel, by a routing socket (rtnetlink(7)), that the device went up or down, has another MTU, name or
/// hardware address, is gone, or that one of its name has come. All methods but [#fd()] are for one thread.
public final class LinkWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LinkWatch.class);

    private static final int RTMGRP_LINK = 1;
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int AF_UNSPEC = 0;
    private static final int IFF_UP = 1;
    private static final int IFLA_ADDRESS = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int MESSAGE_HEADER = 16;
    private static final int LINK_HEADER = 16;
    private static final int ATTRIBUTE_HEADER = 4;
    private static final int MAC_LENGTH = 6;
    private static final int BUFFER = 65536;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = Libc.newState(arena);
    private final MemorySegment buffer = arena.allocate(BUFFER, 8);
    private final int fd;
    /// What the device was called at first, which is what one that comes back is called.
    private final String firstName;
    private int index;
    private String name;
    private boolean up;
    private boolean gone;

    /// Who wants to know.
    public interface Listener {
        /// Whether the device still carries packets although it is not in this namespace any more.
        boolean isAttached();

        /// The device is gone.
        ///
        /// @param name what it was called at last
        void removed(String name);

        /// The device was set up or down.
        ///
        /// @param what in words
        void stateChanged(boolean up, String what);

        /// The MTU that the device has, in bytes; told with every message, also if it is what it was.
        void mtuChanged(int bytes);

        /// The MAC address that the device has; told with every message, also if it is what it was.
        default void hardwareAddressChanged(long address) {
        }

        /// A device of the first one's name is there after that one was removed.
        ///
        /// @return whether the listener goes on with this one
        default boolean cameBack(String name, int index) {
            return false;
        }
    }

    private LinkWatch(int fd, String name, int index, boolean up) {
        this.fd = fd;
        firstName = name;
        this.index = index;
        this.name = name;
        this.up = up;
    }

    /// A watch for a device, or `null` if the kernel tells nothing here (the device is in another namespace, or a sandbox
    /// forbids such sockets). Then what happens to the device shows in the errors of reading and writing only.
    ///
    /// @param index the interface index, or 0 if it is not known
    /// @param up whether it is up
    public static LinkWatch of(String name, int index, boolean up) {
        if (index == 0) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.newState(arena);
            int fd = Libc.socket(state, Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
            if (fd < 0) {
                LOG.info("{}: changes of the device are not seen: socket(AF_NETLINK) failed: {}", name,
                        Errno.text(Libc.errno(state)));
                return null;
            }
            // struct sockaddr_nl: family, padding, port id, groups.
            MemorySegment address = arena.allocate(12, 4);
            address.set(JAVA_SHORT, 0, (short) Libc.AF_NETLINK);
            address.set(JAVA_INT, 8, RTMGRP_LINK);
            if (Libc.bind(state, fd, address.address(), 12) < 0) {
                LOG.info("{}: changes of the device are not seen: bind(RTMGRP_LINK) failed: {}", name,
                        Errno.text(Libc.errno(state)));
                Libc.close(state, fd);
                return null;
            }
            return new LinkWatch(fd, name, index, up);
        }
    }

    /// What to poll for reading.
    public int fd() {
        return fd;
    }

    /// Reads what there is and tells the link. ENOBUFS says that messages were lost; the next one tells the state anew.
    public void readAll(Listener link) {
        long n;
        while ((n = Libc.read(state, fd, buffer.address(), BUFFER)) > 0) {
            parse(buffer.asSlice(0, n), link);
        }
    }

    private void parse(MemorySegment all, Listener link) {
        long at = 0;
        while (at + MESSAGE_HEADER <= all.byteSize()) {
            long length = Integer.toUnsignedLong(all.get(JAVA_INT, at));
            int type = Short.toUnsignedInt(all.get(JAVA_SHORT, at + 4));
            if (length < MESSAGE_HEADER || at + length > all.byteSize()) {
                return;
            }
            // Messages of a family tell of a role: that a bridge lets a port go is no end of the interface.
            if ((type == RTM_NEWLINK || type == RTM_DELLINK) && length >= MESSAGE_HEADER + LINK_HEADER
                    && all.get(JAVA_BYTE, at + MESSAGE_HEADER) == AF_UNSPEC) {
                onMessage(all.asSlice(at, length), type == RTM_DELLINK, link);
            }
            at += length + 3 & ~3L;
        }
    }

    private void onMessage(MemorySegment message, boolean deleted, Listener link) {
        int whose = message.get(JAVA_INT, MESSAGE_HEADER + 4);
        if (whose == index && !gone) {
            if (deleted) {
                onDeleted(link);
            } else {
                onLink(message, link);
            }
        } else if (gone && !deleted && firstName.equals(nameIn(message)) && link.cameBack(firstName, whose)) {
            index = whose;
            name = firstName;
            up = false;
            gone = false;
            onLink(message, link);
        }
    }

    /// The device is gone from this namespace. If its descriptors still work, it was moved to another one, where nothing
    /// is heard of it.
    private void onDeleted(Listener link) {
        if (link.isAttached()) {
            LOG.info("{} was moved to another network namespace; its changes are not seen any more", name);
        } else {
            gone = true;
            link.removed(name);
        }
    }

    /// What the device is called now.
    public String name() {
        return name;
    }

    private void onLink(MemorySegment message, Listener link) {
        String now = nameIn(message);
        if (now != null && !now.equals(name)) {
            LOG.info("{} is called {} now", name, now);
            name = now;
        }
        MemorySegment hardware = attribute(message, IFLA_ADDRESS);
        if (hardware != null && hardware.byteSize() == MAC_LENGTH) {
            long address = 0;
            for (int i = 0; i < MAC_LENGTH; i++) {
                address = address << 8 | hardware.get(JAVA_BYTE, i) & 0xff;
            }
            link.hardwareAddressChanged(address);
        }
        MemorySegment mtu = attribute(message, IFLA_MTU);
        if (mtu != null && mtu.byteSize() >= 4 && mtu.get(JAVA_INT, 0) > 0) {
            link.mtuChanged(mtu.get(JAVA_INT, 0));
        }
        boolean nowUp = (message.get(JAVA_INT, MESSAGE_HEADER + 8) & IFF_UP) != 0;
        if (nowUp != up) {
            up = nowUp;
            link.stateChanged(up, name + (up ? " was set up" : " was set down"));
        }
    }

    private static String nameIn(MemorySegment message) {
        MemorySegment text = attribute(message, IFLA_IFNAME);
        // It ends with a zero; one without would be read beyond its end.
        return text == null || text.byteSize() == 0 || text.get(JAVA_BYTE, text.byteSize() - 1) != 0 ? null
                : text.getString(0, StandardCharsets.UTF_8);
    }

    /// The content of an attribute, or `null`.
    private static MemorySegment attribute(MemorySegment message, int wanted) {
        long at = MESSAGE_HEADER + LINK_HEADER;
        while (at + ATTRIBUTE_HEADER <= message.byteSize()) {
            int length = Short.toUnsignedInt(message.get(JAVA_SHORT, at));
            if (length < ATTRIBUTE_HEADER || at + length > message.byteSize()) {
                return null;
            }
            if (message.get(JAVA_SHORT, at + 2) == wanted) {
                return message.asSlice(at + ATTRIBUTE_HEADER, length - ATTRIBUTE_HEADER);
            }
            at += length + 3 & ~3;
        }
        return null;
    }

    @Override
    public void close() {
        Libc.close(state, fd);
        arena.close();
    }
}
