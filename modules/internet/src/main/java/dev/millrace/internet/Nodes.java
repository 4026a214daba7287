package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.Nearest;
import dev.millrace.wire.IpAddress;
import java.net.IDN;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// Who is there, by name, and who has which address: how nodes come, and how hosts come, go and come back. Any thread may call any
/// method; in simulated time, whichever has the turn.
final class Nodes {
    private final Map<String, Node> byName = new ConcurrentHashMap<>();
    /// How often there was a host, by name.
    private final Map<String, Integer> lives = new ConcurrentHashMap<>();
    /// `null` if the program moves the packets.
    private Fabric fabric;
    private volatile boolean closed;

    /// Packets move by themselves here.
    void moveBy(Fabric mover) {
        fabric = mover;
        byName.put(Cloud.NAME, mover.cloud());
    }

    // ---- who is there

    boolean has(String name) {
        return byName.containsKey(name);
    }

    /// Whether a node is still there.
    boolean has(Node node) {
        return byName.get(node.name()) == node;
    }

    boolean hasAll(Collection<String> names) {
        return byName.keySet().containsAll(names);
    }

    /// The node of this name, or `null`.
    Node find(String name) {
        return byName.get(name);
    }

    /// The host that a program means by this name, in operation or not.
    Optional<Host> hostNamed(String name) {
        if (byName.get(name) instanceof Host host) {
            return Optional.of(host);
        }
        String wanted = asDns(name);
        return everyHost().filter(h -> asDns(h.name()).equals(wanted)).findFirst();
    }

    /// RFC 4343: names are compared without regard to case; one may end in a dot, and what is not ASCII has a form that is (RFC 5890).
    private static String asDns(String name) {
        String bare = name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
        if (!bare.chars().allMatch(c -> c < 0x80)) {
            try {
                bare = IDN.toASCII(bare, IDN.ALLOW_UNASSIGNED);
            } catch (IllegalArgumentException e) {
                // It has none, and is compared as it is.
            }
        }
        return bare.toLowerCase(Locale.ROOT);
    }

    /// The node of this name.
    ///
    /// @throws IllegalArgumentException if there is none; the message names the nearest
    Node get(String name) {
        Node node = byName.get(name);
        if (node == null) {
            throw new IllegalArgumentException("there is no \"" + name + "\" in this Internet; "
                    + Nearest.advice(name, byName.keySet()));
        }
        return node;
    }

    void require(Collection<String> names) {
        names.forEach(this::get);
    }

    /// The same, where hosts are meant, whatever NIC packets leave by.
    void requireHosts(Collection<String> names) {
        for (String name : names) {
            if (get(name) instanceof HostNic nic) {
                throw new IllegalArgumentException("\"" + name + "\" is a NIC: say \"" + nic.host().name()
                        + "\" for all of its host's, or cut the NIC's link: net.link(…).cut()");
            }
        }
    }

    /// All, by name.
    Map<String, Node> all() {
        return new TreeMap<>(byName);
    }

    /// The hosts that are open, by name.
    Map<String, Host> hosts() {
        var all = new TreeMap<String, Host>();
        byName.forEach((name, n) -> {
            if (n instanceof Host h && h.isOpen()) {
                all.put(name, h);
            }
        });
        return all;
    }

    /// All hosts, in operation or not, in no order.
    Stream<Host> everyHost() {
        return byName.values().stream().filter(Host.class::isInstance).map(Host.class::cast);
    }

    // ---- who comes

    <N extends Node> N add(N node) {
        checkOpen();
        if (byName.putIfAbsent(node.name(), node) != null) {
            throw new IllegalArgumentException("there is a \"" + node.name() + "\" already");
        }
        return node;
    }

    /// Adds a node that has addresses or networks, or nothing of it.
    <N extends Node> N add(N node, List<Cidr> addresses) {
        return add(node, node, addresses);
    }

    /// The same, where addresses lead to another node.
    <N extends Node> N add(N node, Node to, List<Cidr> addresses) {
        add(node);
        try {
            to.realm().routes().add(to, addresses);
        } catch (IllegalArgumentException e) {
            byName.remove(node.name(), node);
            throw e;
        }
        return node;
    }

    void remove(Node node) {
        byName.remove(node.name(), node);
    }

    /// Nobody comes any more.
    void close() {
        closed = true;
    }

    void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the Internet is closed");
        }
    }

    // ---- hosts

    /// A further life of a host of this name begins: the how manieth it is.
    int beginLife(String name) {
        return lives.merge(name, 1, Integer::sum);
    }

    /// One that has just begun has come to nothing.
    void undoLife(String name) {
        lives.merge(name, -1, Integer::sum);
    }

    /// Gives a host its names and addresses, and what was linked to it when it was there before.
    void join(Host host) {
        host.stations().forEach(this::makeWay);
        add(host);
        try {
            for (Station s : host.stations()) {
                if (s != host) {
                    add(s);
                }
                host.realm().routes().add(s, s.cidrs().stream().map(c -> single(c.address())).toList());
                if (s.isOnEthernet()) {
                    s.ethernet().join(s);
                } else if (fabric != null) {
                    fabric.clockwork().now(() -> fabric.wiring().rejoin(s));
                }
            }
        } catch (Throwable t) {
            forget(host);
            throw t;
        }
    }

    /// A host that has crashed keeps its name and addresses until somebody wants them.
    private void makeWay(Station s) {
        Stream<Node> inTheWay = Stream.concat(Stream.ofNullable(byName.get(s.name())),
                s.cidrs().stream().map(c -> s.realm().routes().owner(c.address())).filter(Objects::nonNull));
        inTheWay.toList().forEach(n -> {
            if (n instanceof Station old && old.host() != s.host() && old.host().hasCrashed()) {
                forget(old.host());
            }
        });
    }

    /// A host that comes back has its names and addresses again.
    ///
    /// @param kept whether it had not lost them
    /// @throws IllegalStateException if another has one of them
    void rejoin(Host host, boolean kept) {
        checkOpen();
        if (!kept || !has(host)) {
            try {
                join(host);
            } catch (IllegalArgumentException e) {
                throw new IllegalStateException("\"" + host.name() + "\" cannot start again: " + e.getMessage(), e);
            }
        }
    }

    /// A host is gone: its names and addresses are free.
    void forget(Host host) {
        for (Station s : host.stations()) {
            host.realm().routes().removeAll(s);
            remove(s);
            if (fabric != null) {
                fabric.wiring().forget(s);
            }
        }
    }

    // ---- addresses

    /// An address or a network as a prefix.
    static Cidr cidr(String text) {
        return text.contains("/") ? Cidr.parse(text) : single(IpAddress.parse(text));
    }

    /// One address as a prefix.
    static Cidr single(IpAddress address) {
        return new Cidr(address, address.isV4() ? 32 : 128);
    }

    /// An IPv4 and an IPv6 address, each of which may be `null`.
    static List<IpAddress> oneOfEach(String name, String... addresses) {
        var own = new IpAddress[2];
        for (String a : addresses) {
            IpAddress address = IpAddress.parse(a);
            int i = address.isV4() ? 0 : 1;
            if (own[i] != null) {
                throw new IllegalArgumentException("\"" + name + "\" has two IPv" + address.version() + " addresses");
            }
            own[i] = address;
        }
        return Arrays.asList(own);
    }

    /// Those of two addresses that there are, as prefixes.
    static List<Cidr> singles(List<IpAddress> addresses) {
        return addresses.stream().filter(Objects::nonNull).map(Nodes::single).toList();
    }
}
