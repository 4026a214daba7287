package dev.millrace.ip;

import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.NetworkProtocolFactory;
import dev.millrace.spi.Path;
import dev.millrace.testkit.FakeNetwork;
import dev.millrace.testkit.FakeNic;
import dev.millrace.testkit.PacketBuilder;
import dev.millrace.testkit.VirtualTime;
import dev.millrace.wire.Checksum;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Header;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;

/// One version of IP between a NIC and transports that only record: TCP and UDP exist, nothing else does.
final class IpBench {
    final boolean v4;
    final VirtualTime time = new VirtualTime();
    final FakeNic nic;
    final FakeNetwork network;
    final InternetProtocol ip;
    final String peer;
    final String own;
    private final Map<DropReason, Integer> before = new HashMap<>();

    IpBench(int version) {
        this(version, new FakeNic(1500), Map.of());
    }

    IpBench(int version, FakeNic nic, Map<String, String> options) {
        this.nic = nic;
        v4 = version == 4;
        peer = v4 ? "10.9.0.1" : "fd09::1";
        own = v4 ? "10.9.0.2" : "fd09::2";
        network = new FakeNetwork(time, nic, 1).local("10.9.0.2").local("fd09::2").broadcast("10.9.0.255")
                .group("224.0.0.1").group("ff02::1").group("ff01::1").transport(6).transport(17);
        NetworkProtocolFactory factory = v4 ? new Ipv4Factory() : new Ipv6Factory();
        ip = (InternetProtocol) factory.create(network, OptionValues.check(factory.name(), factory.options(), options));
    }

    String group() {
        return v4 ? "ipv4" : "ipv6";
    }

    long count(String name) {
        return network.count(group(), name);
    }

    PacketBuilder fromPeer() {
        return PacketBuilder.between(peer, own);
    }

    /// Lets a packet come in from the wire.
    void receive(byte[] bytes) {
        ip.receive(nic, Packet.copyOf(bytes));
    }

    /// Lets a packet come in and says why it was dropped, or `null`.
    DropReason fate(byte[] bytes) {
        for (DropReason reason : DropReason.own()) {
            before.put(reason, network.drops(reason));
        }
        receive(bytes);
        DropReason found = null;
        for (DropReason reason : DropReason.own()) {
            if (network.drops(reason) != before.get(reason)) {
                found = reason;
            }
        }
        return found;
    }

    Path path(int protocol) {
        return ip.path(network.routeOver(nic, null), IpAddress.parse(own), IpAddress.parse(peer), protocol);
    }

    static void send(Path path, Packet packet) {
        send(path, packet, 0, 0);
    }

    static void send(Path path, Packet packet, int trafficClass, int hopLimit) {
        var list = new PacketList();
        list.add(packet);
        path.send(list, trafficClass, hopLimit);
    }

    /// Whether the books balance: what came in was delivered or dropped, and no fragment waits.
    boolean addsUp() {
        long dropped = network.counts(group()).entrySet().stream().filter(e -> e.getKey().startsWith("dropped-"))
                .mapToLong(Map.Entry::getValue).sum();
        return count("received") + count("reassembled") == count("delivered") + dropped + count("fragments-reassembled")
                && dropped == network.drops();
    }

    /// Whether every checksum of a packet that was sent is right.
    static boolean checksumsAreRight(byte[] packet) {
        MemorySegment m = MemorySegment.ofArray(packet);
        if (packet[0] >>> 4 == 4) {
            int header = Ipv4Header.headerLength(m, 0);
            int protocol = Ipv4Header.protocol(m, 0);
            int length = packet.length - header;
            long pseudo = protocol == 1 ? 0 : Checksum.pseudoHeader(0, IpAddress.lowBitsOfV4(Ipv4Header.source(m, 0)), 0,
                    IpAddress.lowBitsOfV4(Ipv4Header.destination(m, 0)), protocol, length);
            return Ipv4Header.totalLength(m, 0) == packet.length && Ipv4Header.checksumIsRight(m, 0)
                    && Checksum.isRight(pseudo + Checksum.sum(m, header, length));
        }
        int length = packet.length - Ipv6Header.LENGTH;
        long pseudo = Checksum.pseudoHeader(Ipv6Header.sourceHi(m, 0), Ipv6Header.sourceLo(m, 0),
                Ipv6Header.destinationHi(m, 0), Ipv6Header.destinationLo(m, 0), Ipv6Header.nextHeader(m, 0), length);
        return Ipv6Header.payloadLength(m, 0) == length && Checksum.isRight(pseudo + Checksum.sum(m, 40, length));
    }
}
