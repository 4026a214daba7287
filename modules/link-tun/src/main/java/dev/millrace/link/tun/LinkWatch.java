package dev.millrace.link.tun;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hears from the kernel, by a routing socket (rtnetlink(7)), that the device went up or down, has another MTU or name,
/// or is gone. All methods but [#fd()] are for one thread.
final class LinkWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LinkWatch.class);

    private static final int RTMGRP_LINK = 1;
    private static final int RTM_NEWLINK = 16;
    private static final int RTM_DELLINK = 17;
    private static final int IFF_UP = 1;
    private static final int IFLA_IFNAME = 3;
    private static final int IFLA_MTU = 4;
    private static final int MESSAGE_HEADER = 16;
    private static final int LINK_HEADER = 16;
    private static final int ATTRIBUTE_HEADER = 4;
    private static final int BUFFER = 65536;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = Libc.newState(arena);
    private final MemorySegment buffer = arena.allocate(BUFFER, 8);
    private final int fd;
    private final int index;
    private String name;
    private boolean up;

    private LinkWatch(int fd, TunDevice device) {
        this.fd = fd;
        index = device.index();
        name = device.name();
        up = device.isUp();
    }

    /// A watch for a device, or `null` if the kernel tells nothing here (the device is in another namespace, or a sandbox
    /// forbids such sockets). Then what happens to the device shows in the errors of reading and writing only.
    static LinkWatch of(TunDevice device) {
        if (device.index() == 0) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = Libc.newState(arena);
            int fd = Libc.socket(state, Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
            if (fd < 0) {
                LOG.info("{}: changes of the device are not seen: socket(AF_NETLINK) failed: {}", device.name(),
                        Errno.text(Libc.errno(state)));
                return null;
            }
            // struct sockaddr_nl: family, padding, port id, groups.
            MemorySegment address = arena.allocate(12, 4);
            address.set(JAVA_SHORT, 0, (short) Libc.AF_NETLINK);
            address.set(JAVA_INT, 8, RTMGRP_LINK);
            if (Libc.bind(state, fd, address.address(), 12) < 0) {
                LOG.info("{}: changes of the device are not seen: bind(RTMGRP_LINK) failed: {}", device.name(),
                        Errno.text(Libc.errno(state)));
                Libc.close(state, fd);
                return null;
            }
            return new LinkWatch(fd, device);
        }
    }

    int fd() {
        return fd;
    }

    /// Reads what there is and tells the link. ENOBUFS says that messages were lost; the next one tells the state anew.
    void readAll(TunLink link) {
        long n;
        while ((n = Libc.read(state, fd, buffer.address(), BUFFER)) > 0) {
            parse(buffer.asSlice(0, n), link);
        }
    }

    private void parse(MemorySegment all, TunLink link) {
        long at = 0;
        while (at + MESSAGE_HEADER <= all.byteSize()) {
            long length = Integer.toUnsignedLong(all.get(JAVA_INT, at));
            int type = Short.toUnsignedInt(all.get(JAVA_SHORT, at + 4));
            if (length < MESSAGE_HEADER || at + length > all.byteSize()) {
                return;
            }
            if ((type == RTM_NEWLINK || type == RTM_DELLINK) && length >= MESSAGE_HEADER + LINK_HEADER
                    && all.get(JAVA_INT, at + MESSAGE_HEADER + 4) == index) {
                if (type == RTM_DELLINK) {
                    onDeleted(link);
                } else {
                    onLink(all.asSlice(at, length), link);
                }
            }
            at += length + 3 & ~3L;
        }
    }

    /// The device is gone from this namespace. If its descriptors still work, it was moved to another one, where nothing
    /// is heard of it.
    private void onDeleted(TunLink link) {
        if (link.device().isAttached()) {
            LOG.info("{} was moved to another network namespace; its changes are not seen any more", name);
        } else {
            link.removed(name);
        }
    }

    /// What the device is called now.
    String name() {
        return name;
    }

    private void onLink(MemorySegment message, TunLink link) {
        boolean nowUp = (message.get(JAVA_INT, MESSAGE_HEADER + 8) & IFF_UP) != 0;
        int mtu = 0;
        long at = MESSAGE_HEADER + LINK_HEADER;
        while (at + ATTRIBUTE_HEADER <= message.byteSize()) {
            int length = Short.toUnsignedInt(message.get(JAVA_SHORT, at));
            int type = Short.toUnsignedInt(message.get(JAVA_SHORT, at + 2));
            if (length < ATTRIBUTE_HEADER || at + length > message.byteSize()) {
                break;
            }
            if (type == IFLA_MTU && length >= ATTRIBUTE_HEADER + 4) {
                mtu = message.get(JAVA_INT, at + ATTRIBUTE_HEADER);
            } else if (type == IFLA_IFNAME) {
                onName(message.asSlice(at + ATTRIBUTE_HEADER, length - ATTRIBUTE_HEADER));
            }
            at += length + 3 & ~3;
        }
        if (mtu > 0) {
            link.mtuChanged(mtu);
        }
        if (nowUp != up && !link.isGone()) {
            up = nowUp;
            link.stateChanged(up, name + (up ? " was set up" : " was set down"));
        }
    }

    private void onName(MemorySegment text) {
        String now = text.getString(0, StandardCharsets.UTF_8);
        if (!now.equals(name)) {
            LOG.info("{} is called {} now", name, now);
            name = now;
        }
    }

    @Override
    public void close() {
        Libc.close(state, fd);
        arena.close();
    }
}
