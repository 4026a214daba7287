package dev.millrace.cli;

import dev.millrace.Capture;
import dev.millrace.CaptureRequest;
import dev.millrace.Nic;
import dev.millrace.NicConfig;
import dev.millrace.Stack;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
    private final OptionSpec trace;
    private final OptionSpec pcap;

    /// Adds the options to a command.
    public StackOptions(CommandSpec spec) {
        this(spec, true);
    }

    /// Adds the options to a command.
    ///
    /// @param anyLink whether with `--link` and `--mtu`, which some commands have with a meaning of their own
    public StackOptions(CommandSpec spec, boolean anyLink) {
        this.spec = spec;
        tun = Commands.option(spec, "--tun", String.class, "NAME", null, "the TUN device to use; \"millrace tun up\" makes one");
        link = !anyLink ? null : Commands.option(spec, "--link", String.class, "URI", null,
                "any other link instead, such as loopback: (see millrace links)");
        address = list(spec, "--address", "A/P", "an address of the stack with its prefix, dhcp for one that "
                + "a server of an Ethernet lends, slaac for what its routers give; may be repeated");
        gateway = list(spec, "--gateway", "A",
                "the router to other networks; may be repeated (default: everything is on the link)");
        mtu = !anyLink ? null : Commands.option(spec, "--mtu", Integer.class, "BYTES", null, "the MTU (default: the device's own)");
        set = list(spec, "--set", "KEY=VALUE", "an option of the link, such as offload=false or busy-poll=50us, or of a "
                + "protocol, such as tcp.sack=false; may be repeated");
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
        return tun.getValue() != null || value(link) != null;
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
        if ((tun.getValue() == null) == (value(link) == null)) {
            throw wrong("one of --tun NAME and --link URI is needed");
        }
        List<String> addresses = values(address);
        if (addresses.isEmpty()) {
            throw wrong("--address is needed, such as --address 10.0.0.2/24: the stack's own, not the device's");
        }
        String uri = tun.getValue() != null ? "tun:" + tun.getValue() : value(link);
        Stack.Builder builder = Stack.builder().name(name);
        try {
            builder.nic("nic0", uri, nic -> {
                addresses.forEach(nic::address);
                Integer bytes = value(mtu);
                if (bytes != null) {
                    nic.mtu(bytes);
                }
                for (String s : values(set)) {
                    int equals = s.indexOf('=');
                    if (equals < 1) {
                        throw wrong("--set needs KEY=VALUE, not " + s);
                    }
                    String key = s.substring(0, equals);
                    int dot = key.indexOf('.');
                    if (dot < 0) {
                        nic.option(key, s.substring(equals + 1));
                    } else {
                        builder.option(key.substring(0, dot), key.substring(dot + 1), s.substring(equals + 1));
                    }
                }
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
        Stack stack = builder.open();
        var opened = new Opened(stack, new ArrayList<>());
        try {
            startCaptures(opened);
            if (addresses.stream().anyMatch(NicConfig::isAddressSource)) {
                awaitAddress(stack);
            }
        } catch (Throwable t) {
            opened.close();
            throw t;
        }
        return opened;
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
