package dev.millrace.internet.config;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.internet.Chaos;
import dev.millrace.internet.EthernetGateway;
import dev.millrace.internet.EthernetSwitch;
import dev.millrace.internet.FirewallBox;
import dev.millrace.internet.FirewallOptions;
import dev.millrace.internet.Internet;
import dev.millrace.internet.InternetBuilder;
import dev.millrace.internet.LinkConditions;
import dev.millrace.internet.Moment;
import dev.millrace.internet.NatBehavior;
import dev.millrace.internet.NatBox;
import dev.millrace.internet.NatOptions;
import dev.millrace.internet.NetworkLink;
import dev.millrace.internet.NicPlan;
import dev.millrace.internet.PortForward;
import dev.millrace.internet.Router;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// What the tables of a file make of an Internet.
final class Topology {
    private final Map<String, Object> root;
    private final Table internet;
    private final Map<String, NatBox> nats = new HashMap<>();
    private final Map<String, FirewallBox> firewalls = new HashMap<>();
    private final Map<String, Router> routers = new HashMap<>();
    private final Map<String, EthernetSwitch> ethernets = new HashMap<>();
    /// By the host that they belong to.
    private final Map<String, List<Table>> nics = new HashMap<>();

    private enum Time { VIRTUAL, REAL }

    Topology(Map<String, Object> root) {
        this.root = root;
        internet = Table.of("internet", root.getOrDefault("internet", Map.of()), keys("internet"));
    }

    private static Set<String> keys(String table) {
        return Keys.TABLES.get(table).keySet();
    }

    private List<Table> all(String table) {
        return Table.all(root, table, keys(table));
    }

    InternetBuilder builder() {
        InternetBuilder b = Internet.builder();
        long seed = internet.longNumber("seed", 0);
        if (internet.word("time", Time.VIRTUAL, Time.class) == Time.VIRTUAL) {
            b.virtualTime(seed);
        } else {
            b.realTime().seed(seed);
        }
        b.mtu(internet.number("host-mtu", Internet.MTU_ETHERNET, Internet.MTU_MINIMUM_IPV6, 65535));
        b.limit(internet.duration("limit", "1d"));
        return b.conditions(conditions(internet));
    }

    private static LinkConditions conditions(Table table) {
        return LinkConditions.of(table.path(), table.only(Keys.CONDITIONS));
    }

    void build(Internet net) throws IOException {
        for (Table t : all("router")) {
            routers.put(t.required("name"), t.attempt("",
                    () -> net.router(t.required("name"), t.texts("addresses").toArray(String[]::new))));
        }
        for (Table t : all("subnet")) {
            t.attempt("", () -> net.subnet(t.required("name"), t.text("network", "")));
        }
        for (Table t : all("ethernet")) {
            ethernets.put(t.required("name"), t.attempt("", () -> net.ethernet(t.required("name"),
                    t.texts("networks").toArray(String[]::new))));
        }
        for (Table t : all("gateway")) {
            t.attempt("", () -> gateway(t));
        }
        for (Table t : all("nat")) {
            nats.put(t.required("name"), t.attempt("", () -> nat(net, t)));
        }
        for (Table t : all("firewall")) {
            firewalls.put(t.required("name"), t.attempt("", () -> net.firewall(t.required("name"), firewallOptions(t),
                    t.texts("addresses").toArray(String[]::new))));
        }
        if (internet.has("name-server")) {
            opening(internet, "name-server", () -> net.nameServer(internet.texts("name-server").toArray(String[]::new)));
        }
        List<Table> hosts = all("host");
        for (Table t : all("nic")) {
            String host = t.required("host");
            if (hosts.stream().noneMatch(h -> h.required("name").equals(host))) {
                throw t.error("host", "there is no [[host]] \"" + host + "\"");
            }
            nics.computeIfAbsent(host, _ -> new ArrayList<>()).add(t);
        }
        for (Table t : hosts) {
            opening(t, "", () -> host(net, t));
        }
        for (Table t : all("link")) {
            t.attempt("between", () -> link(net, t));
        }
        for (Table t : all("event")) {
            t.attempt("", () -> event(net, t));
        }
        if (root.containsKey("chaos")) {
            Table t = Table.of("chaos", root.get("chaos"), keys("chaos"));
            net.chaos(t.attempt("", () -> chaos(t)));
        }
    }

    private static Chaos chaos(Table t) {
        return Chaos.within(t.duration("within", "60s")).lasting(t.duration("shortest", "1s"), t.duration("longest", "10s"))
                .cuts(count(t, "cuts")).isolations(count(t, "isolations")).cutsOneWay(count(t, "cuts-one-way"))
                .crashes(count(t, "crashes")).pauses(count(t, "pauses"))
                .clockJumps(count(t, "clock-jumps"), t.duration("clock-jump", "10s"))
                .slowLinks(count(t, "slow-links"), t.duration("slow-by", "1s")).resets(count(t, "resets"))
                .nameFailures(count(t, "name-failures")).slowNames(count(t, "slow-names"), t.duration("slow-by", "1s"))
                .wrongNames(count(t, "wrong-names"));
    }

