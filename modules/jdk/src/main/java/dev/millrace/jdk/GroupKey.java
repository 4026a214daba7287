package dev.millrace.jdk;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.MembershipKey;
import java.nio.channels.MulticastChannel;

/// A group that a channel has joined.
final class GroupKey extends MembershipKey {
    private final StackDatagramChannel channel;
    private final DatagramPort port;
    private final InetAddress group;
    private volatile boolean dropped;

    private GroupKey(StackDatagramChannel channel, DatagramPort port, InetAddress group) {
        this.channel = channel;
        this.port = port;
        this.group = group;
    }

    /// A new one, or the one that there is.
    ///
    /// @param nic must be `null`, for a stack has none of the kernel's: it joins where datagrams to the group leave by
    static GroupKey join(StackDatagramChannel channel, DatagramPort port, InetAddress group, NetworkInterface nic)
            throws IOException {
        if (!group.isMulticastAddress()) {
            throw new IllegalArgumentException("Group not a multicast address");
        }
        if (nic != null) {
            throw DatagramPort.noInterface();
        }
        if (!channel.isOpen()) {
            throw new ClosedChannelException();
        }
        synchronized (channel) {
            GroupKey before = channel.memberships().get(group);
            if (before != null && before.isValid()) {
                return before;
            }
            port.join(group);
            var key = new GroupKey(channel, port, group);
            channel.memberships().put(group, key);
            return key;
        }
    }

    @Override
    public boolean isValid() {
        return !dropped && channel.isOpen();
    }

    @Override
    public void drop() {
        synchronized (channel) {
            if (!isValid()) {
                return;
            }
            dropped = true;
            channel.memberships().remove(group);
            try {
                port.leave(group);
            } catch (IOException e) {
                // Closed meanwhile, which leaves all groups.
            }
        }
    }

    /// A stack does not filter by sender.
    @Override
    public MembershipKey block(InetAddress source) {
        throw new UnsupportedOperationException("a stack has no source-specific multicast");
    }

    @Override
    public MembershipKey unblock(InetAddress source) {
        throw new IllegalStateException("not currently blocked");
    }

    @Override
    public MulticastChannel channel() {
        return channel;
    }

    @Override
    public InetAddress group() {
        return group;
    }

    /// Always `null`: see [DatagramPort].
    @Override
    public NetworkInterface networkInterface() {
        return null;
    }

    @Override
    public InetAddress sourceAddress() {
        return null;
    }
}
