package dev.millrace.testkit;

import dev.millrace.Cidr;
import dev.millrace.DropReason;
import dev.millrace.NicAddress;
import dev.millrace.OptionValues;
import dev.millrace.spi.Clock;
import dev.millrace.spi.Counters;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.MemoryBudget;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Route;
import dev.millrace.spi.Timers;
import dev.millrace.spi.Waits;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// What a network protocol sees of its stack, for tests of the protocol alone: addresses are what the test says,
/// everything that the protocol hands over is recorded and released. One thread at a time.
public final class FakeNetwork implements NetworkContext {
    private final VirtualTime time;
    private final NicPort nic;
    private final RandomGenerator random;
    private final List<IpAddress> locals = new ArrayList<>();
    private final List<IpAddress> broadcasts = new ArrayList<>(List.of(IpAddress.BROADCAST));
    private final List<IpAddress> groups = new ArrayList<>();
    private final BitSet transports = new BitSet();
    private final Map<String, Map<String, FakeCounter>> counters = new TreeMap<>();
    private final Map<DropReason, Integer> drops = new HashMap<>();
    private final Map<DropReason, Integer> countedDrops = new HashMap<>();
    private final List<Delivery> deliveries = new ArrayList<>();
    private final List<IcmpError> errors = new ArrayList<>();
    private final Budget budget = new Budget();
    private boolean recording = true;
    private boolean routed = true;
    private long generation;
    private long delivered;

