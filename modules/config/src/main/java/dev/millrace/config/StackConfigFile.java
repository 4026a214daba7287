package dev.millrace.config;

import dev.millrace.CaptureRequest;
import dev.millrace.Cidr;
import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.ManualStack;
import dev.millrace.Nearest;
import dev.millrace.NicConfig;
import dev.millrace.RouteConfig;
import dev.millrace.Stack;
import dev.millrace.StackConfig;
import dev.millrace.Units;
import dev.millrace.spi.StackProvider;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/// A stack described by a TOML file.
///
/// ```toml
/// [[nic]]
/// name = "lo"
/// link = "loopback:"
/// addresses = ["192.168.1.1/24", "fd00::1/64"]
/// ```
///
/// `docs/configuration.md` lists all keys. Every error is a [ConfigFileException] that names the line, those included
/// that only show when the stack is opened.
public final class StackConfigFile {
    private static final List<String> NIC_KEYS = List.of("name", "link", "mtu", "addresses", "own-subnets");
    private static final List<String> ROUTE_KEYS = List.of("to", "via", "nic");
    private static final List<String> CAPTURE_KEYS = List.of("file", "listen", "nics", "snap-length", "buffer-packets");

    private final String file;
    private final KeyLines lines;
    private final StackConfig config;
    private final CaptureRequest capture;

    private StackConfigFile(String file, String text) {
        this.file = file;
        this.lines = new KeyLines(text);
        try {
            JsonNode root = read(text);
            this.config = config(root);
            this.capture = capture(root.get("capture"));
        } catch (ConfigFileException e) {
            throw e;
        } catch (ConfigurationException e) {
            throw located(e);
        }
    }

    /// Reads a file.
    ///
    /// @throws IOException if the file cannot be read
    /// @throws ConfigFileException if it is not TOML, or does not describe a stack
    public static StackConfigFile load(Path path) throws IOException {
        String text;
        try {
            text = Files.readString(path);
        } catch (NoSuchFileException e) {
            throw new IOException(path + ": no such file", e);
        } catch (CharacterCodingException e) {
            throw new ConfigFileException(path.toString(), 0, "", "is not UTF-8 text", ErrorCode.CONFIGURATION, e);
        }
        return parse(text, path.toString());
    }

    /// Reads a text.
    ///
    /// @param text the TOML
    /// @param name what to call it in errors
    /// @throws ConfigFileException if it is not TOML, or does not describe a stack
    public static StackConfigFile parse(String text, String name) {
        return new StackConfigFile(name, text);
    }

    /// What the file says of the stack.
    public StackConfig config() {
        return config;
    }

    /// The capture that the file asks for.
    public Optional<CaptureRequest> capture() {
        return Optional.ofNullable(capture);
    }

    /// Opens the stack, with the capture that the file asks for.
    ///
    /// @throws ConfigFileException if the configuration is wrong; nothing stays open
    /// @throws IOException if a link or the capture's target cannot be opened; nothing stays open
    public Stack open() throws IOException {
        return captured(located(() -> Stack.open(config)));
    }

    /// Opens the stack for stepping, with the capture that the file asks for.
    ///
    /// @throws ConfigFileException if the configuration is wrong; nothing stays open
    /// @throws IOException if a link or the capture's target cannot be opened; nothing stays open
    public ManualStack openManual(long seed) throws IOException {
        return captured(located(() -> StackProvider.find().openManual(config, seed)));
    }

    private interface Opening<S> {
        S open() throws IOException;
    }

    private <S> S located(Opening<S> opening) throws IOException {
        try {
            return opening.open();
        } catch (ConfigurationException e) {
            throw located(e);
        }
    }

    private <S extends Stack> S captured(S stack) throws IOException {
        if (capture != null) {
            try {
                stack.capture(capture);
            } catch (IOException | RuntimeException e) {
                stack.close();
                throw e;
            }
        }
        return stack;
    }

