package dev.millrace.jdk;

import dev.millrace.Stack;
import dev.millrace.testkit.Await;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// What a case runs in: two ends of a path, and what was opened on them. Clients are here, servers are there; on a loopback both are one.
public final class World implements AutoCloseable {
    private static final Set<Thread.State> WAITING = EnumSet.of(Thread.State.WAITING, Thread.State.TIMED_WAITING, Thread.State.TERMINATED);

    final End here;
    final End there;
    /// From where nothing comes back; `null` if there is no such address.
    private final InetAddress silent;
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final List<AutoCloseable> under = new ArrayList<>();
    private Knife knife;

    /// Cuts the path, so that neither end hears of the other any more.
    public interface Knife {
        void cut() throws Exception;
    }

    /// @param silent an address from which here nothing comes back; `null` if there is none
    public World(End here, End there, InetAddress silent) {
        this.here = here;
        this.there = there;
        this.silent = silent;
    }

    /// Both ends are the kernel on its loopback.
    static World kernel() throws Exception {
        End end = End.kernel("127.0.0.1", "::1");
        return new World(end, end, null).on(end);
    }

    /// The same, with an address for each end.
    static World kernelOfTwo() throws Exception {
        End here = End.kernel("127.0.0.1", "::1");
        End there = End.kernel("127.0.0.2", "::1");
        return new World(here, there, null).on(here, there);
    }

    /// Both ends are a stack on its loopback. Datagrams to groups stay there.
    static World stack() throws IOException {
        Stack stack = open();
        End end = End.stack(StackSockets.of(stack), "127.0.0.1", "::1");
        return new World(end, end, null).on(stack);
    }

    /// The same, of whose sockets and channels each chooses the stack late.
    static World late() throws IOException {
        Stack stack = open();
        System.setProperty(LateBinding.PROPERTY, stack.name());
        End end = new LateEnd(End.stack(StackSockets.of(stack), "127.0.0.1", "::1"));
        return new World(end, end, null).on(stack, () -> System.clearProperty(LateBinding.PROPERTY));
    }

    /// Both ends are the kernel on its loopback, which each socket and channel chooses late, for no stack has the address.
    static World lateOfKernel() throws Exception {
        End end = new LateEnd(End.kernel("127.0.0.1", "::1"));
        return new World(end, end, null).on(end);
    }

    private static Stack open() throws IOException {
        return Stack.builder().name("jdk").nic("lo", "loopback:", "127.0.0.1/8", "::1/128").route("224.0.0.0/4", "lo")
                .route("ff00::/8", "lo").option("tcp", "time-wait", "20ms").option("stack", "close-timeout", "0").open();
    }

    /// A text about this world as one about another would be: the addresses of its ends have names.
    String neutral(String text) {
        String named = name(name(name(name(text, here.v4, "HERE"), there.v4, "THERE"), here.v6, "SIX"), there.v6, "SIX");
        return silent == null ? named : name(named, silent, "THERE");
    }

    private static String name(String text, InetAddress address, String name) {
        return text.replaceAll("(?<![0-9a-f.:])" + address.getHostAddress().replace(".", "\\.") + "(?![0-9a-f.])", name);
    }

    // ---- sockets

    /// Not connected.
    Socket socket() throws IOException {
        return keep(here.socket());
    }

    /// Not bound.
    ServerSocket server() throws IOException {
        return keep(there.server());
    }

    /// One that is bound to a port of its own.
    ServerSocket listening() throws IOException {
        ServerSocket s = server();
        s.bind(there.at(0));
        return s;
    }

    /// Both ends of a connection: who has connected, and who was accepted.
    Socket[] pair() throws IOException {
        ServerSocket s = listening();
        Socket client = socket();
        client.connect(s.getLocalSocketAddress());
        return new Socket[] {client, keep(s.accept())};
    }

    /// A port there at which nobody listens.
    InetSocketAddress nobody() throws IOException {
        return unused(there);
    }

    /// A port here at which somebody listens.
    SocketAddress taken() throws IOException {
        ServerSocket s = keep(here.server());
        s.bind(here.at(0));
        return s.getLocalSocketAddress();
    }

    /// A port here that is not taken.
    InetSocketAddress unused() throws IOException {
        return unused(here);
    }

    private static InetSocketAddress unused(End end) throws IOException {
        try (ServerSocket s = end.server()) {
            s.bind(end.at(0));
            return (InetSocketAddress) s.getLocalSocketAddress();
        }
    }

    // ---- datagrams

    /// Not bound.
    DatagramSocket datagrams() throws IOException {
        return keep(here.datagrams(null));
    }

    /// Bound to a port of its own.
    DatagramSocket receiving() throws IOException {
        return keep(here.datagrams(here.at(0)));
    }

    /// The same there.
    DatagramSocket peer() throws IOException {
        return keep(there.datagrams(there.at(0)));
    }