    private static int count(Table t, String key) {
        return t.number(key, 0, 0, 10_000);
    }

    private interface Opening {
        Object open() throws IOException;
    }

    private static void opening(Table table, String key, Opening opening) throws IOException {
        try {
            table.attempt(key, () -> {
                try {
                    return opening.open();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private Object host(Internet net, Table t) throws IOException {
        String name = t.required("name");
        List<String> addresses = t.texts("addresses");
        if (nics.containsKey(name)) {
            for (String key : List.of("addresses", "behind", "ethernet", "gateways", "mtu")) {
                if (t.has(key)) {
                    throw t.error(key, "the host has NICs of its own: say it in their [[nic]] tables");
                }
            }
            return net.host(name, nics.get(name).stream().map(n -> plan(n, n.required("name"))).toArray(NicPlan[]::new));
        }
        if (t.has("ethernet") && !t.has("behind")) {
            return net.host(name, plan(t, "nic"));
        }
        if (addresses.isEmpty()) {
            throw t.error("", "needs addresses: write addresses = [\"198.18.0.1\"]");
        }
        for (String key : List.of("ethernet", "gateways")) {
            if (t.has(key)) {
                throw t.error(key, "is for hosts on an Ethernet, which are behind no box: add ethernet = \"name\", or a router");
            }
        }
        int mtu = t.number("mtu", internet.number("host-mtu", 1500, 1280, 65535), 1280, 65535);
        if (!t.has("behind")) {
            return net.host(name, mtu, addresses, _ -> {
            });
        }
        String box = t.text("behind", "");
        if (nats.containsKey(box)) {
            return nats.get(box).host(name, mtu, addresses, _ -> {
            });
        }
        if (firewalls.containsKey(box)) {
            return firewalls.get(box).host(name, mtu, addresses, _ -> {
            });
        }
        throw t.error("behind", "there is no [[nat]] or [[firewall]] \"" + box + "\"");
    }

    private NicPlan plan(Table t, String name) {
        String[] addresses = t.texts("addresses").toArray(String[]::new);
        NicPlan plan = t.attempt("addresses", () -> t.has("ethernet") ? NicPlan.on(ethernet(t), name, addresses)
                : NicPlan.of(name, addresses));
        for (String gateway : t.texts("gateways")) {
            NicPlan before = plan;
            plan = t.attempt("gateways", () -> before.withGateway(gateway));
        }
        if (t.has("mtu")) {
            plan = plan.withMtu(t.number("mtu", 0, 1280, 65535));
        }
        return t.has("vlan") ? plan.withOption("vlan", Integer.toString(t.number("vlan", 0, 1, 4094))) : plan;
    }

    private EthernetSwitch ethernet(Table t) {
        EthernetSwitch found = ethernets.get(t.required("ethernet"));
        if (found == null) {
            throw t.error("ethernet", "there is no [[ethernet]] \"" + t.text("ethernet", "") + "\"");
        }
        return found;
    }

    private EthernetGateway gateway(Table t) {
        String router = t.required("router");
        if (!routers.containsKey(router)) {
            throw t.error("router", "there is no [[router]] \"" + router + "\"");
        }
        EthernetGateway gateway = t.attempt("addresses",
                () -> ethernet(t).gateway(routers.get(router), t.texts("addresses").toArray(String[]::new)));
        if (t.has("advertise")) {
            t.attempt("advertise", () -> {
                gateway.advertise(t.duration("advertise", ""));
                return gateway;
            });
        }
        return gateway;
    }

    private NatBox nat(Internet net, Table t) {
        NatOptions options = NatOptions.DEFAULT
                .withMapping(t.word("mapping", NatBehavior.ENDPOINT_INDEPENDENT, NatBehavior.class))
                .withFiltering(t.word("filtering", NatBehavior.ADDRESS_DEPENDENT, NatBehavior.class))
                .withMaxMappings(t.number("max-mappings", 65535, 1, 1 << 20));
        options = options.withTimeouts(options.timeouts().withUdp(t.duration("udp-timeout", "5m")));
        for (String f : t.texts("forwards")) {
            options = options.withForward(t.attempt("forwards", () -> forward(f)));
        }
        if (!t.has("behind")) {
            return net.nat(t.required("name"), t.required("address"), options);
        }
        NatBox outer = nats.get(t.text("behind", ""));
        if (outer == null) {
            throw t.error("behind", "there is no [[nat]] \"" + t.text("behind", "") + "\" before this one");
        }
        return outer.nat(t.required("name"), t.required("address"), options);
    }

    private static PortForward forward(String text) {
        String[] w = text.trim().split("\\s+");
        try {
            if (w.length == 4 && (w[0].equals("tcp") || w[0].equals("udp"))) {
                int outside = Integer.parseInt(w[1]);
                int inside = Integer.parseInt(w[3]);
                return w[0].equals("tcp") ? PortForward.tcp(outside, w[2], inside) : PortForward.udp(outside, w[2], inside);
            }
        } catch (NumberFormatException e) {
            // Told below.
        }
        throw new IllegalArgumentException("\"" + text + "\" is no forward: write \"tcp 8080 192.168.1.2 80\"");
    }

    private static FirewallOptions firewallOptions(Table t) {
        FirewallOptions options = FirewallOptions.DEFAULT.withStateful(t.flag("stateful", true));
        for (String rule : t.texts("rules")) {
            FirewallOptions before = options;
            options = t.attempt("rules", () -> before.withRule(rule));
        }
        return options;
    }

    private static NetworkLink link(Internet net, Table t) {
        List<String> ends = t.two("between");
        LinkConditions conditions = conditions(t);
        if (!t.flag("one-way", false)) {
            return net.link(ends.get(0), ends.get(1), conditions);
        }
        NetworkLink link;
        try {
            link = net.link(ends.get(0), ends.get(1));
        } catch (IllegalArgumentException e) {
            // The other direction is described later, or is perfect.
            link = net.link(ends.get(0), ends.get(1), LinkConditions.perfect());
        }
        return link.setConditions(ends.get(0), conditions);
    }

    private static Moment event(Internet net, Table t) {
        Moment at = net.at(t.converted("at", t.required("at"), dev.millrace.Units::duration));
        check(t);
        Duration lasting = t.has("lasting") ? t.duration("lasting", "") : null;
        boolean said = false;
        if (t.has("cut")) {
            List<String> ends = neighbours(net, t, "cut");
            if (lasting != null) {
                at.cut(ends.get(0), ends.get(1), lasting);
            } else {
                at.cut(ends.get(0), ends.get(1));
            }
            said = true;
        }
        if (t.has("heal")) {
            List<String> ends = t.two("heal");
            t.attempt("heal", () -> at.heal(ends.get(0), ends.get(1)));
            said = true;
        }
        if (t.has("isolate")) {
            String name = t.text("isolate", "");
            t.attempt("isolate", () -> lasting != null ? at.isolate(name, lasting) : at.isolate(name));
            said = true;
        }
        if (t.has("partition")) {
            List<List<String>> sides = t.pair("partition");
            t.attempt("partition", () -> lasting != null ? at.partition(sides.get(0), sides.get(1), lasting)
                    : at.partition(sides.get(0), sides.get(1)));
            said = true;
        }
        if (t.flag("heal-all", false)) {
            at.healAll();
            said = true;
        }
        if (t.has("change")) {
            LinkConditions conditions = conditions(t);
            List<String> ends = neighbours(net, t, "change");
            at.change(ends.get(0), ends.get(1), _ -> conditions);
            said = true;
        }
        if (t.has("crash")) {
            String host = host(net, t, "crash");
            if (lasting != null) {
                at.crash(host, lasting);
            } else {
                at.crash(host);
            }
            said = true;
        }
        if (t.has("restart")) {
            at.restart(host(net, t, "restart"));
            said = true;
        }
        if (!said) {
            throw new ConfigurationException(ErrorCode.CONFIGURATION, t.path(), "says nothing: add cut, heal, isolate, "
                    + "partition, heal-all, change, crash or restart", null);
        }
        return at;
    }

    private static String host(Internet net, Table t, String key) {
        String host = t.text(key, "");
        if (net.host(host).isEmpty()) {
            throw t.error(key, "there is no host \"" + host + "\"");
        }
        return host;
    }

    /// What would otherwise be passed over in silence.
    private static void check(Table t) {
        if (t.has("lasting") && !t.has("cut") && !t.has("isolate") && !t.has("partition") && !t.has("crash")) {
            throw t.error("lasting", "only cut, isolate, partition and crash last; add one of them");
        }
        for (String key : t.only(Keys.CONDITIONS).keySet()) {
            if (!t.has("change")) {
                throw t.error(key, "stands beside nothing; add change = [\"a\", \"b\"], the names of two with a link");
            }
        }
    }

    /// Two with a link, or two hosts: others would not be found when the time has come.
    private static List<String> neighbours(Internet net, Table t, String key) {
        List<String> ends = t.two(key);
        boolean hosts = key.equals("cut") && ends.stream().allMatch(e -> net.host(e).isPresent());
        if (!hosts) {
            t.attempt(key, () -> net.link(ends.get(0), ends.get(1)));
        }
        return ends;
    }
}
