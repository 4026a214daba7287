package dev.millrace.internet;

import dev.millrace.Stack;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// A firewall in an [Internet], and the hosts behind it. Made by [Internet#firewall].
public final class FirewallBox extends Node {
    private final Internet internet;
    private final Fabric fabric;
    private final IpAddress v4;
    private final IpAddress v6;
    private final LinkConditions lan;
    private final RouterHop hop;
    private volatile Firewall firewall;

    FirewallBox(Internet internet, String name, Realm realm, FirewallOptions options, IpAddress v4, IpAddress v6,
            LinkConditions lan) {
        super(name, realm);
        this.internet = internet;
        this.v4 = v4;
        this.v6 = v6;
        this.lan = lan;
        fabric = internet.fabric();
        hop = new RouterHop(new RouterIcmp(fabric.nowNs()));
        firewall = new Firewall(options, hop.icmp());
    }

    /// Adds a host behind it.
    ///
    /// @throws IOException if its stack cannot be opened
    public Host host(String name, String... addresses) throws IOException {
        return host(name, internet.mtu(), List.of(addresses), _ -> {
        });
    }

    /// Adds a host behind it; see [Internet#host(String, int, List, Consumer)].
    ///
    /// @throws IOException if its stack cannot be opened
    public Host host(String name, int mtu, List<String> addresses, Consumer<Stack.Builder> settings) throws IOException {
        Host host = internet.host(realm(), name, mtu, addresses, settings);
        host.putBehind(this);
        internet.link(name, name(), lan);
        return host;
    }

    /// Gives it other rules. Connections that it followed are forgotten.
    public void setOptions(FirewallOptions options) {
        fabric.clockwork().now(() -> firewall = new Firewall(options, hop.icmp()));
    }

    /// What has passed, and what was dropped for which reason; with the matches of each rule.
    public Map<String, Long> counters() {
        return firewall.snapshot();
    }

    @Override
    void receive(Packet packet, Pipe via) {
        Delivery problem = Destination.problem(packet);
        if (problem != null) {
            fabric.end(this, packet, Internet.name(problem));
            return;
        }
        boolean out = via.from() instanceof Host h && h.isBehind(this);
        boolean isV4 = Destination.read(packet, false).isV4();
        Verdict verdict = firewall.filter(packet, out ? FirewallRule.Direction.OUT : FirewallRule.Direction.IN,
                isV4 ? v4 : v6, fabric.nowNs());
        if (verdict instanceof Verdict.Forward f) {
            Router.forward(fabric, this, realm(), hop, v4, v6, f.packet(), via);
        } else {
            Router.carryOut(fabric, this, realm(), verdict, null);
        }
    }
}
