package dev.millrace.jdk;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.channels.MembershipKey;
import java.nio.channels.MulticastChannel;

/// A group that what a channel has become has joined, for who knows that channel alone.
final class LateMembership extends MembershipKey {
    private final LateDatagramChannel channel;
    private final MembershipKey chosens;

    LateMembership(LateDatagramChannel channel, MembershipKey chosens) {
        this.channel = channel;
        this.chosens = chosens;
    }

    boolean isFor(MembershipKey key) {
        return chosens == key;
    }

    @Override
    public boolean isValid() {
        return chosens.isValid();
    }

    @Override
    public void drop() {
        chosens.drop();
    }

    @Override
    public MembershipKey block(InetAddress source) throws IOException {
        chosens.block(source);
        return this;
    }

    @Override
    public MembershipKey unblock(InetAddress source) {
        chosens.unblock(source);
        return this;
    }

    @Override
    public MulticastChannel channel() {
        return channel;
    }

    @Override
    public InetAddress group() {
        return chosens.group();
    }

    @Override
    public NetworkInterface networkInterface() {
        return chosens.networkInterface();
    }

    @Override
    public InetAddress sourceAddress() {
        return chosens.sourceAddress();
    }

    @Override
    public String toString() {
        return chosens.toString();
    }
}
