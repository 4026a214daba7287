package dev.millrace.config;

import dev.millrace.CaptureRequest;
import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.Nearest;
import dev.millrace.NicConfig;
import dev.millrace.OptionSpec;
import dev.millrace.RouteConfig;
import dev.millrace.StackConfig;
import dev.millrace.Units;
import dev.millrace.spi.StackProvider;
import dev.millrace.spi.StackProvider.PluginInfo;
import dev.millrace.wire.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/// What the tables of a configuration mean. Errors name the key; their place in the file is for others to find.
final class ConfigTables {
    private static final List<String> TABLES = List.of("stack", "nic", "route", "capture");
    private static final List<String> NIC_KEYS = List.of("name", "link", "mtu", "addresses", "own-subnets");
    private static final List<String> ROUTE_KEYS = List.of("to", "via", "nic");
    private static final List<String> CAPTURE_KEYS = List.of("file", "listen", "nics", "snap-length", "buffer-packets");
    /// Those of Millrace's own plug-ins, for who reads a configuration without them.
    private static final List<String> OWN_SOURCES = List.of("slaac", "dhcp");
    /// The largest packet there is, and so the longest piece of one worth keeping.
    private static final int MAX_SNAP_LENGTH = 65536;
    private static final int MAX_BUFFER_PACKETS = 1 << 20;

    /// What is present, to tell mistyped keys of ours from options of plug-ins; empty without an assembler.
    private final List<PluginInfo> plugins;
    private final StackConfig config;
    private final Optional<CaptureRequest> capture;

    /// @throws ConfigurationException at the first thing that is wrong
    ConfigTables(JsonNode root) {
        plugins = StackProvider.present().map(StackProvider::plugins).orElse(List.of());
        config = read(root);
        JsonNode node = root.get("capture");
        capture = node == null ? Optional.empty() : Optional.of(capture(node));
    }

    StackConfig config() {
        return config;
    }

    Optional<CaptureRequest> capture() {
        return capture;
    }

    private StackConfig read(JsonNode root) {
        String name = "stack";
        List<NicConfig> nics = new ArrayList<>();
        List<RouteConfig> routes = new ArrayList<>();
        List<String> protocols = new ArrayList<>();
        Map<String, Map<String, String>> options = new HashMap<>();
        for (Map.Entry<String, JsonNode> e : root.properties()) {
            JsonNode node = e.getValue();
            switch (e.getKey()) {
                case "nic" -> each(node, "nic", (key, n) -> nics.add(nic(key, n)));
                case "route" -> each(node, "route", (key, n) -> routes.add(route(key, n)));
                case "capture" -> Values.table("capture", node);
                case "stack" -> {
                    var rest = new LinkedHashMap<String, String>();
                    for (Map.Entry<String, JsonNode> s : Values.table("stack", node).properties()) {
                        switch (s.getKey()) {
                            case "name" -> name = Values.text("stack.name", s.getValue());
                            case "protocols" -> protocols.addAll(Values.texts("stack.protocols", s.getValue()));
                            default -> rest.put(s.getKey(), Values.text("stack." + s.getKey(), s.getValue()));
                        }
                    }
                    options.put("stack", rest);
                }
                default -> options.put(e.getKey(), protocolOptions(e.getKey(), node));
            }
        }
        return new StackConfig(name, nics, routes, protocols, options);
    }

    private static void each(JsonNode node, String key, BiConsumer<String, JsonNode> element) {
        if (!node.isArray()) {
            throw new ConfigurationException(key, "is an array of tables: write [[" + key + "]]");
        }
        for (int i = 0; i < node.size(); i++) {
            String k = key + "[" + i + "]";
            element.accept(k, Values.table(k, node.get(i)));
        }
    }

    /// The options of a protocol or a congestion control. Whether there is such a protocol is for the assembler to say, but a mistyped table of
    /// ours is not one.
    private Map<String, String> protocolOptions(String key, JsonNode node) {
        List<String> valid = Stream.concat(TABLES.stream(), plugins.stream()
                .filter(p -> !p.kind().equals("link")).map(PluginInfo::name)).toList();
        String advice = Nearest.advice(key, valid);
        boolean ours = TABLES.stream().anyMatch(t -> advice.startsWith("did you mean " + t + "?"));
        if (ours && !valid.contains(key) || !node.isObject()) {
            throw new ConfigurationException(key, (node.isValueNode() ? "unknown key; at the top there are tables only; "
                    : "unknown table; ") + advice);
        }
        var options = new LinkedHashMap<String, String>();
        for (Map.Entry<String, JsonNode> e : node.properties()) {
            options.put(e.getKey(), Values.text(key + "." + e.getKey(), e.getValue()));
        }
        return options;
    }

