package dev.millrace.cli;

import dev.millrace.Capture;
import dev.millrace.CaptureRequest;
import dev.millrace.Nic;
import dev.millrace.NicConfig;
import dev.millrace.Stack;
import dev.millrace.config.StackConfigFile;
import dev.millrace.spi.StackProvider;
import dev.millrace.wire.MacAddress;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/// The options of commands that run on a stack of their own, on a TUN device or on any other link.
public final class StackOptions {
    /// How long a command waits for an address that is to be found.
    private static final int FOUND_MS = 15_000;
    private final CommandSpec spec;
    private final OptionSpec tun;
    private final OptionSpec link;
    private final OptionSpec address;
    private final OptionSpec gateway;
    private final OptionSpec mtu;
    private final OptionSpec set;
    private final OptionSpec config;
    private final OptionSpec trace;
    private final OptionSpec pcap;

    /// Adds the options to a command.
    public StackOptions(CommandSpec spec) {
        this(spec, null);
    }

    /// Adds the options to a command.
    ///
    /// @param ownLink `--link` of a command that has it with a meaning of its own, beside `--mtu`: a URI, with a colon, is a link
    ///     here as well; `null` for others
    public StackOptions(CommandSpec spec, OptionSpec ownLink) {
        boolean anyLink = ownLink == null;
        this.spec = spec;
        tun = Commands.option(spec, "--tun", String.class, "NAME", null, "the TUN device to use; \"millrace tun up\" makes one");
        link = !anyLink ? ownLink : Commands.option(spec, "--link", String.class, "URI", null,
                "any other link instead, such as loopback: (see millrace links)");
        address = list(spec, "--address", "A/P", "an address of the stack with its prefix, dhcp for one that "
                + "a server of an Ethernet lends, slaac for what its routers give; may be repeated");
        gateway = list(spec, "--gateway", "A",
                "the router to other networks; may be repeated (default: everything is on the link)");
        mtu = !anyLink ? null : Commands.option(spec, "--mtu", Integer.class, "BYTES", null,
                "the MTU (default: the device's own)");
        set = list(spec, "--set", "KEY=VALUE", "an option of the link, such as offload=false or busy-poll=50us, or of a "
                + "protocol, such as tcp.sack=false; may be repeated");
        config = !anyLink ? null : Commands.option(spec, "--config", Path.class, "FILE", null,
                "a TOML file that describes the stack, instead of --link, --address and so on (see millrace config)");
        trace = Commands.flag(spec, "--trace", "print every packet as a line, on standard error");
        pcap = Commands.option(spec, "--pcap", Path.class, "FILE", null, "capture all packets as pcapng");
    }

    private static OptionSpec list(CommandSpec spec, String name, String label, String description) {
        OptionSpec option = OptionSpec.builder(name).type(List.class).auxiliaryTypes(String.class).paramLabel(label)
                .arity("1").description(description).build();
        spec.addOption(option);
        return option;
    }

    /// Whether a link was chosen.
    public boolean given() {
        return tun.getValue() != null || linkUri() != null || value(config) != null;
    }

    private String linkUri() {
        String uri = value(link);
        return uri != null && (config != null || uri.contains(":")) ? uri : null;
    }

