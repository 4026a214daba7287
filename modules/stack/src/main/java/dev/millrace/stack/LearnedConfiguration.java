package dev.millrace.stack;

import dev.millrace.Cidr;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;
import java.util.List;
import java.util.function.Consumer;

/// What one plug-in has learned, as it enters it.
final class LearnedConfiguration implements HostConfiguration {
    private final AssembledStack stack;
    private final String origin;
    private final Listener listener;

    LearnedConfiguration(AssembledStack stack, String origin, Listener listener) {
        this.stack = stack;
        this.origin = origin;
        this.listener = listener;
    }

    String origin() {
        return origin;
    }

    void tell(Consumer<Listener> what) {
        try {
            what.accept(listener);
        } catch (Throwable t) {
            stack.failures().add("address-listener", t);
        }
    }

    @Override
    public boolean put(NicPort nic, Assignment address) {
        return nic instanceof StackNic n && stack.addresses().put(n, address, this);
    }

    @Override
    public boolean remove(NicPort nic, IpAddress address) {
        return stack.addresses().removeAddresses(
                o -> o.source() == this && o.nic() == nic && o.cidr().address().equals(address)) > 0;
    }

    @Override
    public boolean putRoute(NicPort nic, LearnedRoute route) {
        return nic instanceof StackNic n && stack.addresses().putRoute(RouteEntry.learned(n, route, origin, this));
    }

    @Override
    public boolean removeRoute(NicPort nic, Cidr to, IpAddress via) {
        return nic instanceof StackNic n && stack.addresses().removeRoutes(e -> e.isOf(this, n, to.network(), via)) > 0;
    }

    @Override
    public void setNameServers(NicPort nic, List<NameServer> servers) {
        stack.nameServers().set(this, nic, servers);
    }

    @Override
    public void setLink(NicPort nic, int mtu, int hopLimit) {
        if (nic instanceof StackNic n) {
            n.setByRouters(mtu, hopLimit);
        }
    }
}
