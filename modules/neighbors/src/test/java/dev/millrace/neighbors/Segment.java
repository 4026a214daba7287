package dev.millrace.neighbors;

import dev.millrace.Cidr;
import dev.millrace.ManualStack;
import dev.millrace.NicConfig;
import dev.millrace.StackConfig;
import dev.millrace.link.vnic.Vnic;
import dev.millrace.spi.Link;
import dev.millrace.spi.StackProvider;
import dev.millrace.wire.Dissector;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// An Ethernet of stepped stacks in one thread: what one transmits all others receive, once the test says so. Frames can be
/// looked at, kept back and made up.
final class Segment implements AutoCloseable {
    private final Map<Vnic, ManualStack> stations = new LinkedHashMap<>();
    /// Frames that were transmitted and not yet carried.
    private final List<Map.Entry<Vnic, byte[]>> wire = new ArrayList<>();
    final List<byte[]> seen = new ArrayList<>();
    private Predicate<byte[]> carried = _ -> true;
    private long nowNs;

    /// A stack with an Ethernet NIC `e` on this segment.
    ManualStack station(String name, Map<String, Map<String, String>> options, String... addresses) throws IOException {
        var vnic = new Vnic(Link.Medium.ETHERNET, 1500, true);
        vnic.onTransmit(frame -> wire.add(Map.entry(vnic, frame)));
        var nic = new NicConfig("e", "", vnic, 0, List.of(addresses).stream().map(Cidr::parse).toList(), null,
                options.getOrDefault("nic", Map.of()));
        var ofStack = new LinkedHashMap<>(options);
        ofStack.remove("nic");
        ManualStack stack = StackProvider.find().openManual(
                new StackConfig(name, List.of(nic), List.of(), List.of(), ofStack), name.hashCode());
        stations.put(vnic, stack);
        stack.step(nowNs);
        return stack;
    }

    ManualStack station(String name, String... addresses) throws IOException {
        return station(name, Map.of(), addresses);
    }

    /// Only such frames arrive from now on.
    void carry(Predicate<byte[]> which) {
        carried = which;
    }

    /// Carries frames until none is under way.
    void settle() {
        for (int i = 0; i < 10_000 && !wire.isEmpty(); i++) {
            Map.Entry<Vnic, byte[]> next = wire.removeFirst();
            seen.add(next.getValue());
            if (carried.test(next.getValue())) {
                stations.keySet().stream().filter(v -> v != next.getKey()).toList().forEach(v -> v.inject(next.getValue()));
            }
        }
    }

    /// Puts a frame on the wire.
    void inject(byte[] frame) {
        stations.keySet().forEach(v -> v.inject(frame));
        settle();
    }

    /// Lets time pass, in steps of 10 ms.
    void pass(long ms) {
        long end = nowNs + ms * 1_000_000;
        while (nowNs < end) {
            nowNs += 10_000_000;
            stations.values().forEach(s -> s.step(nowNs));
            settle();
        }
    }

    /// The frames seen since the last call, in words.
    List<String> words() {
        List<String> words = seen.stream().map(f -> Dissector.ethernet(MemorySegment.ofArray(f), f.length)).toList();
        seen.clear();
        return words;
    }

    @Override
    public void close() {
        stations.values().forEach(ManualStack::close);
        settle();
    }
}
