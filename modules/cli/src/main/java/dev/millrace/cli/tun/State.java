package dev.millrace.cli.tun;

import dev.millrace.Cidr;
import dev.millrace.cli.Commands;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What `tun up` remembers: what it was asked for, and the steps that it began, each with what was there before.
///
/// @param settings what it was asked for
/// @param namespace the network namespace
/// @param boot which start of the machine; nothing of this outlives it
/// @param steps in the order in which they were begun
record State(Settings settings, String namespace, String boot, List<Step> steps) {
    private static final int VERSION = 1;

    State {
        steps = List.copyOf(steps);
    }

    State with(List<Step> others) {
        return new State(settings, namespace, boot, others);
    }

    State plus(Step step) {
        var all = new ArrayList<>(steps);
        all.add(step);
        return with(all);
    }

    State minus(Step step) {
        return with(steps.stream().filter(s -> !s.equals(step)).toList());
    }

    Optional<Step> find(String what) {
        return steps.stream().filter(s -> s.what().equals(what)).findFirst();
    }

    /// Whether the device is one that `tun up` made.
    boolean madeDevice() {
        return steps.stream().anyMatch(Step.MakeDevice.class::isInstance);
    }

    ObjectNode toJson() {
        ObjectNode node = Commands.json().createObjectNode();
        node.put("version", VERSION).put("name", settings.name()).put("namespace", namespace).put("boot", boot);
        ObjectNode asked = node.putObject("settings");
        var addresses = asked.putArray("addresses");
        settings.addresses().forEach(a -> addresses.add(a.toString()));
        asked.put("user", settings.user()).put("group", settings.group()).put("nat", settings.nat())
                .put("mtu", settings.mtu()).put("queues", settings.queues()).put("congctl", settings.congctl());
        var list = node.putArray("steps");
        steps.forEach(s -> write(s, list.addObject()));
        return node;
    }

    private static void write(Step step, ObjectNode to) {
        switch (step) {
            case Step.MakeDevice s -> to.put("kind", "device").put("user", s.user()).put("group", s.group())
                    .put("queues", s.queues());
            case Step.SetMtu s -> to.put("kind", "mtu").put("mtu", s.mtu()).put("before", s.before());
            case Step.AddAddress s -> to.put("kind", "address").put("address", s.address().toString());
            case Step.SetUp _ -> to.put("kind", "up");
            case Step.SetCongestionControl s -> to.put("kind", "congctl").put("address", s.address().toString())
                    .put("algorithm", s.algorithm());
            case Step.SetSysctl s -> {
                to.put("kind", "sysctl").put("key", s.key()).put("value", s.value()).put("before", s.before());
                ObjectNode also = to.putObject("also");
                s.also().forEach(also::put);
            }
            case Step.AddRule s -> to.put("kind", "rule").put("rule", s.kind().name()).put("network", s.network().toString())
                    .put("outside", s.outside());
            case Step.AddTable s -> to.put("kind", "table").put("network", s.network().toString()).put("outside", s.outside());
        }
    }

    /// Reads what [#toJson()] made. Whatever else the file says is refused: its steps become commands that root runs.
    ///
    /// @throws IllegalArgumentException if it is anything else
    static State fromJson(JsonNode node) {
        if (node.path("version").asInt(0) != VERSION) {
            throw new IllegalArgumentException("it is of version " + node.path("version") + ", not " + VERSION);
        }
        String name = Names.device(text(node, "name"));
        JsonNode asked = node.path("settings");
        var addresses = new ArrayList<Cidr>();
        asked.path("addresses").forEach(a -> addresses.add(Cidr.parse(a.asString(""))));
        var settings = new Settings(name, addresses, text(asked, "user"), text(asked, "group"), text(asked, "nat"),
                asked.path("mtu").asInt(0), asked.path("queues").asBoolean(false), text(asked, "congctl"));
        var steps = new ArrayList<Step>();
        node.path("steps").forEach(s -> steps.add(read(s, name, settings)));
        return new State(settings, text(node, "namespace"), text(node, "boot"), steps);
    }

    private static Step read(JsonNode s, String name, Settings settings) {
        return switch (text(s, "kind")) {
            case "device" -> new Step.MakeDevice(name, settings.user(), settings.group(), settings.queues());
            case "mtu" -> new Step.SetMtu(name, s.path("mtu").asInt(0), s.path("before").asInt(0));
            case "address" -> new Step.AddAddress(name, Cidr.parse(text(s, "address")));
            case "up" -> new Step.SetUp(name);
            case "congctl" -> new Step.SetCongestionControl(name, Cidr.parse(text(s, "address")), settings.congctl());
            case "sysctl" -> new Step.SetSysctl(key(text(s, "key")), number(s, "value"), number(s, "before"), also(s));
            case "rule" -> new Step.AddRule(Step.RuleKind.valueOf(text(s, "rule")), name, Cidr.parse(text(s, "network")),
                    Names.device(text(s, "outside")));
            case "table" -> new Step.AddTable(name, Cidr.parse(text(s, "network")), Names.device(text(s, "outside")));
            default -> throw new IllegalArgumentException("a step of kind \"" + text(s, "kind") + "\" is unknown");
        };
    }

    private static Map<String, String> also(JsonNode step) {
        var all = new LinkedHashMap<String, String>();
        for (String key : step.path("also").propertyNames()) {
            all.put(key(key), number(step.path("also"), key));
        }
        return all;
    }

    private static String key(String key) {
        if (!key.matches("net/ipv[46]/[A-Za-z0-9_./-]+") || key.contains("..")) {
            throw new IllegalArgumentException("\"" + key + "\" is no key of ours");
        }
        return key;
    }

    private static String number(JsonNode node, String field) {
        String value = text(node, field);
        if (!value.matches("-?[0-9]{1,9}")) {
            throw new IllegalArgumentException(field + ": \"" + value + "\" is no number");
        }
        return value;
    }

    private static String text(JsonNode node, String field) {
        if (!node.path(field).isString()) {
            throw new IllegalArgumentException(field + " is missing");
        }
        return node.path(field).asString();
    }
}
