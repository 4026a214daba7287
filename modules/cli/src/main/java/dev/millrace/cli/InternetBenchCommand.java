package dev.millrace.cli;

import dev.millrace.Units;
import dev.millrace.bench.InternetBench;
import dev.millrace.internet.Internet;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/// `millrace bench internet`: a TCP stream between two hosts of a simulated Internet.
final class InternetBenchCommand {
    private InternetBenchCommand() {
    }

    static CommandSpec spec() {
        return Commands.command("One TCP stream between two hosts of a simulated Internet, whose packets one thread moves: "
                + "Mbit/s at the receiver.", spec -> {
                    var client = Commands.option(spec, "--client-addr", String.class, "A", "10.0.0.2", "the client's address");
                    var server = Commands.option(spec, "--server-addr", String.class, "A", "10.0.0.1", "the server's address");
                    var port = Commands.option(spec, "--server-port", Integer.class, "N", "443", "the server's port");
                    var mtu = Commands.option(spec, "--mtu", Integer.class, "BYTES", "65535", "the MTU of both");
                    var duration = Commands.option(spec, "--duration", String.class, "DURATION", "10s", "how long");
                    var file = Commands.option(spec, "--pcap-file", Path.class, "FILE", null, "record the packets as pcapng");
                    var snap = Commands.option(spec, "--pcap-snaplen", Integer.class, "BYTES", "1500",
                            "the bytes of each packet to record; 0 means all");
                    var json = Commands.flag(spec, "--json", "print one JSON object on the last line");
                    return () -> {
                        PrintWriter out = Commands.out(spec);
                        InternetBench bench;
                        try {
                            Duration length = Units.duration(duration.getValue());
                            int number = port.getValue();
                            int bytes = mtu.getValue();
                            if (length.toMillis() < 1 || number < 1 || number > 65535
                                    || bytes < Internet.MTU_MINIMUM_IPV6 || bytes > 65535) {
                                throw new IllegalArgumentException("the duration must be 1ms or more, the port 1 to 65535, "
                                        + "the MTU 1280 to 65535");
                            }
                            bench = new InternetBench(InetAddress.ofLiteral(client.getValue()),
                                    InetAddress.ofLiteral(server.getValue()), number, bytes, length, file.getValue(),
                                    (Integer) snap.getValue());
                        } catch (IllegalArgumentException e) {
                            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
                        }
                        double mbits = bench.run(rate -> {
                            out.printf(Locale.ROOT, "\r\t%10.3f Mbit/s", rate);
                            out.flush();
                        });
                        out.println();
                        if (Commands.is(json)) {
                            out.println(Commands.text(Commands.json().createObjectNode().put("work", "internet")
                                    .put("mtu", bench.mtu()).put("gbit_per_s", mbits / 1000)));
                        }
                        return 0;
                    };
                });
    }
}
