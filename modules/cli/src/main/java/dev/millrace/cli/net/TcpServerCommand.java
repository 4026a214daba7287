package dev.millrace.cli.net;

import dev.millrace.Cidr;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.cli.Commands;
import dev.millrace.cli.EndOfRun;
import dev.millrace.cli.StackOptions;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// `millrace tcpserver`: waits for connections, one after another, and echoes, sends or receives.
public final class TcpServerCommand implements Callable<Integer> {
    private static final int FAILED = 1;
    private static final int TROUBLE = 2;

    private final CommandSpec spec;
    private final StackOptions stack;
    private final TransferOptions transfer;
    private final OptionSpec port;
    private final OptionSpec once;
    private final OptionSpec firewall;
    private final OptionSpec json;

    private TcpServerCommand(CommandSpec spec) {
        this.spec = spec;
        stack = new StackOptions(spec);
        port = Commands.option(spec, "-p, --port", Integer.class, "N", "8888", "the port to listen on; 0: any");
        transfer = new TransferOptions(spec);
        once = Commands.flag(spec, "--once", "end after one connection");
        firewall = Commands.flag(spec, "--firewall", FirewallCommand.FLAG_HELP);
        json = Commands.flag(spec, "--json", "print one JSON object a connection");
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Waits for TCP connections, one after another. Sends back what comes, or sends "
                + "(--random, --send) or only receives (--receive), and prints how much it was and its SHA-256.",
                TcpServerCommand::new);
        spec.exitCodeOnExecutionException(TROUBLE);
        return spec;
    }

    @Override
    public Integer call() throws IOException {
        transfer.check();
        int wanted = Commands.number(spec, port, 0, 65535);
        PrintWriter err = Commands.err(spec);
        var current = new AtomicReference<TcpSocket>();
        try (var end = new EndOfRun(); var opened = stack.open("tcpserver");
                TcpListener listener = opened.stack().tcp().listen(wanted);
                var rules = Firewall.Applied.none()) {
            int listening = listener.localAddress().getPort();
            if (Commands.is(firewall)) {
                rules.apply(FirewallCommand.rules(opened.stack(), listening), err);
            } else {
                Firewall.Applied.advise(opened.stack(), err);
            }
            end.whenWanted(() -> stop(listener, current.get()));
            err.println("listening on port " + listening + " of " + addresses(opened.stack()));
            err.flush();
            int failed = 0;
            do {
                try (TcpSocket socket = accept(listener, end)) {
                    if (socket == null) {
                        break;
                    }
                    current.set(socket);
                    if (end.isWanted()) {
                        // It was wished for before anybody could know of this connection.
                        break;
                    }
                    failed = serve(socket, end) ? 0 : FAILED;
                }
            } while (!Commands.is(once) && !end.isWanted());
            return Commands.is(once) ? failed : 0;
        }
    }

    private static void stop(TcpListener listener, TcpSocket current) {
        listener.close();
        if (current != null) {
            current.abort();
        }
    }

    private static String addresses(Stack s) {
        return s.nics().stream().flatMap(n -> n.addresses().stream()).map(Cidr::address).map(Object::toString)
                .collect(Collectors.joining(", "));
    }

    private static TcpSocket accept(TcpListener listener, EndOfRun end) throws IOException {
        try {
            return listener.accept();
        } catch (IOException e) {
            if (end.isWanted()) {
                return null;
            }
            throw e;
        }
    }

    /// A connection that fails is said, and is no reason to wait for no others.
    private boolean serve(TcpSocket socket, EndOfRun end) throws IOException {
        InetSocketAddress peer = socket.remoteAddress();
        InetSocketAddress local = socket.localAddress();
        PrintWriter err = Commands.err(spec);
        err.println("connection from " + TransferReport.text(peer));
        err.flush();
        long expected = transfer.expected();
        var t = new Transfer(socket, transfer.progress(expected));
        try (InputStream source = transfer.source(); OutputStream sink = transfer.sink()) {
            if (source == null && sink == null) {
                t.echo(null);
            } else {
                t.exchange(source, sink);
            }
        } catch (IOException e) {
            err.println(TransferReport.text(peer) + ": " + e.getMessage() + ", after " + t.sent().bytes() + " bytes sent and "
                    + t.received().bytes() + " received");
            err.flush();
            return false;
        }
        PrintWriter out = Commands.out(spec);
        end.say(out, Commands.is(json) ? Commands.text(TransferReport.json(local, peer, t)) : TransferReport.lines(peer, t));
        return true;
    }
}
