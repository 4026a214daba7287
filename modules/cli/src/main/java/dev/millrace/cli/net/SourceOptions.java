package dev.millrace.cli.net;

import dev.millrace.cli.Commands;
import dev.millrace.cli.StackOptions;
import dev.millrace.wire.pcap.CapturedPacket;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/// The options of commands that look at packets: a link or a file, and which of them.
final class SourceOptions {
    private final CommandSpec spec;
    private final StackOptions stack;
    private final OptionSpec read;
    private final OptionSpec notPromiscuous;
    private final PositionalParamSpec filter;

    SourceOptions(CommandSpec spec) {
        this.spec = spec;
        stack = new StackOptions(spec);
        read = Commands.option(spec, "-r, --read", Path.class, "FILE", null, "a capture file (pcap or pcapng) instead of a link");
        notPromiscuous = Commands.flag(spec, "--no-promiscuous", "on packet: links, only frames for this station and groups");
        filter = Commands.parameter(spec, "0..*", "0..*", "FILTER", PacketFilter.HELP);
    }

    /// An open source; what it stands on is closed with it.
    record Opened(PacketSource source, AutoCloseable under) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            try (source) {
                under.close();
            } catch (IOException e) {
                throw e;
            } catch (Exception e) {
                throw new IOException(e);
            }
        }
    }

    /// @param snapLength the bytes to keep of each packet, 0 for all
    Opened open(String name, int snapLength) throws IOException {
        Path file = read.getValue();
        if (file != null) {
            if (stack.given()) {
                throw new ParameterException(spec.commandLine(), "--read reads a file: it goes with no link");
            }
            return new Opened(PacketSource.file(file), () -> { });
        }
        if (!stack.given()) {
            throw new ParameterException(spec.commandLine(),
                    "one of --link URI, --tun NAME, --config FILE and --read FILE is needed, such as --link packet:eth0 "
                            + "(see millrace interfaces)");
        }
        StackOptions.Opened opened = stack.openToListen(name, !Commands.is(notPromiscuous));
        try {
            return new Opened(PacketSource.live(opened.stack(), snapLength), opened);
        } catch (Throwable t) {
            opened.close();
            throw t;
        }
    }

    boolean isFile() {
        return read.getValue() != null;
    }

    /// Which packets are wanted.
    Predicate<PacketFacts> filter() {
        List<String> words = filter.getValue();
        try {
            return PacketFilter.parse(words == null ? "" : String.join(" ", words));
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    static PacketFacts facts(CapturedPacket p) {
        return PacketFacts.of(p.bytes(), p.captureInterface().linkType(), (int) Math.min(Integer.MAX_VALUE, p.originalLength()));
    }
}