    private ConfigFileException located(ConfigurationException e) {
        String message = e.getMessage();
        if (!e.key().isEmpty() && message.startsWith(e.key() + ": ")) {
            message = message.substring(e.key().length() + 2);
        }
        return new ConfigFileException(file, lines.of(e.key()), e.key(), message, e.code(), e);
    }

    // ---- reading

    private JsonNode read(String text) {
        try {
            return new TomlMapper().readTree(text);
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getLineNr());
            throw new ConfigFileException(file, line, "", "is not TOML: " + e.getOriginalMessage(),
                    ErrorCode.CONFIGURATION, e);
        }
    }

    private StackConfig config(JsonNode root) {
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
                case "capture" -> table(node, "capture");
                case "stack" -> {
                    var rest = new LinkedHashMap<String, String>();
                    for (Map.Entry<String, JsonNode> s : table(node, "stack").properties()) {
                        switch (s.getKey()) {
                            case "name" -> name = text("stack.name", s.getValue());
                            case "protocols" -> protocols.addAll(texts("stack.protocols", s.getValue()));
                            default -> rest.put(s.getKey(), text("stack." + s.getKey(), s.getValue()));
                        }
                    }
                    options.put("stack", rest);
                }
                default -> options.put(e.getKey(), options(e.getKey(), node));
            }
        }
        return new StackConfig(name, nics, routes, protocols, options);
    }

    private interface Element {
        void take(String key, JsonNode node);
    }

    private static void each(JsonNode node, String key, Element element) {
        if (!node.isArray()) {
            throw new ConfigurationException(key, "is an array of tables: write [[" + key + "]]");
        }
        for (int i = 0; i < node.size(); i++) {
            element.take(key + "[" + i + "]", table(node.get(i), key + "[" + i + "]"));
        }
    }

    private static JsonNode table(JsonNode node, String key) {
        if (!node.isObject()) {
            throw new ConfigurationException(key, "is a table: write [" + key + "]");
        }
        return node;
    }

    private static Map<String, String> options(String key, JsonNode node) {
        var options = new LinkedHashMap<String, String>();
        if (!node.isObject()) {
            throw new ConfigurationException(key, "unknown key; at the top there are tables only: "
                    + "[stack], [[nic]], [[route]], [capture] and one for each protocol");
        }
        for (Map.Entry<String, JsonNode> e : node.properties()) {
            options.put(e.getKey(), text(key + "." + e.getKey(), e.getValue()));
        }
        return options;
    }

    private static NicConfig nic(String key, JsonNode node) {
        String name = "";
        String link = "";
        int mtu = 0;
        Boolean ownsSubnets = null;
        List<Cidr> addresses = new ArrayList<>();
        var options = new LinkedHashMap<String, String>();
        for (Map.Entry<String, JsonNode> e : node.properties()) {
            String k = key + "." + e.getKey();
            JsonNode v = e.getValue();
            switch (e.getKey()) {
                case "name" -> name = text(k, v);
                case "link" -> link = text(k, v);
                case "mtu" -> mtu = (int) Math.min(Integer.MAX_VALUE, converted(k, text(k, v), Units::bytes));
                case "own-subnets" -> ownsSubnets = flag(k, v);
                case "addresses" -> {
                    List<String> all = texts(k, v);
                    for (int i = 0; i < all.size(); i++) {
                        addresses.add(converted(k + "[" + i + "]", all.get(i), Cidr::parse));
                    }
                }
                default -> {
                    if (NIC_KEYS.stream().anyMatch(n -> isNear(n, e.getKey()))) {
                        throw new ConfigurationException(k, "unknown key; " + Nearest.advice(e.getKey(), NIC_KEYS));
                    }
                    options.put(e.getKey(), text(k, v));
                }
            }
        }
        if (name.isEmpty()) {
            throw new ConfigurationException(key + ".name", "is missing: every NIC needs a name");
        }
        if (link.isEmpty()) {
            throw new ConfigurationException(key + ".link", "is missing: write link = \"loopback:\", for example");
        }
        return new NicConfig(name, link, null, mtu, addresses, ownsSubnets, options);
    }

    /// Whether a word is one of ours mistyped rather than a driver's option.
    private static boolean isNear(String ours, String given) {
        return Nearest.advice(given, List.of(ours)).startsWith("did you mean");
    }

    private static RouteConfig route(String key, JsonNode node) {
        Cidr to = null;
        boolean given = false;
        IpAddress via = null;
        String nic = "";
        for (Map.Entry<String, JsonNode> e : node.properties()) {
            String k = key + "." + e.getKey();
            String value = text(k, e.getValue());
            switch (e.getKey()) {
                case "to" -> {
                    given = true;
                    to = value.equals("default") ? null : converted(k, value, Cidr::parse);
                }
                case "via" -> via = converted(k, value, IpAddress::parse);
                case "nic" -> nic = value;
                default -> throw new ConfigurationException(k, "unknown key; " + Nearest.advice(e.getKey(), ROUTE_KEYS));
            }
        }
        if (!given) {
            throw new ConfigurationException(key + ".to", "is missing: a network such as 10.0.0.0/8, or \"default\"");
        }
        return new RouteConfig(to, via, nic);
    }

    private static CaptureRequest capture(JsonNode node) {
        if (node == null) {
            return null;
        }
        CaptureRequest.Target target = null;
        List<String> nics = List.of();
        int snapLength = 0;
        int bufferPackets = 4096;
        for (Map.Entry<String, JsonNode> e : node.properties()) {
            String k = "capture." + e.getKey();
            JsonNode v = e.getValue();
            switch (e.getKey()) {
                case "file" -> target = new CaptureRequest.File(Path.of(text(k, v)));
                case "listen" -> target = new CaptureRequest.Listen(converted(k, text(k, v), StackConfigFile::socket));
                case "nics" -> nics = texts(k, v);
                case "snap-length" -> snapLength = (int) Math.min(65536, converted(k, text(k, v), Units::bytes));
                case "buffer-packets" ->
                        bufferPackets = Math.clamp(converted(k, text(k, v), Units::bytes), 1, 1 << 20);
                default -> throw new ConfigurationException(k,
                        "unknown key; " + Nearest.advice(e.getKey(), CAPTURE_KEYS));
            }
        }
        if (target == null) {
            throw new ConfigurationException("capture", "needs file or listen");
        }
        return new CaptureRequest(target, nics, snapLength, bufferPackets);
    }

    /// Reads `127.0.0.1:19000` or `[::1]:19000`.
    private static InetSocketAddress socket(String text) {
        int colon = text.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException("\"" + text + "\" is no address and port such as 127.0.0.1:19000");
        }
        String host = text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        }
        return new InetSocketAddress(InetAddress.ofLiteral(host), Integer.parseInt(text.substring(colon + 1)));
    }

    private static <T> T converted(String key, String value, Function<String, T> conversion) {
        try {
            return conversion.apply(value);
        } catch (ConfigurationException e) {
            throw e;
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException(ErrorCode.CONFIGURATION, key, e.getMessage(), e);
        }
    }

    private static String text(String key, JsonNode node) {
        if (!node.isValueNode()) {
            throw new ConfigurationException(key, "needs a single value, found "
                    + (node.isArray() ? "an array" : "a table"));
        }
        return node.asString();
    }

    private static boolean flag(String key, JsonNode node) {
        if (!node.isBoolean()) {
            throw new ConfigurationException(key, "needs true or false, found " + node);
        }
        return node.booleanValue();
    }

    private static List<String> texts(String key, JsonNode node) {
        if (!node.isArray()) {
            throw new ConfigurationException(key, "needs an array such as [\"" + node.asString("…") + "\"]");
        }
        List<String> all = new ArrayList<>();
        for (int i = 0; i < node.size(); i++) {
            all.add(text(key + "[" + i + "]", node.get(i)));
        }
        return all;
    }
}
