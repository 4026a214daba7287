package dev.millrace.cli;

import dev.millrace.Cidr;
import dev.millrace.ErrorCode;
import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/// The conversation of the demo: a server, three clients one after another, the same over UDP, and a look from outside.
final class Demo {
    private static final int PORT = 8080;
    private static final int CLIENTS = 3;
    private static final String REQUEST = "Hello, TCP Server!";
    private static final String REPLY = "Hey TCP Client";
    private static final String UDP_REQUEST = "Hello, UDP Server!";
    private static final String UDP_REPLY = "Hey UDP Client";
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu/MM/dd HH:mm:ss");

    private final Stack stack;
    private final PrintWriter out;
    private final AtomicInteger asked = new AtomicInteger();
    private final AtomicInteger right = new AtomicInteger();

    Demo(Stack stack, PrintWriter out) {
        this.stack = stack;
        this.out = out;
    }

    /// Prints a line with the time in front; any thread may call it.
    void print(String line) {
        synchronized (out) {
            out.println(LocalDateTime.now().format(TIME) + " " + line);
        }
    }

    void tcp(InetAddress address) throws IOException, InterruptedException {
        print("Starting TCP server on " + text(new InetSocketAddress(address, PORT)));
        Thread server;
        try (TcpListener listener = stack.tcp().listen(new InetSocketAddress(address, PORT), 0)) {
            server = Thread.ofVirtual().name("demo-server").start(() -> serve(listener));
            for (int i = 0; i < CLIENTS; i++) {
                if (i > 0) {
                    Thread.sleep(100);
                }
                ask(new InetSocketAddress(address, PORT));
            }
        }
        server.join(PATIENCE);
    }

    /// Accepts until the listener closes, then waits for the conversations that are still ending.
    private void serve(TcpListener listener) {
        List<Thread> conversations = new ArrayList<>();
        try {
            while (true) {
                TcpSocket socket = listener.accept();
                conversations.add(Thread.ofVirtual().name("demo-connection").start(() -> answer(socket)));
            }
        } catch (ClosedChannelException e) {
            // The demo is over.
        } catch (IOException e) {
            print("Accept error: " + e.getMessage());
        }
        try {
            for (Thread conversation : conversations) {
                conversation.join(PATIENCE);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void answer(TcpSocket socket) {
        try (socket) {
            print("Remote Addr " + text(socket.remoteAddress()) + ", Local Address " + text(socket.localAddress()));
            ByteBuffer buffer = ByteBuffer.allocate(1024);
            while (socket.read(buffer) >= 0) {
                print("Received message on Server: " + text(buffer));
                socket.write(bytes(REPLY));
                buffer.clear();
            }
        } catch (IOException e) {
            print("Read error: " + e.getMessage());
        }
    }

    private void ask(InetSocketAddress server) {
        asked.incrementAndGet();
        try (TcpSocket socket = stack.tcp().connect(server, PATIENCE)) {
            print("Client " + text(socket.localAddress()) + " connected to " + text(socket.remoteAddress()));
            socket.setReadTimeout(PATIENCE);
            socket.write(bytes(REQUEST));
            ByteBuffer reply = ByteBuffer.allocate(1024);
            while (reply.position() < REPLY.length() && socket.read(reply) >= 0) {
                // The reply may come in pieces.
            }
            check("Received response: ", text(reply), REPLY);
        } catch (IOException e) {
            print("Client error: " + e.getMessage() + ErrorCode.of(e).map(c -> " (" + c + ")").orElse(""));
        }
    }

    void udp(InetAddress address) throws IOException, InterruptedException {
        print("Starting UDP server on " + text(new InetSocketAddress(address, PORT)));
        Thread answering;
        try (UdpSocket server = stack.udp().bind(new InetSocketAddress(address, PORT))) {
            answering = Thread.ofVirtual().name("demo-udp-server").start(() -> answer(server));
            for (int i = 0; i < CLIENTS; i++) {
                askOverUdp(new InetSocketAddress(address, PORT));
            }
        }
        answering.join(PATIENCE);
    }

    private void answer(UdpSocket server) {
        ByteBuffer buffer = ByteBuffer.allocate(1024);
        try {
            while (true) {
                buffer.clear();
                InetSocketAddress from = server.receive(buffer);
                print("Received datagram from " + text(from) + ": " + text(buffer));
                server.send(bytes(UDP_REPLY), from);
            }
        } catch (ClosedChannelException e) {
            // The demo is over.
        } catch (IOException e) {
            print("UDP server error: " + e.getMessage());
        }
    }

    private void askOverUdp(InetSocketAddress server) {
        asked.incrementAndGet();
        try (UdpSocket socket = stack.udp().connect(server)) {
            socket.setReadTimeout(PATIENCE);
            socket.send(bytes(UDP_REQUEST), null);
            ByteBuffer reply = ByteBuffer.allocate(1024);
            socket.receive(reply);
            check("Received datagram at " + text(socket.localAddress()) + ": ", text(reply), UDP_REPLY);
        } catch (IOException e) {
            print("UDP client error: " + e.getMessage());
        }
    }

    /// A NIC that owns its subnets answers for every address of them: a server may listen where no address was given.
    void otherAddressOfTheSubnet(Stack stack, Cidr address) throws InterruptedException {
        if (address.prefixLength() > 30 || stack.nics().stream().noneMatch(n -> n.linkName().startsWith("loopback"))) {
            return;
        }
        byte[] other = address.inetAddress().getAddress();
        other[3] ^= 3;
        try {
            InetAddress neighbour = InetAddress.getByAddress(other);
            print("The NIC owns " + address.network() + ": a server may listen on " + neighbour.getHostAddress());
            Thread server;
            try (TcpListener listener = stack.tcp().listen(new InetSocketAddress(neighbour, PORT), 0)) {
                server = Thread.ofVirtual().name("demo-server").start(() -> serve(listener));
                ask(new InetSocketAddress(neighbour, PORT));
            }
            server.join(PATIENCE);
        } catch (IOException e) {
            asked.incrementAndGet();
            print("Error: " + e.getMessage());
        }
    }

    /// The kernel has no part in any of this. Asking its tables says so without a packet to whoever may really have the
    /// address on the network outside.
    void kernelKnowsNothing(InetAddress address) throws IOException {
        String host = compressed(address.getHostAddress());
        var owner = NetworkInterface.getByInetAddress(address);
        print(owner == null
                ? "No interface of the kernel has " + host + ": the address exists in this process only"
                : "The kernel's " + owner.getName() + " has " + host + " too; it saw nothing of this");
    }

    private void check(String what, String found, String expected) {
        print(what + found);
        if (found.equals(expected)) {
            right.incrementAndGet();
        } else {
            print("WRONG: expected " + expected);
        }
    }

    void summary() {
        out.println(right + " of " + asked + " replies were right");
    }

    boolean allRight() {
        return asked.get() > 0 && right.get() == asked.get();
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(ByteBuffer received) {
        return new String(received.array(), 0, received.position(), StandardCharsets.UTF_8);
    }

    private static String text(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.indexOf(':') < 0 ? host : "[" + compressed(host) + "]") + ":" + address.getPort();
    }

    private static String compressed(String host) {
        return IpAddress.parse(host).toString();
    }
}
