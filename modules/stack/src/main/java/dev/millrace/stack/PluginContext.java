package dev.millrace.stack;

import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.Nearest;
import dev.millrace.Nic;
import dev.millrace.NicAddress;
import dev.millrace.OptionValues;
import dev.millrace.spi.AddressSourceContext;
import dev.millrace.spi.Clock;
import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.Counters;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.MemoryBudget;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.spi.SocketErrors;
import dev.millrace.spi.StackContext;
import dev.millrace.spi.Surroundings;
import dev.millrace.spi.Timers;
import dev.millrace.spi.TransportContext;
import dev.millrace.spi.TransportProtocol;
import dev.millrace.spi.Waits;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/// The stack as one plug-in sees it.
final class PluginContext implements AddressSourceContext, TransportContext {
    private static final int TRIAL_MSS = 1460;

    private final AssembledStack stack;
    private final Surroundings surroundings;
    /// The number of the transport that this context was made for; network protocols have no use for it.
    private final int protocol;
    /// The name of the network protocol that this context was made for, or `null`.
    private final String network;

    PluginContext(AssembledStack stack, int protocol, String network) {
        this.stack = stack;
        this.network = network;
        this.surroundings = stack.surroundings();
        this.protocol = protocol;
    }

    @Override
    public String stackName() {
        return stack.name();
    }

    @Override
    public Clock clock() {
        return surroundings.clock();
    }

    @Override
    public Timers timers() {
        return stack.timers();
    }

    @Override
    public void failed(String where, Throwable failure) {
        stack.failures().add(where, failure);
    }

    @Override
    public Waits waits() {
        return surroundings.waits();
    }

    @Override
    public RandomGenerator random() {
        return surroundings.random();
    }

    @Override
    public byte[] secret() {
        return stack.secret();
    }

    @Override
    public MemoryBudget memory() {
        return stack.memory();
    }

    @Override
    public Counters counters(String group) {
        return stack.counterGroups().group(group);
    }

    @Override
    public void drop(Packet packet, DropReason reason) {
        stack.drop(packet, reason);
    }

    @Override
    public void countDrop(DropReason reason) {
        stack.counterGroups().drop(reason);
        DropRecorder.onDrop(stackName(), null, reason);
    }

    @Override
    public void afterDelivery(Runnable task) {
        DeliveryLoop.afterDelivery(task, stack.failures());
    }

    @Override
    public boolean isDelivering() {
        return DeliveryLoop.isDelivering();
    }

    @Override
    public <T> Optional<T> service(Class<T> type) {
        return stack.service(type);
    }

    @Override
    public boolean isClosing() {
        return stack.isClosing();
    }

    // ---- for network protocols

    @Override
    public List<NicPort> nics() {
        return stack.nics().stream().map(NicPort.class::cast).toList();
    }

    @Override
    public List<Cidr> addresses(NicPort nic) {
        return nic instanceof Nic n ? n.addresses() : List.of();
    }

    @Override
    public List<NicAddress> addressDetails(NicPort nic) {
        return nic instanceof Nic n ? n.addressDetails() : List.of();
    }

    @Override
    public OptionValues nicOptions(NicPort nic) {
        OptionValues values = network == null ? null : stack.nicValues(nic, network);
        return values == null ? OptionValues.check("nic", List.of(), Map.of()) : values;
    }

    @Override
    public NicAddress.State addressState(NicPort nic, IpAddress address) {
        Owned owned = stack.addressing().find(address);
        return owned == null || owned.nic() != nic ? null : owned.state();
    }

    @Override
    public void addressChecked(NicPort nic, IpAddress address, boolean unique) {
        stack.addresses().checked(nic, address, unique);
    }

    @Override
    public HostConfiguration hostConfiguration(String origin, HostConfiguration.Listener listener) {
        return new LearnedConfiguration(stack, origin, listener);
    }

    @Override
    public Destination classify(NicPort nic, long hi, long lo) {
        Destination means = stack.addressing().classify(nic, hi, lo);
        return means == Destination.FOREIGN && stack.groups().isMember(nic, hi, lo) ? Destination.MULTICAST : means;
    }

    @Override
    public boolean deliver(Packet packet) {
        boolean shown = stack.rawSockets().show(packet);
        TransportProtocol transport = stack.transport(packet.protocol());
        if (transport != null) {
            transport.receive(packet);
            return true;
        }
        if (shown) {
            // As far as its sender is concerned, the protocol is there.
            packet.release();
        }
        return shown;
    }

    @Override
    public void show(Packet packet) {
        stack.rawSockets().show(packet);
    }

    @Override
    public void deliverError(IcmpError error) {
        TransportProtocol transport = stack.transport(error.protocol());
        if (transport != null) {
            transport.onError(error);
        } else if (error.protocol() == IpProtocol.ICMP || error.protocol() == IpProtocol.ICMPV6) {
            InternetProtocol network = stack.networks().internet(error.remote().version());
            if (network != null) {
                network.onError(error);
            }
        }
        if (error.kind() == IcmpError.Kind.PACKET_TOO_BIG) {
            stack.rawSockets().onTooBig(error);
        }
    }

