package dev.millrace.jdk;

import dev.millrace.Names;
import dev.millrace.Stack;
import dev.millrace.spi.OpenStacks;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.MulticastSocket;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.spi.SelectorProvider;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/// The JDK's sockets over a stack, for programs and libraries that take objects of those classes. Whatever they do is what the JDK's
/// own do, exceptions and their messages included; what differs stands in `docs/jdk.md`. Any thread may call any method, of the sockets
/// as well.
///
/// ```java
/// StackSockets sockets = StackSockets.of(stack);
/// okhttp.newBuilder().socketFactory(sockets.socketFactory()).build();
/// ```
public final class StackSockets {
    /// Whom the JVM asks.
    static final Names JVM_NAMES = host -> List.of(InetAddress.getAllByName(host));

    private final Supplier<Stack> stack;
    private final Names names;

    private StackSockets(Supplier<Stack> stack, Names names) {
        this.stack = stack;
        this.names = names;
    }

    /// Those of a stack, which stays the caller's to close.
    public static StackSockets of(Stack stack) {
        Objects.requireNonNull(stack, "stack");
        return of(() -> stack);
    }

    /// Those of a stack that is asked for whenever a socket is made, such as the one that a simulated host has in its present life.
    public static StackSockets of(Supplier<Stack> stack) {
        return new StackSockets(Objects.requireNonNull(stack, "stack"), host -> names(stack.get()).addresses(host));
    }

    private static Names names(Stack stack) {
        return stack.names().orElse(JVM_NAMES);
    }

    /// Those of whatever open stack has this name when a socket is made.
    public static StackSockets named(String stack) {
        Objects.requireNonNull(stack, "stack");
        return of(() -> Stack.named(stack));
    }

    /// The same, whose factories ask others than [Stack#names()], or the JVM if there are none, for the addresses of hosts that they are
    /// given by name.
    public StackSockets withNames(Names others) {
        return new StackSockets(stack, Objects.requireNonNull(others, "others"));
    }

    /// The addresses of a host that a factory is given by name.
    List<InetAddress> addresses(String host) throws IOException {
        return names.addresses(host);
    }

    /// Runs a program as one of this stack, on the calling thread: with [JvmSelectorProvider], channels that nothing else binds to another
    /// are this stack's. Threads that it starts are no part of it; see [#callWithThreads].
    public void run(Runnable program) {
        OpenStacks.run(stack, program);
    }

    /// As [#run], for what returns something.
    public <T, X extends Throwable> T call(ScopedValue.CallableOp<? extends T, X> program) throws X {
        return OpenStacks.call(stack, program);
    }

    /// As [#call], and all threads that the program starts, and that these start, are of this stack as well, until they end: for libraries
    /// that open channels on threads of their own and can be told neither an address to bind them to nor a factory, as the clients of Kafka.
    /// Those that were made to inherit nothing are not, such as the ones of the JDK's `HttpClient` and of the common pool.
    ///
    /// ```java
    /// Producer<String, String> producer = sockets.callWithThreads(() -> new KafkaProducer<>(settings));
    /// ```
    public <T, X extends Throwable> T callWithThreads(ScopedValue.CallableOp<? extends T, X> program) throws X {
        return OpenStacks.callWithThreads(stack, program);
    }

    /// A socket that is not connected.
    ///
    /// @throws IOException if the stack is closed
    public StackSocket socket() throws IOException {
        return new StackSocket(stack.get().tcp().open());
    }

    /// A server's socket that is not bound.
    ///
    /// @throws IOException if there can be none
    public ServerSocket serverSocket() throws IOException {
        return new StackServerSocket(new ListeningPort(stack.get().tcp()), null);
    }

    /// A socket for datagrams.
    ///
    /// @param local what to bind it to: `null` for nothing yet, as `new DatagramSocket(null)`
    /// @throws IOException if the address is not the stack's, or the port is taken
    public DatagramSocket datagramSocket(SocketAddress local) throws IOException {
        return bound(new StackDatagramSocket(newPort(), null), local);
    }

    /// A socket for datagrams to groups, which may share its port with others of its kind. The NICs of a stack are none of
    /// [java.net.NetworkInterface], so `null` is the only one that may be named: it is the NIC that datagrams to the group leave by.
    ///
    /// @param local as for [#datagramSocket(SocketAddress)]
    /// @throws IOException if the address is not the stack's, or the port is taken by a socket that does not share it
    public MulticastSocket multicastSocket(SocketAddress local) throws IOException {
        var socket = new StackMulticastSocket(newPort());
        socket.setReuseAddress(true);
        return bound(socket, local);
    }

    private DatagramPort newPort() {
        var port = new DatagramPort(stack.get().udp());
        // As the JDK's sockets, though not its channels.
        port.begin(StandardSocketOptions.SO_BROADCAST, true);
        return port;
    }

    private static <S extends DatagramSocket> S bound(S socket, SocketAddress local) throws IOException {
        if (local != null) {
            try {
                socket.bind(local);
            } catch (IOException | RuntimeException e) {
                socket.close();
                throw e;
            }
        }
        return socket;
    }

    /// Channels and selectors, blocking and not, for libraries that take a provider, such as Netty.
    public SelectorProvider selectorProvider() {
        return new StackSelectorProvider(stack.get());
    }

    /// A factory of clients' sockets.
    public SocketFactory socketFactory() {
        return new StackSocketFactory(this);
    }

    /// A factory of servers' sockets.
    public ServerSocketFactory serverSocketFactory() {
        return new StackServerSocketFactory(this);
    }
}