    /// Surroundings whose only way out is a NIC.
    ///
    /// @param nic where all routes lead
    /// @param seed what chance follows from
    public FakeNetwork(VirtualTime time, NicPort nic, long seed) {
        this.time = time;
        this.nic = nic;
        random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /// What a transport was given.
    ///
    /// @param protocol the number in the IP header
    /// @param source who sent it
    /// @param destination to whom
    /// @param broadcast whether it was marked as broadcast or multicast
    /// @param hopLimit the TTL or hop limit
    /// @param trafficClass the TOS or traffic class byte
    /// @param bytes transport header and payload
    public record Delivery(int protocol, IpAddress source, IpAddress destination, boolean broadcast, int hopLimit,
            int trafficClass, byte[] bytes) {
    }

    /// Makes an address one of the stack's.
    public FakeNetwork local(String address) {
        locals.add(IpAddress.parse(address));
        generation++;
        return this;
    }

    /// Makes an address a broadcast address of the NIC's network.
    public FakeNetwork broadcast(String address) {
        broadcasts.add(IpAddress.parse(address));
        return this;
    }

    /// Makes an address a group that the NIC belongs to.
    public FakeNetwork group(String address) {
        groups.add(IpAddress.parse(address));
        return this;
    }

    /// Lets there be a transport of this number.
    public FakeNetwork transport(int protocol) {
        transports.set(protocol);
        return this;
    }

    /// Says whether there is a route to anywhere; paths made before are no longer current.
    public void setRouted(boolean value) {
        routed = value;
        generation++;
    }

    /// Whether what is delivered is kept; if not it is only counted, and delivery allocates nothing here.
    public void setRecording(boolean value) {
        recording = value;
    }

    /// Bounds the memory that there is; without, there is no bound.
    ///
    /// @param bytes what may be reserved in all
    public void setMemory(long bytes) {
        budget.limit = bytes;
    }

    /// What transports were given.
    public List<Delivery> deliveries() {
        return deliveries;
    }

    /// How many packets transports were given.
    public long delivered() {
        return delivered;
    }

    /// The ICMP errors that transports were told about.
    public List<IcmpError> errors() {
        return errors;
    }

    /// How many packets were dropped for this reason.
    public int drops(DropReason reason) {
        return drops.getOrDefault(reason, 0);
    }

    /// How many packets were dropped.
    public int drops() {
        return drops.values().stream().mapToInt(Integer::intValue).sum();
    }

    /// How often this reason was counted for something that never became a packet.
    public int countedDrops(DropReason reason) {
        return countedDrops.getOrDefault(reason, 0);
    }

    /// The value of a counter, 0 if there is none of this name.
    public long count(String group, String name) {
        FakeCounter counter = counters.getOrDefault(group, Map.of()).get(name);
        return counter == null ? 0 : counter.value;
    }

    /// The names and values of a group's counters.
    public Map<String, Long> counts(String group) {
        var values = new TreeMap<String, Long>();
        counters.getOrDefault(group, Map.of()).forEach((name, counter) -> values.put(name, counter.value));
        return values;
    }

    /// A route over a NIC, as the stack would choose it, to be current until addresses or routes change.
    public Route routeOver(NicPort port, IpAddress via) {
        var all = new Cidr(port == nic && via != null ? via : IpAddress.ANY_V4, 0);
        return new Route(all, via, port, false, generation, () -> generation);
    }

    @Override
    public List<NicPort> nics() {
        return List.of(nic);
    }

    @Override
    public List<Cidr> addresses(NicPort port) {
        return locals.stream().map(a -> new Cidr(a, a.isV4() ? 24 : 64)).toList();
    }

    @Override
    public List<NicAddress> addressDetails(NicPort port) {
        return addresses(port).stream().map(c -> new NicAddress(c, NicAddress.State.PREFERRED, NicAddress.CONFIGURATION, false,
                null, null)).toList();
    }

    @Override
    public NicAddress.State addressState(NicPort port, IpAddress address) {
        return locals.contains(address) ? NicAddress.State.PREFERRED : null;
    }

    @Override
    public void addressChecked(NicPort port, IpAddress address, boolean unique) {
        throw new AssertionError(address + " is not tentative");
    }

    @Override
    public OptionValues nicOptions(NicPort port) {
        return OptionValues.check("nic", List.of(), Map.of());
    }

    @Override
    public HostConfiguration hostConfiguration(String origin, HostConfiguration.Listener listener) {
        throw new AssertionError("the addresses here are the test's to say");
    }

    @Override
    public Destination classify(NicPort port, long hi, long lo) {
        if (contains(locals, hi, lo)) {
            return Destination.LOCAL;
        }
        if (contains(broadcasts, hi, lo)) {
            return Destination.BROADCAST;
        }
        return contains(groups, hi, lo) ? Destination.MULTICAST : Destination.FOREIGN;
    }

    private static boolean contains(List<IpAddress> addresses, long hi, long lo) {
        for (int i = 0; i < addresses.size(); i++) {
            if (addresses.get(i).lo() == lo && addresses.get(i).hi() == hi) {
                return true;
            }
        }
        return false;
    }

    @Override
    public boolean deliver(Packet packet) {
        if (!transports.get(packet.protocol())) {
            return false;
        }
        delivered++;
        if (recording) {
            deliveries.add(new Delivery(packet.protocol(), new IpAddress(packet.sourceHi(), packet.sourceLo()),
                    new IpAddress(packet.destinationHi(), packet.destinationLo()), packet.isBroadcast(),
                    packet.hopLimit(), packet.trafficClass(), packet.toBytes()));
        }
        packet.release();
        return true;
    }

    @Override
    public void show(Packet packet) {
        // Nobody looks on.
    }

    @Override
    public void deliverError(IcmpError error) {
        errors.add(error);
    }

    @Override
    public Route route(IpAddress destination) {
        return routed ? routeOver(nic, null) : null;
    }

    @Override
    public Route route(IpAddress destination, IpAddress source) {
        return route(destination);
    }

    @Override
    public IpAddress sourceFor(Route route, IpAddress destination) {
        return locals.stream().filter(a -> a.version() == destination.version()).findFirst().orElse(null);
    }

    @Override
    public String stackName() {
        return "fake";
    }

    @Override
    public Clock clock() {
        return time;
    }

    @Override
    public Timers timers() {
        return time;
    }

    @Override
    public Waits waits() {
        throw new UnsupportedOperationException("nobody waits in a network protocol");
    }

    @Override
    public RandomGenerator random() {
        return random;
    }

    @Override
    public byte[] secret() {
        return new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    }

    @Override
    public MemoryBudget memory() {
        return budget;
    }

    @Override
    public Counters counters(String group) {
        Map<String, FakeCounter> named = counters.computeIfAbsent(group, g -> new TreeMap<>());
        return name -> named.computeIfAbsent(name, n -> new FakeCounter());
    }

    @Override
    public void drop(Packet packet, DropReason reason) {
        drops.merge(reason, 1, Integer::sum);
        packet.closeCapture(reason.text());
        packet.release();
    }

    @Override
    public void countDrop(DropReason reason) {
        countedDrops.merge(reason, 1, Integer::sum);
    }

    @Override
    public void failed(String what, Throwable failure) {
        throw new AssertionError(what + " failed", failure);
    }

    @Override
    public void afterDelivery(Runnable task) {
        task.run();
    }

    @Override
    public boolean isDelivering() {
        return false;
    }

    @Override
    public boolean isClosing() {
        return false;
    }

    private static final class Budget implements MemoryBudget {
        private long limit = Long.MAX_VALUE;
        private long reserved;

        @Override
        public boolean tryReserve(long bytes) {
            if (bytes > limit - reserved) {
                return false;
            }
            reserved += bytes;
            return true;
        }

        @Override
        public void release(long bytes) {
            if (bytes > reserved) {
                throw new AssertionError("more memory was given back than taken");
            }
            reserved -= bytes;
        }

        @Override
        public long reserved() {
            return reserved;
        }

        @Override
        public long limit() {
            return limit;
        }
    }

    private static final class FakeCounter implements Counters.Counter {
        private long value;

        @Override
        public void add(long n) {
            value += n;
        }

        @Override
        public long value() {
            return value;
        }
    }
}
