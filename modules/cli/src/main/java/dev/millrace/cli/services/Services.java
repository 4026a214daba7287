package dev.millrace.cli.services;

import dev.millrace.Cidr;
import dev.millrace.Stack;
import dev.millrace.cli.services.TcpService.Work;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// All services of one stack. They end when the stack is closed.
final class Services {
    private static final int SINK_PORT = 5001;
    private static final int SOURCE_PORT = 5002;
    private static final int ECHO_PORT = 5003;
    private static final int ACCEPT_READ_CLOSE_PORT = 5004;

    private final List<IpAddress> addresses;
    private final List<TcpService> tcp = new ArrayList<>();
    private final Figures udp = new Figures();

    /// Starts them.
    ///
    /// @param connections how many connections each service of TCP has at once, at most
    /// @throws IOException if a port is taken; whoever opened the stack closes it
    Services(Stack stack, int connections, ThreadKind threads) throws IOException {
        addresses = stack.nics().stream().flatMap(n -> n.addresses().stream()).map(Cidr::address).distinct().toList();
        tcp.add(new TcpService(stack, SINK_PORT, Work.SINK, connections, threads));
        tcp.add(new TcpService(stack, SOURCE_PORT, Work.SOURCE, connections, threads));
        tcp.add(new TcpService(stack, ECHO_PORT, Work.ECHO, connections, threads));
        tcp.add(new TcpService(stack, ACCEPT_READ_CLOSE_PORT, Work.ACCEPT_READ_CLOSE, connections, threads));
        for (IpAddress address : addresses) {
            new UdpEcho(stack, new InetSocketAddress(address.toInetAddress(), ECHO_PORT), udp, threads);
        }
    }

    /// One line that says where they are.
    String line() {
        return "services on " + addresses.stream().map(IpAddress::toString).collect(Collectors.joining(", "))
                + ": TCP " + tcp.stream().map(s -> s.port() + " " + s.name()).collect(Collectors.joining(", "))
                + "; UDP " + ECHO_PORT + " echo";
    }

    /// What each did so far, by the service's name.
    Map<String, Figures> figures() {
        var all = new LinkedHashMap<String, Figures>();
        tcp.forEach(s -> all.put("tcp-" + s.name(), s.figures()));
        all.put("udp-echo", udp);
        return all;
    }
}
