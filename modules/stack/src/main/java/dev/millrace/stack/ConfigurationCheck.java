package dev.millrace.stack;

import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.Nearest;
import dev.millrace.NicConfig;
import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.RouteConfig;
import dev.millrace.StackConfig;
import dev.millrace.spi.AddressSourceFactory;
import dev.millrace.spi.LinkDriver;
import dev.millrace.spi.NetworkProtocolFactory;
import dev.millrace.spi.TransportProtocolFactory;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/// Checks a configuration wholly before anything is opened, and finds the plug-ins that it needs.
final class ConfigurationCheck {
    private static final String DHCP = "dev.millrace:millrace-dhcp (module dev.millrace.dhcp)";
    /// The artifacts that bring what is often asked for.
    private static final Map<String, String> ARTIFACTS = artifacts(
            "loopback", "dev.millrace:millrace-link-loopback (module dev.millrace.link.loopback)",
            "vnic", "dev.millrace:millrace-link-vnic (module dev.millrace.link.vnic)",
            "tun", "dev.millrace:millrace-link-tun (module dev.millrace.link.tun)",
            "tap", "dev.millrace:millrace-link-tun (module dev.millrace.link.tun)",
            "packet", "dev.millrace:millrace-link-packet (module dev.millrace.link.packet)",
            "vxlan", "dev.millrace:millrace-link-vxlan (module dev.millrace.link.vxlan)",
            "ipv4", "dev.millrace:millrace-proto-ip (module dev.millrace.ip)",
            "ipv6", "dev.millrace:millrace-proto-ip (module dev.millrace.ip)",
            "tcp", "dev.millrace:millrace-proto-tcp (module dev.millrace.tcp)",
            "udp", "dev.millrace:millrace-proto-udp (module dev.millrace.udp)",
            "neighbors", "dev.millrace:millrace-neighbors (module dev.millrace.neighbors)",
            "dhcp", DHCP);


    private final StackConfig config;
    private final Plugins plugins;
    private final List<NetworkProtocolFactory> networks = new ArrayList<>();
    private final List<TransportProtocolFactory> transports = new ArrayList<>();
    private final Map<String, OptionValues> values = new HashMap<>();
    private final Map<String, OptionValues> congestionControlValues = new HashMap<>();
    private final List<LinkChain> chains = new ArrayList<>();
    private final List<StationOptions> stations = new ArrayList<>();
    /// For each NIC the sources of addresses that it asks for, with its options.
    private final List<Map<AddressSourceFactory, OptionValues>> sources = new ArrayList<>();
    private final List<Map<String, OptionValues>> nicValues = new ArrayList<>();
    private final List<List<String>> ethernetOptions = new ArrayList<>();
    private StackOptions stackOptions;

    /// @throws ConfigurationException at the first thing that is wrong
    ConfigurationCheck(StackConfig config, Plugins plugins) {
        this.config = config;
        this.plugins = plugins;
        chooseProtocols();
        checkOptions();
        checkNics();
        checkAddresses();
        for (int i = 0; i < config.routes().size(); i++) {
            checkRoute("route[" + i + "]", config.routes().get(i), config.nics());
        }
    }