    /// Not bound.
    DatagramChannel datagramChannel() throws IOException {
        return keep(here.datagramChannel());
    }

    /// Bound to a port of its own.
    DatagramChannel receivingChannel() throws IOException {
        return datagramChannel().bind(here.at(0));
    }

    /// The same there.
    DatagramChannel peerChannel() throws IOException {
        return keep(there.datagramChannel()).bind(there.at(0));
    }

    /// A port there at which nobody receives.
    InetSocketAddress nobodyReceives() throws IOException {
        try (DatagramSocket s = there.datagrams(there.at(0))) {
            return (InetSocketAddress) s.getLocalSocketAddress();
        }
    }

    /// A port there at which nobody ever receives.
    InetSocketAddress discard() {
        return there.at(9);
    }

    MulticastSocket multicast(SocketAddress local) throws IOException {
        return keep(here.multicast(local));
    }

    /// The same there.
    MulticastSocket peerMulticast(SocketAddress local) throws IOException {
        return keep(there.multicast(local));
    }

    // ---- channels

    /// Blocking and not connected.
    SocketChannel channel() throws IOException {
        return keep(here.channel());
    }

    SocketChannel nonBlocking() throws IOException {
        SocketChannel c = channel();
        c.configureBlocking(false);
        return c;
    }

    ServerSocketChannel serverChannel() throws IOException {
        return keep(there.serverChannel());
    }

    /// One that is bound to a port of its own.
    ServerSocketChannel listeningChannel() throws IOException {
        return serverChannel().bind(there.at(0));
    }

    /// The same, and so many may wait to be accepted.
    ServerSocketChannel listeningChannelFor(int backlog) throws IOException {
        return serverChannel().bind(there.at(0), backlog);
    }

    /// Both ends of a connection: who has connected, and who was accepted. Both block.
    SocketChannel[] channels() throws IOException {
        ServerSocketChannel s = listeningChannel();
        SocketChannel client = channel();
        client.connect(s.getLocalAddress());
        return new SocketChannel[] {client, keep(s.accept())};
    }

    /// One that does not block and whose peer does not answer, because there is none, or nobody accepts.
    SocketChannel pending() throws Exception {
        if (silent == null) {
            return pending(listeningChannelFor(1));
        }
        SocketChannel c = nonBlocking();
        c.connect(new InetSocketAddress(silent, 9999));
        return c;
    }

    /// The same, with a server that has connections to accept before.
    SocketChannel pending(ServerSocketChannel server) throws Exception {
        while (true) {
            SocketChannel c = nonBlocking();
            if (!c.connect(server.getLocalAddress()) && !isAnswered(c)) {
                return c;
            }
        }
    }

    private static boolean isAnswered(SocketChannel c) throws Exception {
        // The kernel answers on another thread; that it does not, only time can tell.
        for (int i = 0; i < 100; i++) {
            if (c.finishConnect()) {
                return true;
            }
            Thread.sleep(5);
        }
        return false;
    }

    Selector selector() throws IOException {
        return keep(here.selector());
    }

    /// One for channels there.
    Selector peerSelector() throws IOException {
        return keep(there.selector());
    }

    Pipe pipe() throws IOException {
        Pipe p = here.pipe();
        keep(p.source());
        keep(p.sink());
        return p;
    }

    /// What a text tells without the ports in it.
    static String hide(Object told) {
        return ("" + told).replaceAll("[0-9]{4,5}", "P");
    }

    /// @return the same, which is closed with this
    synchronized <T extends AutoCloseable> T keep(T socket) {
        opened.add(socket);
        return socket;
    }

    /// Has the path cut by this, when a case wants it.
    public World cutBy(Knife newKnife) {
        knife = newKnife;
        return this;
    }

    void cut() throws Exception {
        knife.cut();
    }

    /// Closes these with this, the last one first, when all sockets are.
    public World on(AutoCloseable... ground) {
        under.addAll(List.of(ground));
        return this;
    }

    /// Something that waits, on a virtual thread; returns when it does.
    static <T> CompletableFuture<T> waiting(Callable<T> body) throws Exception {
        var result = new CompletableFuture<T>();
        waiting(body, result);
        return result;
    }

    static <T> Thread waiting(Callable<T> body, CompletableFuture<T> result) throws Exception {
        Thread t = Thread.startVirtualThread(() -> {
            try {
                result.complete(body.call());
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        Await.until(() -> WAITING.contains(t.getState()), () -> "it is " + t.getState());
        return t;
    }

    static <T> T of(CompletableFuture<T> result) throws Exception {
        try {
            return result.get(60, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    @Override
    public void close() throws Exception {
        try {
            for (AutoCloseable c : opened) {
                c.close();
            }
        } finally {
            for (AutoCloseable c : under.reversed()) {
                c.close();
            }
        }
    }
}
