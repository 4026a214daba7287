package dev.millrace.internet;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.time.Duration;
import java.util.Objects;

/// A stack's sockets for programs that have networks and addresses as text, `tcp` and `10.0.0.1:443` or `[fd00::1]:443`.
/// No names: an address is an IP address and a port. Any thread may call any method.
public final class Connector {
    private final Stack stack;

    /// Over this stack.
    public Connector(Stack stack) {
        this.stack = Objects.requireNonNull(stack);
    }

    /// Connects by TCP.
    ///
    /// @param network `tcp`
    /// @param timeout how long to try; zero is as long as TCP tries
    /// @throws ProtocolException for another network
    /// @throws IllegalArgumentException if the address is none
    public TcpSocket connect(String network, String address, Duration timeout) throws IOException {
        InetSocketAddress remote = parse(address, false);
        require("tcp", network);
        return stack.tcp().connect(remote, timeout);
    }

    /// A UDP socket that is connected.
    ///
    /// @param network `udp`
    /// @throws ProtocolException for another network
    /// @throws IllegalArgumentException if the address is none
    public UdpSocket connectDatagrams(String network, String address) throws IOException {
        InetSocketAddress remote = parse(address, false);
        require("udp", network);
        return stack.udp().connect(remote);
    }

    /// Listens by TCP.
    ///
    /// @param network `tcp`
    /// @param address port 0 chooses one, and no host (`:80`) means all of the stack's addresses
    /// @throws ProtocolException for another network
    /// @throws IllegalArgumentException if the address is none
    public TcpListener listen(String network, String address) throws IOException {
        require("tcp", network);
        return stack.tcp().listen(parse(address, true), 0);
    }

    /// A UDP socket that is bound.
    ///
    /// @param network `udp`
    /// @param address port 0 chooses one, and no host (`:53`) means all of the stack's addresses
    /// @throws ProtocolException for another network
    /// @throws IllegalArgumentException if the address is none
    public UdpSocket bind(String network, String address) throws IOException {
        require("udp", network);
        return stack.udp().bind(parse(address, true));
    }

    private static void require(String wanted, String network) throws ProtocolException {
        if (!wanted.equals(network)) {
            throw new ProtocolException("network \"" + network + "\" is not supported here; it must be \"" + wanted + "\"");
        }
    }

    private static InetSocketAddress parse(String text, boolean local) {
        int colon = text.lastIndexOf(':');
        String wrong = "\"" + text + "\" is no address with a port, such as 10.0.0.1:80 or [fd00::1]:80";
        if (colon < 0) {
            throw new IllegalArgumentException(wrong);
        }
        String host = text.substring(0, colon);
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (host.isEmpty() && local) {
                return new InetSocketAddress(port);
            }
            boolean bracketed = host.startsWith("[") && host.endsWith("]");
            String bare = bracketed ? host.substring(1, host.length() - 1) : host;
            if (bare.contains(":") != bracketed || !bracketed && !bare.matches("[0-9]+(\\.[0-9]+){3}")) {
                throw new IllegalArgumentException(wrong + "; names are not resolved here");
            }
            return new InetSocketAddress(InetAddress.ofLiteral(bare), port);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(wrong, e);
        }
    }
}