    /// A stack with its captures, which are closed with it.
    ///
    /// @param stack the stack
    /// @param captures the captures
    public record Opened(Stack stack, List<Capture> captures) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            stack.close();
            IOException failure = null;
            for (Capture c : captures) {
                try {
                    c.close();
                } catch (IOException e) {
                    failure = e;
                }
            }
            if (failure != null) {
                throw failure;
            }
        }
    }

    /// Opens the stack.
    ///
    /// @param name what it is called in logs and captures
    /// @throws ParameterException if options are missing or contradict one another
    public Opened open(String name) throws IOException {
        return open(name, true, Map.of());
    }

    /// Opens a stack that may do without an address, since it only listens.
    ///
    /// @param promiscuous whether it wants what is for others as well; without an address also what the kernel sends
    /// @throws ParameterException if options are missing or contradict one another
    public Opened openToListen(String name, boolean promiscuous) throws IOException {
        var linkOptions = new HashMap<String, String>();
        linkOptions.put("promiscuous", Boolean.toString(promiscuous));
        if (promiscuous && values(address).isEmpty()) {
            linkOptions.put("outgoing", "true");
            // Of its own, or the kernel's frames were those of a station with the NIC's address.
            linkOptions.put("mac", MacAddress.text(0x02_00_00_00_00_00L | ThreadLocalRandom.current().nextLong(1L << 40)));
        }
        return open(name, false, linkOptions);
    }

    private Opened open(String name, boolean needsAddress, Map<String, String> linkOptions) throws IOException {
        Path file = value(config);
        Stack stack = file != null ? fromFile(file) : builder(name, needsAddress, linkOptions).open();
        var opened = new Opened(stack, new ArrayList<>());
        try {
            startCaptures(opened);
            if (values(address).stream().anyMatch(NicConfig::isAddressSource)) {
                awaitAddress(stack);
            }
        } catch (Throwable t) {
            opened.close();
            throw t;
        }
        return opened;
    }

    private Stack fromFile(Path file) throws IOException {
        if (tun.getValue() != null || linkUri() != null || value(mtu) != null || !values(address).isEmpty()
                || !values(gateway).isEmpty() || !values(set).isEmpty()) {
            throw wrong("--config describes the stack whole: it goes with none of --tun, --link, --address, --gateway, --mtu, "
                    + "--set");
        }
        return StackConfigFile.load(file).open();
    }

    private Stack.Builder builder(String name, boolean needsAddress, Map<String, String> linkOptions) {
        if ((tun.getValue() == null) == (linkUri() == null)) {
            throw wrong(config == null ? "one of --tun NAME and --link URI is needed"
                    : "one of --tun NAME, --link URI and --config FILE is needed, such as --link tap:t0 (see millrace "
                            + "interfaces)");
        }
        List<String> addresses = values(address);
        if (addresses.isEmpty() && needsAddress) {
            throw wrong("--address is needed, such as --address 10.0.0.2/24: the stack's own, not the device's");
        }
        String uri = tun.getValue() != null ? "tun:" + tun.getValue() : linkUri();
        Stack.Builder builder = Stack.builder().name(name);
        try {
            builder.nic("nic0", uri, nic -> {
                // Words for ways to get an address, such as slaac, are known there.
                addresses.forEach(nic::address);
                Integer bytes = value(mtu);
                if (bytes != null) {
                    nic.mtu(bytes);
                }
                known(uri, linkOptions).forEach(nic::option);
                values(set).forEach(s -> set(builder, nic, s));
            });
            if (values(gateway).isEmpty()) {
                // Where routers or servers are found, they say where everything else is.
                if (!addresses.contains("dhcp")) {
                    builder.route("0.0.0.0/0", "nic0");
                }
                if (!addresses.contains("slaac")) {
                    builder.route("::/0", "nic0");
                }
            }
            values(gateway).forEach(g -> builder.route("default", g));
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
        return builder;
    }

    private void set(Stack.Builder builder, Stack.NicBuilder nic, String text) {
        int equals = text.indexOf('=');
        if (equals < 1) {
            throw wrong("--set needs KEY=VALUE, not " + text);
        }
        String key = text.substring(0, equals);
        int dot = key.indexOf('.');
        if (dot < 0) {
            nic.option(key, text.substring(equals + 1));
        } else {
            builder.option(key.substring(0, dot), key.substring(dot + 1), text.substring(equals + 1));
        }
    }

    /// Those of the options that the link's driver has.
    private static Map<String, String> known(String uri, Map<String, String> options) {
        String scheme = uri.substring(0, Math.max(0, uri.indexOf(':')));
        var known = new HashMap<>(options);
        if (!scheme.equals("packet")) {
            known.remove("mac");
        }
        Set<String> names = new HashSet<>(Set.of("mac"));
        names.addAll(StackProvider.find().plugins().stream()
                .filter(p -> p.kind().equals("link") && p.name().equals(scheme)).flatMap(p -> p.options().stream())
                .map(dev.millrace.OptionSpec::name).toList());
        known.keySet().retainAll(names);
        return known;
    }

    /// Waits until an address is found that reaches further than the link; without one the command goes on all the same.
    private void awaitAddress(Stack stack) {
        Nic nic = stack.nics().getFirst();
        try {
            for (int i = 0; i < FOUND_MS / 50; i++) {
                if (nic.addresses().stream().anyMatch(a -> !a.address().isLinkLocal())) {
                    return;
                }
                Thread.sleep(50);
            }
            Commands.err(spec).println("no address was found: nobody on the link gives any");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void startCaptures(Opened opened) throws IOException {
        if (Boolean.TRUE.equals(trace.getValue())) {
            PrintWriter err = Commands.err(spec);
            opened.captures.add(opened.stack.capture(new CaptureRequest(
                    new CaptureRequest.Lines(err::println), List.of(), 0, 4096)));
        }
        if (pcap.getValue() != null) {
            Path file = pcap.getValue();
            opened.captures.add(opened.stack.capture(CaptureRequest.file(file)));
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private static <T> T value(OptionSpec option) {
        return option == null ? null : option.getValue();
    }

    private static List<String> values(OptionSpec option) {
        List<String> list = option.getValue();
        return list == null ? List.of() : list;
    }
}
