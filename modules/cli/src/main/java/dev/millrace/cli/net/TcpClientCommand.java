package dev.millrace.cli.net;

import dev.millrace.TcpSocket;
import dev.millrace.cli.Commands;
import dev.millrace.cli.EndOfRun;
import dev.millrace.cli.StackOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/// `millrace tcpclient`: connects, sends, and receives until the other end has ended.
public final class TcpClientCommand implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int TROUBLE = 2;

    private final CommandSpec spec;
    private final StackOptions stack;
    private final Destination.Version version;
    private final TransferOptions transfer;
    private final PositionalParamSpec host;
    private final PositionalParamSpec port;
    private final OptionSpec localPort;
    private final OptionSpec timeout;
    private final OptionSpec verify;
    private final OptionSpec firewall;
    private final OptionSpec json;

    private TcpClientCommand(CommandSpec spec) {
        this.spec = spec;
        stack = new StackOptions(spec);
        host = Commands.parameter(spec, "0", "1", "HOST", "an address or a name");
        port = Commands.parameter(spec, "1", "1", "PORT", "its port");
        version = new Destination.Version(spec);
        transfer = new TransferOptions(spec);
        localPort = Commands.option(spec, "--local-port", Integer.class, "N", "0", "the port to come from; 0: any");
        timeout = Commands.option(spec, "--connect-timeout", String.class, "TIME", "10s", "for the connection to stand");
        verify = Commands.flag(spec, "--verify", "fail (exit code 1) unless what comes back is what was sent");
        firewall = Commands.flag(spec, "--firewall", FirewallCommand.FLAG_HELP);
        json = Commands.flag(spec, "--json", "print one JSON object at the end");
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Connects to a TCP port, sends (--random, --send, else what comes on standard "
                + "input), receives until the other end has ended, and prints how much it was and its SHA-256. Exit codes: 0, 1 "
                + "the connection failed, 2 something else is wrong.", TcpClientCommand::new);
        spec.exitCodeOnExecutionException(TROUBLE);
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        transfer.check();
        Destination to = version.of(host.getValue());
        var remote = new InetSocketAddress(to.address(), port());
        Duration patience = Commands.duration(spec, timeout);
        PrintWriter err = Commands.err(spec);
        try (var end = new EndOfRun(); var opened = stack.open("tcpclient"); TcpSocket socket = opened.stack().tcp().open();
                var rules = Firewall.Applied.none()) {
            end.whenWanted(socket::abort);
            int from = Commands.number(spec, localPort, 0, 65535);
            if (Commands.is(firewall)) {
                // The rule must be there before the kernel sees an answer, so the port is chosen here.
                from = from != 0 ? from : ThreadLocalRandom.current().nextInt(49152, 65536);
                rules.apply(FirewallCommand.rules(opened.stack(), from), err);
            } else {
                Firewall.Applied.advise(opened.stack(), err);
            }
            socket.bind(new InetSocketAddress(from));
            try {
                socket.connect(remote, patience);
            } catch (IOException e) {
                err.println("millrace: " + TransferReport.text(remote) + ": " + e.getMessage());
                return FAILED;
            }
            err.println("connected to " + TransferReport.text(remote) + " from " + TransferReport.text(socket.localAddress()));
            err.flush();
            return run(socket, remote);
        }
    }

    private int port() {
        String text = port.getValue();
        try {
            int n = Integer.parseInt(text);
            if (n > 0 && n <= 65535) {
                return n;
            }
        } catch (NumberFormatException e) {
            // Said below.
            return refuse(text);
        }
        return refuse(text);
    }

    private int refuse(String text) {
        throw new ParameterException(spec.commandLine(), "PORT is 1 to 65535, not " + text);
    }

    private int run(TcpSocket socket, InetSocketAddress remote) throws IOException {
        boolean interactive = !transfer.sendsSomething() && !transfer.receivesFile();
        PrintWriter err = Commands.err(spec);
        var t = new Transfer(socket, transfer.progress(transfer.expected()));
        InetSocketAddress local = socket.localAddress();
        try (InputStream source = transfer.source(); OutputStream sink = transfer.sink()) {
            t.exchange(interactive ? System.in : source, interactive && !Commands.is(json) ? System.out : sink);
        } catch (IOException e) {
            err.println("millrace: " + TransferReport.text(remote) + ": " + e.getMessage() + ", after " + t.sent().bytes()
                    + " bytes sent and " + t.received().bytes() + " received");
            return FAILED;
        }
        // What came may be on standard output.
        PrintWriter out = interactive && !Commands.is(json) ? err : Commands.out(spec);
        out.println(Commands.is(json) ? Commands.text(TransferReport.json(local, remote, t)) : TransferReport.lines(remote, t));
        out.flush();
        if (Commands.is(verify)) {
            boolean equal = TransferReport.isEcho(t);
            err.println(equal ? "what came back is what was sent" : "millrace: what came back is not what was sent");
            return equal ? 0 : FAILED;
        }
        return 0;
    }
}