    @Override
    public Route route(IpAddress destination) {
        return stack.addresses().route(destination);
    }

    @Override
    public Route route(IpAddress destination, IpAddress source) {
        return stack.addresses().route(destination, source);
    }

    @Override
    public IpAddress sourceFor(Route route, IpAddress destination) {
        return stack.addressing().sourceFor(route, destination);
    }

    // ---- for sources of addresses

    @Override
    public void setMtu(NicPort nic, int bytes) {
        ((StackNic) nic).setMtu(bytes);
    }

    // ---- for transport protocols

    @Override
    public Path path(IpAddress local, IpAddress remote) throws IOException {
        IpAddress destination = remote.isUnspecified() ? stack.addresses().ownAddress(remote.version()) : remote;
        return path(local, remote, destination, destination == null ? null : stack.addresses().route(destination, local));
    }

    private Path path(IpAddress local, IpAddress remote, IpAddress destination, Route route) throws IOException {
        InternetProtocol network = stack.networks().internet(remote.version());
        if (route == null || network == null) {
            throw SocketErrors.of(ErrorCode.NETWORK_UNREACHABLE);
        }
        IpAddress source = local;
        if (source == null) {
            source = stack.addressing().sourceFor(route, destination);
        } else if (source.version() != destination.version() || !stack.addressing().isOwn(source)) {
            throw SocketErrors.of(ErrorCode.ADDRESS_NOT_AVAILABLE);
        } else if (source.isLoopback() && !route.staysInside()) {
            throw SocketErrors.of(ErrorCode.INVALID_ADDRESS);
        }
        if (source == null) {
            throw SocketErrors.of(ErrorCode.ADDRESS_NOT_AVAILABLE);
        }
        return network.path(route, source, destination, protocol);
    }

    @Override
    public Path path(IpAddress local, IpAddress group, NicPort nic) throws IOException {
        return path(local, group, group, stack.addresses().routeBy((StackNic) nic, group));
    }

    @Override
    public NicPort groupNic(IpAddress group, String nic) throws IOException {
        if (!group.isMulticast()) {
            throw new IllegalArgumentException(group + " is no multicast address");
        }
        if (nic != null) {
            return stack.nic(nic).map(NicPort.class::cast).orElseThrow(() -> new IllegalArgumentException("no NIC is called \""
                    + nic + "\"; " + Nearest.advice(nic, stack.nics().stream().map(Nic::name).toList())));
        }
        Route route = stack.addresses().route(group);
        if (route == null || !(route.nic() instanceof StackNic)) {
            throw SocketErrors.of(ErrorCode.NETWORK_UNREACHABLE);
        }
        return route.nic();
    }

    @Override
    public void joinGroup(IpAddress group, NicPort nic) throws IOException {
        stack.groups().join((StackNic) nic, group);
    }

    @Override
    public void leaveGroup(IpAddress group, NicPort nic) {
        stack.groups().leave((StackNic) nic, group);
    }

    @Override
    public boolean canBind(IpAddress address) {
        return stack.addressing().canBind(address);
    }

    @Override
    public boolean isBroadcast(IpAddress address) {
        return stack.addressing().isBroadcast(address);
    }

    @Override
    public <E> EndpointTable<E> newEndpointTable() {
        return stack.newEndpointTable();
    }

    @Override
    public void reject(Packet packet, InternetProtocol.Rejection why) {
        InternetProtocol network =
                stack.networks().internet(IpAddress.isV4(packet.destinationHi(), packet.destinationLo()) ? 4 : 6);
        if (network != null) {
            network.reject(packet, why);
        }
    }

    @Override
    public CongestionControlFactory.Chosen congestionControl(String name) {
        List<CongestionControlFactory> all = stack.plugins().congestionControls();
        CongestionControlFactory factory = all.stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow(() ->
                new ConfigurationException(ErrorCode.MISSING_PLUGIN, "tcp.congestion-control",
                        "no congestion control is called \"" + name + "\"; "
                                + Nearest.advice(name, all.stream().map(CongestionControlFactory::name).toList()), null));
        OptionValues values = stack.congestionControlValues(name);
        // Once in vain, so that a value that makes no sense is found out now and not by a connection.
        factory.create(new CongestionControlFactory.Request(this, values, TRIAL_MSS, 10 * TRIAL_MSS, 0));
        return new Chosen(this, factory, values);
    }

    private record Chosen(StackContext stack, CongestionControlFactory factory, OptionValues values)
            implements CongestionControlFactory.Chosen {
        @Override
        public String name() {
            return factory.name();
        }

        @Override
        public CongestionControl create(int mss, int initialWindow, long srttNs) {
            return factory.create(new CongestionControlFactory.Request(stack, values, mss, initialWindow, srttNs));
        }
    }
}
