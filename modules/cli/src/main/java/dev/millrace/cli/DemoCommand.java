package dev.millrace.cli;

import dev.millrace.Capture;
import dev.millrace.CaptureRequest;
import dev.millrace.Cidr;
import dev.millrace.NicConfig;
import dev.millrace.Stack;
import dev.millrace.StackConfig;
import dev.millrace.config.StackConfigFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// `millrace demo`: clients and servers talk TCP and UDP over IPv4 and IPv6 inside this process.
final class DemoCommand {
    private DemoCommand() {
    }

    static CommandSpec spec() {
        return Commands.command("Lets clients and servers talk through a stack in this process: TCP and UDP, over IPv4 "
                + "and IPv6. Succeeds only if every reply was right.", spec -> {
                    var config = Commands.option(spec, "--config", Path.class, "FILE", null,
                            "a TOML file that describes the stack (default: a loopback NIC with 192.168.1.1 and fd00::1)");
                    var pcap = Commands.option(spec, "--pcap", Path.class, "FILE", null, "capture all packets as pcapng");
                    var listen = Commands.option(spec, "--listen", String.class, "HOST:PORT", null,
                            "offer the capture to Wireshark: wireshark -k -i TCP@HOST:PORT");
                    var trace = Commands.flag(spec, "--trace", "print every packet as a line");
                    return () -> {
                        StackConfigFile file = config.getValue() == null ? null : StackConfigFile.load(config.getValue());
                        StackConfig stackConfig = file == null ? standard() : file.config();
                        InetSocketAddress live = listen.getValue() == null ? null
                                : hostAndPort(spec, listen.getValue());
                        try (Stack stack = file == null ? Stack.open(stackConfig) : file.open()) {
                            return run(spec, stack, stackConfig, pcap.getValue(), live,
                                    Boolean.TRUE.equals(trace.getValue()));
                        }
                    };
                });
    }

    private static StackConfig standard() {
        return Stack.builder().name("demo").nic("lo", "loopback:", "192.168.1.1/24", "fd00::1/64").route("default", "lo")
                .config();
    }

    private static int run(CommandSpec spec, Stack stack, StackConfig config, Path pcap,
            InetSocketAddress listen, boolean trace) throws Exception {
        if (first(config, 4).isEmpty() && first(config, 6).isEmpty()) {
            throw new IOException("the configuration gives no NIC an address: add addresses = [\"192.168.1.1/24\"]");
        }
        PrintWriter out = Commands.out(spec);
        List<Capture> captures = new ArrayList<>();
        var demo = new Demo(stack, out);
        try {
            if (trace) {
                captures.add(stack.capture(new CaptureRequest(
                        new CaptureRequest.Lines(demo::print), List.of(), 0, 4096)));
            }
            if (pcap != null) {
                captures.add(stack.capture(CaptureRequest.file(pcap)));
            }
            if (listen != null) {
                captures.add(stack.capture(CaptureRequest.listen(listen)));
            }
            for (int version : new int[] {4, 6}) {
                Optional<Cidr> address = first(config, version);
                if (address.isPresent()) {
                    demo.tcp(address.get().inetAddress());
                    demo.udp(address.get().inetAddress());
                    demo.kernelKnowsNothing(address.get().inetAddress());
                }
            }
            Optional<Cidr> subnet = first(config, 4);
            if (subnet.isPresent()) {
                demo.otherAddressOfTheSubnet(stack, subnet.get());
            }
        } finally {
            for (Capture c : captures) {
                c.close();
            }
        }
        if (pcap != null) {
            out.println("capture: " + captures.get(trace ? 1 : 0).recorded() + " packets in " + pcap);
        }
        demo.summary();
        return demo.allRight() ? 0 : Main.FAILED;
    }

    private static Optional<Cidr> first(StackConfig config, int version) {
        return config.nics().stream().map(NicConfig::addresses).flatMap(List::stream)
                .filter(a -> a.address().version() == version).findFirst();
    }

    private static InetSocketAddress hostAndPort(CommandSpec spec, String text) throws IOException {
        int colon = text.lastIndexOf(':');
        try {
            return new InetSocketAddress(InetAddress.getByName(text.substring(0, colon)),
                    Integer.parseInt(text.substring(colon + 1)));
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(),
                    "--listen needs HOST:PORT, such as 127.0.0.1:19000, not " + text, e);
        }
    }
}