    private NicConfig nic(String key, JsonNode node) {
        String name = "";
        String link = "";
        int mtu = 0;
        Boolean ownsSubnets = null;
        List<Cidr> addresses = new ArrayList<>();
        List<String> sources = new ArrayList<>();
        var options = new LinkedHashMap<String, JsonNode>();
        for (Map.Entry<String, JsonNode> e : node.properties()) {
            String k = key + "." + e.getKey();
            JsonNode v = e.getValue();
            switch (e.getKey()) {
                case "name" -> name = Values.text(k, v);
                case "link" -> link = Values.text(k, v);
                case "mtu" -> mtu = mtu(k, v);
                case "own-subnets" -> ownsSubnets = Values.flag(k, v);
                case "addresses" -> {
                    List<String> all = Values.texts(k, v);
                    for (int i = 0; i < all.size(); i++) {
                        if (NicConfig.isAddressSource(all.get(i))) {
                            checkSource(k + "[" + i + "]", all.get(i), link(node));
                            sources.add(all.get(i));
                            continue;
                        }
                        addresses.add(Values.converted(k + "[" + i + "]", all.get(i), Cidr::parse));
                    }
                }
                default -> options.put(e.getKey(), v);
            }
        }
        Map<String, String> driverOptions = driverOptions(key, link, options);
        // The same as the option of this name: "slaac" among the addresses is slaac = true.
        sources.forEach(s -> driverOptions.put(s, "true"));
        if (name.isEmpty()) {
            throw new ConfigurationException(key + ".name", "is missing: every NIC needs a name");
        }
        if (link.isEmpty()) {
            throw new ConfigurationException(key + ".link", "is missing: write link = \"loopback:\", for example");
        }
        return new NicConfig(name, link, null, mtu, addresses, ownsSubnets, driverOptions);
    }

    private static String link(JsonNode nic) {
        JsonNode link = nic.get("link");
        return link == null || !link.isString() ? "" : link.stringValue();
    }

    /// A source of addresses is an option of the NIC that is true or false, so that a mistyped one is found here.
    private static void checkSource(String key, String source, String link) {
        List<String> known = StackProvider.present().flatMap(p -> p.nicOptions(link)).map(all -> all.stream()
                .filter(o -> o.type() == OptionSpec.Type.FLAG).map(OptionSpec::name).toList()).orElse(OWN_SOURCES);
        if (!known.contains(source) && artifactOf(source).isEmpty()) {
            throw new ConfigurationException(key, "\"" + source + "\" is no IP address with a prefix, such as 10.0.0.2/24, "
                    + "and no source of addresses, such as dhcp or slaac");
        }
    }

    /// What is left of a NIC's keys belongs to its driver. If the driver is here, a key that it does not know may just as
    /// well be one of ours mistyped, so the advice is about both; without it any key may be right.
    private Map<String, String> driverOptions(String nic, String link, Map<String, JsonNode> options) {
        List<OptionSpec> known = StackProvider.present().flatMap(p -> p.nicOptions(link)).orElse(null);
        List<String> valid = new ArrayList<>(NIC_KEYS);
        if (known != null) {
            known.forEach(o -> valid.add(o.name()));
        }
        var values = new LinkedHashMap<String, String>();
        options.forEach((key, value) -> {
            if (!valid.contains(key) && (known != null || link.isEmpty()) && artifactOf(key).isEmpty()) {
                throw new ConfigurationException(nic + "." + key, "unknown key; " + Nearest.advice(key, valid));
            }
            values.put(key, Values.text(nic + "." + key, value));
        });
        return values;
    }

    /// What brings an option that nothing which is here understands.
    private static Optional<String> artifactOf(String option) {
        return StackProvider.present().flatMap(p -> p.artifactOf(option));
    }

