package dev.millrace.dhcp;

import dev.millrace.ManualStack;
import dev.millrace.NicConfig;
import dev.millrace.StackConfig;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.spi.Link;
import dev.millrace.spi.StackProvider;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.EthernetHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.UdpHeader;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// An Ethernet of stepped stacks in one thread, and a server on it that is a function.
final class Network implements AutoCloseable {
    /// A DHCP message on the wire.
    ///
    /// @param bytes the message
    /// @param station whom its frame was for
    /// @param from the source address
    /// @param to the destination address
    record Seen(byte[] bytes, long station, IpAddress from, IpAddress to) {
        MessageType type() {
            return MessageType.of(OptionReader.read(bytes, bytes.length).get(DhcpOption.MESSAGE_TYPE)[0]);
        }
    }

    private static final long SERVER = 0x0200_0000_0099L;

    private final Map<Vnic, ManualStack> stations = new LinkedHashMap<>();
    private final List<Map.Entry<Vnic, byte[]>> wire = new ArrayList<>();
    final List<Seen> seen = new ArrayList<>();
    /// Answers a message of a client, or not (`null`).
    Function<Seen, byte[]> server = _ -> null;
    private long nowNs;

    ManualStack station(String name, Map<String, String> nicOptions, Map<String, Map<String, String>> options, String... addresses)
            throws IOException {
        var vnic = new Vnic(Link.Medium.ETHERNET, 1500, true);
        vnic.onTransmit(frame -> wire.add(Map.entry(vnic, frame)));
        var nic = new NicConfig("e", "", vnic, 0, List.of(addresses).stream().map(dev.millrace.Cidr::parse).toList(), null,
                nicOptions);
        ManualStack stack = StackProvider.find().openManual(
                new StackConfig(name, List.of(nic), List.of(), List.of(), options), name.hashCode());
        stations.put(vnic, stack);
        stack.step(nowNs);
        return stack;
    }

    ManualStack client(Map<String, String> nicOptions) throws IOException {
        var all = new LinkedHashMap<>(nicOptions);
        all.put("dhcp", "true");
        return station("client", all, Map.of());
    }

    /// A link that goes down and comes up.
    void flap(ManualStack stack) {
        var nic = (Link.Sink) stack.nics().getFirst();
        nic.stateChanged(false, "the test says so");
        nic.stateChanged(true, "the test says so");
    }

    void settle() {
        for (int i = 0; i < 10_000 && !wire.isEmpty(); i++) {
            Map.Entry<Vnic, byte[]> next = wire.removeFirst();
            byte[] answer = serve(next.getValue());
            stations.keySet().stream().filter(v -> v != next.getKey()).toList().forEach(v -> v.inject(next.getValue()));
            if (answer != null) {
                next.getKey().inject(answer);
            }
        }
    }

    private byte[] serve(byte[] frame) {
        MemorySegment m = MemorySegment.ofArray(frame);
        int ip = EthernetHeader.LENGTH;
        if (EthernetHeader.type(m, 0) != EtherType.IPV4 || Ipv4Header.protocol(m, ip) != 17
                || UdpHeader.destinationPort(m, ip + 20) != Envelope.SERVER_PORT) {
            return null;
        }
        int from = ip + Ipv4Header.MIN_LENGTH + UdpHeader.LENGTH;
        var message = new Seen(java.util.Arrays.copyOfRange(frame, from, frame.length), EthernetHeader.destination(m, 0),
                IpAddress.v4(Ipv4Header.source(m, ip)), IpAddress.v4(Ipv4Header.destination(m, ip)));
        seen.add(message);
        byte[] answer = server.apply(message);
        return answer == null ? null : frame(answer, EthernetHeader.source(m, 0), message.from());
    }

    /// A frame with a server's message: to all, or to a client that has an address.
    static byte[] frame(byte[] message, long station, IpAddress to) {
        boolean all = to.isUnspecified();
        // What a server sends is a client's with the ports exchanged.
        var list = Envelope.wrap(message, IpAddress.parse("10.0.0.1"), all ? null : to);
        Packet p = list.poll();
        UdpHeader.write(p.memory(), p.start() + Ipv4Header.MIN_LENGTH, Envelope.SERVER_PORT, Envelope.CLIENT_PORT,
                UdpHeader.LENGTH + message.length);
        int at = p.push(EthernetHeader.LENGTH);
        EthernetHeader.write(p.memory(), at, all ? MacAddress.BROADCAST : station, SERVER, EtherType.IPV4);
        byte[] bytes = new byte[p.length()];
        p.copyTo(0, MemorySegment.ofArray(bytes), 0, bytes.length);
        p.release();
        return bytes;
    }

    void inject(byte[] frame) {
        stations.keySet().forEach(v -> v.inject(frame));
        settle();
    }

    /// Lets time pass, in steps of 10 ms.
    void pass(long ms) {
        long end = nowNs + ms * 1_000_000;
        settle();
        while (nowNs < end) {
            nowNs += 10_000_000;
            stations.values().forEach(s -> s.step(nowNs));
            settle();
        }
    }

    List<MessageType> types() {
        List<MessageType> types = seen.stream().map(Seen::type).toList();
        seen.clear();
        return types;
    }

    @Override
    public void close() {
        stations.values().forEach(ManualStack::close);
        settle();
    }
}
