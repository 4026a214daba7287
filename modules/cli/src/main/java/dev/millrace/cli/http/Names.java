package dev.millrace.cli.http;

import dev.millrace.Cidr;
import dev.millrace.Nic;
import dev.millrace.Stack;
import dev.millrace.dns.Resolver;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/// How the name of a URL becomes addresses that the stack can reach.
interface Names {
    /// The addresses of a host, at least one.
    ///
    /// @throws UnknownHostException if there is none; the message says why
    List<InetAddress> resolve(String host) throws IOException;

    /// The resolver of the host, through the kernel.
    ///
    /// @param stack whose IP versions count
    static Names ofHost(Stack stack) {
        return host -> {
            InetAddress[] all;
            try {
                all = InetAddress.getAllByName(host);
            } catch (UnknownHostException e) {
                throw (UnknownHostException) new UnknownHostException(host + ": the host's resolver does not know it; "
                        + "--resolver IP asks a name server over the stack").initCause(e);
            }
            List<InetAddress> usable = java.util.Arrays.stream(all).filter(a -> speaks(stack, a)).toList();
            if (usable.isEmpty()) {
                throw new UnknownHostException(host + " has " + (all[0] instanceof Inet4Address ? "IPv4" : "IPv6")
                        + " addresses only, and the stack has none of that version: add one with --address");
            }
            return usable;
        };
    }

    /// A name server, asked over the stack.
    static Names ofServer(Stack stack, InetSocketAddress server) {
        Resolver resolver = Resolver.builder(stack).server(server).build();
        return resolver::resolve;
    }

    private static boolean speaks(Stack stack, InetAddress address) {
        return stack.nics().stream().map(Nic::addresses).flatMap(List::stream).map(Cidr::inetAddress)
                .anyMatch(own -> own instanceof Inet4Address == address instanceof Inet4Address);
    }
}