    private static Map<String, String> artifacts(String... pairs) {
        Map<String, String> all = new HashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            all.put(pairs[i], pairs[i + 1]);
        }
        return Map.copyOf(all);
    }

    static String artifactFor(String plugin) {
        return ARTIFACTS.get(plugin);
    }

    /// The artifact that brings this option of NICs, or `null`.
    static String artifactForOption(String nicOption) {
        return nicOption.equals("dhcp") || nicOption.startsWith("dhcp-") ? DHCP : null;
    }

    private void chooseProtocols() {
        Set<String> wanted = new HashSet<>();
        List<String> present = new ArrayList<>();
        plugins.networks().forEach(f -> present.add(f.name()));
        plugins.transports().forEach(f -> present.add(f.name()));
        for (int i = 0; i < config.protocols().size(); i++) {
            String name = config.protocols().get(i);
            if (!present.contains(name)) {
                throw missing("stack.protocols[" + i + "]", "protocol", name, present);
            }
            wanted.add(name);
        }
        boolean all = wanted.isEmpty();
        plugins.networks().stream().filter(f -> all || wanted.contains(f.name())).forEach(networks::add);
        plugins.transports().stream().filter(f -> all || wanted.contains(f.name())).forEach(transports::add);
        checkTypes();
        if (networks.stream().noneMatch(f -> version(f) != 0)) {
            throw new ConfigurationException(ErrorCode.MISSING_PLUGIN, "stack.protocols",
                    "no network protocol: add " + ARTIFACTS.get("ipv4"), null);
        }
    }

    private void checkTypes() {
        Map<Integer, String> takers = new HashMap<>();
        for (NetworkProtocolFactory f : networks) {
            if (f.etherType() < EtherType.MIN || f.etherType() > 0xffff) {
                throw new ConfigurationException("stack.protocols",
                        f.name() + " takes EtherType " + f.etherType() + ", which is none: 1536 to 65535");
            }
            String other = takers.putIfAbsent(f.etherType(), f.name());
            if (other != null) {
                throw new ConfigurationException("stack.protocols", other + " and " + f.name()
                        + " both take EtherType 0x" + Integer.toHexString(f.etherType()) + ": name the one to run in protocols");
            }
        }
    }

    /// The version of IP that a protocol is, or 0.
    private static int version(NetworkProtocolFactory f) {
        return f.etherType() == EtherType.IPV4 ? 4 : f.etherType() == EtherType.IPV6 ? 6 : 0;
    }

    private static ConfigurationException missing(String key, String what, String name, List<String> present) {
        String artifact = ARTIFACTS.get(name);
        String present_ = present.isEmpty() ? "none is present" : "present are: " + String.join(", ", present);
        return new ConfigurationException(ErrorCode.MISSING_PLUGIN, key,
                "no " + what + " \"" + name + "\" was found; "
                        + (artifact == null
                                ? present.isEmpty() ? present_ : Nearest.advice(name, present)
                                : present_ + "; to get it add " + artifact),
                null);
    }

    private void checkOptions() {
        List<String> tables = new ArrayList<>(List.of("stack"));
        networks.forEach(f -> tables.add(f.name()));
        transports.forEach(f -> tables.add(f.name()));
        plugins.congestionControls().forEach(f -> tables.add(f.name()));
        plugins.addressSources().forEach(f -> tables.add(f.name()));
        for (String table : config.options().keySet()) {
            if (!tables.contains(table)) {
                if (ARTIFACTS.containsKey(table)) {
                    throw missing(table, "protocol", table, tables.subList(1, tables.size()));
                }
                throw new ConfigurationException(table, "unknown table; " + Nearest.advice(table, tables));
            }
        }
        stackOptions = StackOptions.of(check("stack", StackOptions.SPECS));
        networks.forEach(f -> values.put(f.name(), check(f.name(), f.options())));
        transports.forEach(f -> values.put(f.name(), check(f.name(), f.options())));
        plugins.congestionControls().forEach(f -> congestionControlValues.put(f.name(), check(f.name(), f.options())));
        plugins.addressSources().forEach(f -> values.put(f.name(), check(f.name(), f.options())));
    }

    private OptionValues check(String table, List<OptionSpec> specs) {
        return OptionValues.check(table, specs, config.options().getOrDefault(table, Map.of()));
    }

    private void checkNics() {
        if (config.nics().isEmpty()) {
            throw new ConfigurationException("nic", "a stack needs at least one NIC");
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < config.nics().size(); i++) {
            NicConfig nic = config.nics().get(i);
            String key = "nic[" + i + "]";
            if (nic.name().isBlank()) {
                throw new ConfigurationException(key + ".name", "is missing");
            }
            if (!names.add(nic.name())) {
                throw new ConfigurationException(key + ".name", "another NIC is called \"" + nic.name() + "\"");
            }
            if (nic.mtu() != 0 && (nic.mtu() < 68 || nic.mtu() > 65536)) {
                throw new ConfigurationException(key + ".mtu", nic.mtu() + " is not in 68..65536");
            }
            checkDriver(key, nic);
        }
    }

    private void checkDriver(String key, NicConfig nic) {
        var own = new HashMap<String, String>();
        var drivers = new HashMap<String, String>();
        List<OptionSpec> ethernet = ethernetSpecs(networks, plugins.addressSources());
        nic.options().forEach((name, value) -> {
            if (!has(ethernet, name) && artifactForOption(name) != null) {
                throw new ConfigurationException(ErrorCode.MISSING_PLUGIN, key + "." + name,
                        "nothing that is present understands this: add " + artifactForOption(name), null);
            }
            (has(ethernet, name) ? own : drivers).put(name, value);
        });
        if (nic.open() != null) {
            if (!drivers.isEmpty()) {
                throw new ConfigurationException(key, "a link that the program made itself takes no options but "
                        + ethernet.stream().map(OptionSpec::name).collect(Collectors.joining(", ")));
            }
            chains.add(null);
        } else {
            LinkChain chain = LinkChain.of(key, nic.link(), drivers, scheme -> driver(key, scheme));
            List<OptionSpec> all = new ArrayList<>(chain.options());
            all.addAll(ethernet);
            OptionValues.check(key, all, nic.options());
            chains.add(chain);
        }
        stations.add(StationOptions.of(key, only(own, StationOptions.SPECS)));
        var values = new HashMap<String, OptionValues>();
        networks.forEach(f -> values.put(f.name(), OptionValues.check(key, f.nicOptions(), only(own, f.nicOptions()))));
        nicValues.add(values);
        ethernetOptions.add(own.keySet().stream().sorted().toList());
        sources.add(sources(key, own));
    }

    /// The sources of addresses that a NIC asks for.
    ///
    /// @param given the NIC's options of all plug-ins
    private Map<AddressSourceFactory, OptionValues> sources(String key, Map<String, String> given) {
        var asked = new LinkedHashMap<AddressSourceFactory, OptionValues>();
        for (AddressSourceFactory f : plugins.addressSources()) {
            OptionValues checked = OptionValues.check(key, f.nicOptions(), only(given, f.nicOptions()));
            if (checked.flag(f.name())) {
                if (networks.stream().noneMatch(n -> version(n) == f.version())) {
                    throw new ConfigurationException(key + "." + f.name(), "brings IPv" + f.version()
                            + " addresses, but the stack does not run ipv" + f.version());
                }
                asked.put(f, checked);
            }
        }
        return asked;
    }

    /// The options of Ethernet NICs: their own, and those for network protocols and sources of addresses.
    static List<OptionSpec> ethernetSpecs(List<NetworkProtocolFactory> networks, List<AddressSourceFactory> sources) {
        List<OptionSpec> all = new ArrayList<>(StationOptions.SPECS);
        networks.forEach(f -> all.addAll(f.nicOptions()));
        sources.forEach(f -> all.addAll(f.nicOptions()));
        return all;
    }

    private static boolean has(List<OptionSpec> specs, String name) {
        return specs.stream().anyMatch(o -> o.name().equals(name));
    }

    private static Map<String, String> only(Map<String, String> given, List<OptionSpec> specs) {
        return given.entrySet().stream().filter(e -> has(specs, e.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
    }

    private LinkDriver driver(String key, String scheme) {
        return plugins.links().stream().filter(d -> d.scheme().equals(scheme)).findFirst()
                .orElseThrow(() -> missing(key + ".link", "link driver", scheme,
                        plugins.links().stream().map(LinkDriver::scheme).toList()));
    }

    private void checkAddresses() {
        Map<IpAddress, String> seen = new HashMap<>();
        for (int i = 0; i < config.nics().size(); i++) {
            NicConfig nic = config.nics().get(i);
            for (int j = 0; j < nic.addresses().size(); j++) {
                String key = "nic[" + i + "].addresses[" + j + "]";
                Cidr cidr = nic.addresses().get(j);
                checkAddress(key, cidr, nic);
                String other = seen.putIfAbsent(cidr.address(), nic.name());
                if (other != null) {
                    throw new ConfigurationException(key,
                            cidr.address() + " is given twice: NIC \"" + other + "\" has it already");
                }
            }
        }
    }

    private void checkAddress(String key, Cidr cidr, NicConfig nic) {
        boolean runs = networks.stream().anyMatch(f -> version(f) == cidr.address().version());
        checkAddress(key, cidr, runs, nic.mtu());
    }

    /// Whether a NIC can have this address.
    ///
    /// @param runs whether the stack runs its version of IP
    /// @param mtu the NIC's, or 0 if it is not known yet
    static void checkAddress(String key, Cidr cidr, boolean runs, int mtu) {
        IpAddress a = cidr.address();
        if (a.isUnspecified() || a.isMulticast() || a.isLimitedBroadcast()) {
            throw new ConfigurationException(key, a + " cannot be the address of a NIC");
        }
        if (!runs) {
            throw new ConfigurationException(key, cidr + " is an IPv" + a.version()
                    + " address, but the stack does not run ipv" + a.version());
        }
        if (!a.isV4() && mtu != 0 && mtu < 1280) {
            throw new ConfigurationException(key,
                    "IPv6 needs an MTU of at least 1280 bytes (RFC 8200 §5), the NIC has " + mtu);
        }
    }

    /// The NIC that a route leads through.
    static NicConfig checkRoute(String key, RouteConfig route, List<NicConfig> nics) {
        if (!route.nic().isEmpty()) {
            return nics.stream().filter(n -> n.name().equals(route.nic())).findFirst().orElseThrow(() ->
                    new ConfigurationException(key + ".nic", "no NIC is called \"" + route.nic() + "\"; "
                            + Nearest.advice(route.nic(), nics.stream().map(NicConfig::name).toList())));
        }
        if (route.via() == null) {
            if (nics.size() == 1) {
                return nics.getFirst();
            }
            throw new ConfigurationException(key, "needs via or nic, since there are several NICs");
        }
        if (route.to() != null && route.to().address().isV4() != route.via().isV4()) {
            throw new ConfigurationException(key + ".via",
                    route.via() + " is not of the same IP version as " + route.to());
        }
        Function<NicConfig, Boolean> onLink =
                n -> n.addresses().stream().anyMatch(c -> c.contains(route.via()));
        return nics.stream().filter(onLink::apply).findFirst().orElseThrow(() -> new ConfigurationException(
                key + ".via", "the gateway " + route.via() + " is on no NIC's network; "
                        + "give a NIC an address of its network, or name the nic"));
    }

    StackConfig config() {
        return config;
    }

    StackOptions stackOptions() {
        return stackOptions;
    }

    List<NetworkProtocolFactory> networks() {
        return networks;
    }

    List<TransportProtocolFactory> transports() {
        return transports;
    }

    OptionValues values(String protocol) {
        return values.get(protocol);
    }

    /// The options of each congestion control that is present.
    Map<String, OptionValues> congestionControlValues() {
        return congestionControlValues;
    }

    /// The drivers of NIC `i`, or `null` if the program made the link itself.
    LinkChain chain(int i) {
        return chains.get(i);
    }

    /// What NIC `i` is told for each network protocol.
    Map<String, OptionValues> nicValues(int i) {
        return nicValues.get(i);
    }

    /// The options given to NIC `i` that only an Ethernet has.
    List<String> ethernetOptions(int i) {
        return ethernetOptions.get(i);
    }

    StationOptions station(int i) {
        return stations.get(i);
    }

    /// The sources of addresses that NIC `i` asks for, with its options.
    Map<AddressSourceFactory, OptionValues> sources(int i) {
        return sources.get(i);
    }
}
