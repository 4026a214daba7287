package dev.millrace.internet;

import dev.millrace.Cidr;
import java.util.List;

/// Where a host's NIC is joined to the network: the host itself for its first one, a [HostNic] for each further one.
abstract class Station extends Node {
    private final NicPlan plan;
    private final Internet internet;
    private final int mtu;
    private volatile HostLink link;

    /// @param mtu in bytes, if the plan says none
    Station(Internet internet, String name, Realm realm, NicPlan plan, int mtu) {
        super(name, realm);
        this.internet = internet;
        this.plan = plan;
        this.mtu = plan.mtu() == 0 ? mtu : plan.mtu();
        renewLink();
    }

    /// A wire for a new stack.
    final void renewLink() {
        link = new HostLink(internet, this, plan.ethernet() != null, mtu);
    }

    /// Whose NIC it is.
    abstract Host host();

    NicPlan plan() {
        return plan;
    }

    /// The wire to the host's stack.
    HostLink link() {
        return link;
    }

    /// The addresses that it was made with.
    List<Cidr> cidrs() {
        return plan.cidrs();
    }

    /// The Ethernet that it is on, or `null` if its packets go without frames.
    EthernetSwitch ethernet() {
        return plan.ethernet();
    }

    boolean isOnEthernet() {
        return plan.ethernet() != null;
    }

    /// The name of the host that a node is a NIC of; of others their own.
    static String hostName(Node node) {
        return node instanceof Station s ? s.host().name() : node.name();
    }
}