    private static int mtu(String key, JsonNode value) {
        long bytes = Values.converted(key, Values.text(key, value), Units::bytes);
        if (bytes < 1) {
            // 0 means "the link's own" inside a StackConfig; in a file that is said by leaving the key out.
            throw new ConfigurationException(key, "must be at least 68 bytes; leave it out for the link's own");
        }
        return (int) Math.min(Integer.MAX_VALUE, bytes);
    }

    private static RouteConfig route(String key, JsonNode node) {
        Cidr to = null;
        boolean given = false;
        IpAddress via = null;
        String nic = "";
        for (Map.Entry<String, JsonNode> e : node.properties()) {
            String k = key + "." + e.getKey();
            if (!ROUTE_KEYS.contains(e.getKey())) {
                throw new ConfigurationException(k, "unknown key; " + Nearest.advice(e.getKey(), ROUTE_KEYS));
            }
            String value = Values.text(k, e.getValue());
            switch (e.getKey()) {
                case "to" -> {
                    given = true;
                    to = value.equals("default") ? null : Values.converted(k, value, Cidr::parse);
                }
                case "via" -> via = Values.converted(k, value, IpAddress::parse);
                default -> nic = value;
            }
        }
        if (!given) {
            throw new ConfigurationException(key + ".to", "is missing: a network such as 10.0.0.0/8, or \"default\"");
        }
        return new RouteConfig(to, via, nic);
    }

    private CaptureRequest capture(JsonNode node) {
        CaptureRequest.Target target = null;
        List<String> nics = List.of();
        int snapLength = 0;
        int bufferPackets = CaptureRequest.file(Path.of("")).bufferPackets();
        for (Map.Entry<String, JsonNode> e : node.properties()) {
            String k = "capture." + e.getKey();
            JsonNode v = e.getValue();
            if (target != null && (e.getKey().equals("file") || e.getKey().equals("listen"))) {
                throw new ConfigurationException(k, "a capture goes to file or to listen, not to both");
            }
            switch (e.getKey()) {
                case "file" -> target = new CaptureRequest.File(Values.converted(k, Values.text(k, v), Path::of));
                case "listen" -> target = new CaptureRequest.Listen(
                        Values.converted(k, Values.text(k, v), ConfigTables::hostAndPort));
                case "nics" -> nics = nicNames(k, v);
                case "snap-length" -> snapLength = (int) Math.min(MAX_SNAP_LENGTH,
                        Values.converted(k, Values.text(k, v), Units::bytes));
                case "buffer-packets" -> bufferPackets = bufferPackets(k, v);
                default -> throw new ConfigurationException(k,
                        "unknown key; " + Nearest.advice(e.getKey(), CAPTURE_KEYS));
            }
        }
        if (target == null) {
            throw new ConfigurationException("capture", "needs file = \"…\" or listen = \"127.0.0.1:19000\"");
        }
        return new CaptureRequest(target, nics, snapLength, bufferPackets);
    }

    private List<String> nicNames(String key, JsonNode value) {
        List<String> present = config.nics().stream().map(NicConfig::name).toList();
        List<String> names = Values.texts(key, value);
        for (int i = 0; i < names.size(); i++) {
            if (!present.contains(names.get(i))) {
                throw new ConfigurationException(key + "[" + i + "]",
                        "no NIC is called \"" + names.get(i) + "\"; " + Nearest.advice(names.get(i), present));
            }
        }
        return names;
    }

    private static int bufferPackets(String key, JsonNode value) {
        if (!value.isIntegralNumber() || !value.canConvertToInt() || value.intValue() < 1
                || value.intValue() > MAX_BUFFER_PACKETS) {
            throw new ConfigurationException(key, "needs a whole number in 1.." + MAX_BUFFER_PACKETS + ", found " + value);
        }
        return value.intValue();
    }

    /// Reads `127.0.0.1:19000` or `[::1]:19000`; no names, since a configuration is read without asking a resolver.
    private static InetSocketAddress hostAndPort(String text) {
        int colon = text.lastIndexOf(':');
        String host = text.substring(0, Math.max(0, colon));
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        try {
            return new InetSocketAddress(InetAddress.ofLiteral(host), Integer.parseInt(text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("\"" + text + "\" is no address and port such as 127.0.0.1:19000", e);
        }
    }
}
