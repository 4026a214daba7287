package dev.millrace.stack;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.Packet.Checksumming;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.ValueLayout;

/// The way from a stack to its own addresses, when those are on NICs whose links lead elsewhere: packets turn round
/// without touching a link. No capture sees them, as none sees them on a kernel's Ethernet interface.
final class InternalLoop implements NicPort, Link, Ingress {
    private static final int MTU = 65535;

    private final AssembledStack stack;

    InternalLoop(AssembledStack stack) {
        this.stack = stack;
    }

    @Override
    public void transmit(PacketList packets, IpAddress nextHop) {
        transmit(packets);
    }

    @Override
    public void transmit(PacketList packets, int etherType, long station) {
        dropAll(packets, DropReason.UNKNOWN_NETWORK_PROTOCOL);
    }

    private void dropAll(PacketList packets, DropReason why) {
        Packet p;
        while ((p = packets.poll()) != null) {
            stack.drop(p, why);
        }
    }

    @Override
    public void transmit(PacketList packets) {
        if (stack.isClosed()) {
            dropAll(packets, DropReason.STACK_CLOSED);
            return;
        }
        DeliveryLoop.deliver(this, packets);
    }

    @Override
    public void process(Packet packet) {
        packet.setChecksumming(Checksumming.VOUCHED);
        NetworkProtocol protocol = stack.networks().internet(packet.memory().get(ValueLayout.JAVA_BYTE, packet.start()) >>> 4 & 0xf);
        if (protocol == null) {
            stack.drop(packet, DropReason.UNKNOWN_NETWORK_PROTOCOL);
        } else {
            protocol.receive(this, packet);
        }
    }

    @Override
    public void failed(Packet packet, Throwable failure) {
        stack.failures().add(Failures.Place.PACKET, failure);
        if (packet != null) {
            stack.drop(packet, DropReason.FAILURE);
        }
    }

    @Override
    public String name() {
        return "internal";
    }

    @Override
    public Medium medium() {
        return Medium.IP;
    }

    @Override
    public int mtu() {
        return MTU;
    }

    @Override
    public boolean isLoopback() {
        return true;
    }

    @Override
    public boolean vouchesForChecksums() {
        return true;
    }

    @Override
    public Link link() {
        return this;
    }

    @Override
    public boolean isUp() {
        return !stack.isClosing();
    }

    @Override
    public void attach(Sink sink) {
        throw new IllegalStateException("the internal loop is its own sink");
    }

    @Override
    public void close() {
        // Nothing was opened.
    }
}
