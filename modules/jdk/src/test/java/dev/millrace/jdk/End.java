package dev.millrace.jdk;

import dev.millrace.testkit.NetworkNamespace;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.MulticastSocket;
import java.net.NetworkInterface;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.net.ServerSocketFactory;
import javax.net.SocketFactory;

/// One end of a path: the kernel, which may be that of a namespace, or a stack. Where sockets come from, and what their addresses are.
public abstract class End implements AutoCloseable {
    final InetAddress v4;
    final InetAddress v6;

    End(InetAddress v4, InetAddress v6) {
        this.v4 = v4;
        this.v6 = v6;
    }

    private End(String v4, String v6) {
        this(InetAddress.ofLiteral(v4), InetAddress.ofLiteral(v6));
    }

    /// The kernel, in the namespace of the calling thread. It keeps a thread until it is closed.
    static End kernel(String v4, String v6) throws Exception {
        return new Kernel(Kernel.maker(), "lo", v4, v6);
    }

    /// The kernel inside a namespace, which stays the caller's to close.
    ///
    /// @param nic by which datagrams to groups leave
    public static End kernel(NetworkNamespace inside, String nic, String v4, String v6) throws Exception {
        // A thread that is started inside stays there.
        return new Kernel(inside.call(Kernel::maker), nic, v4, v6);
    }

    /// A stack with these addresses, which stays the caller's to close.
    public static End stack(StackSockets sockets, String v4, String v6) {
        return new OnStack(sockets, v4, v6);
    }

    /// Runs what makes sockets where they are to belong.
    <T> T call(Callable<T> body) throws IOException {
        try {
            return body.call();
        } catch (IOException | RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    abstract boolean isKernel();

    abstract SelectorProvider provider();

    abstract SocketFactory clients();

    abstract ServerSocketFactory servers();

    abstract Socket socket() throws IOException;

    abstract ServerSocket server() throws IOException;

    abstract DatagramSocket datagrams(SocketAddress local) throws IOException;

    abstract MulticastSocket multicast(SocketAddress local) throws IOException;

    /// What a multicast socket names the NIC by that datagrams to groups leave by.
    abstract NetworkInterface nic() throws IOException;

    SocketChannel channel() throws IOException {
        return call(() -> provider().openSocketChannel());
    }

    ServerSocketChannel serverChannel() throws IOException {
        return call(() -> provider().openServerSocketChannel());
    }

    DatagramChannel datagramChannel() throws IOException {
        return call(() -> provider().openDatagramChannel());
    }

    Selector selector() throws IOException {
        return provider().openSelector();
    }

    Pipe pipe() throws IOException {
        return provider().openPipe();
    }

    /// One of its addresses, and a port.
    InetSocketAddress at(int port) {
        return new InetSocketAddress(v4, port);
    }

    /// The same in the other version of IP.
    InetSocketAddress at6(int port) {
        return new InetSocketAddress(v6, port);
    }

    @Override
    public void close() {
    }

    /// Makes its sockets on a thread of its own, which is in the namespace that they are to be in: a virtual thread may run on a carrier
    /// that somebody else's namespace has started.
    private static final class Kernel extends End {
        private static final long LOOK_MS = 1;

        private final ExecutorService maker;
        private final String nic;

        /// @param maker with its one thread running
        Kernel(ExecutorService maker, String nic, String v4, String v6) {
            super(v4, v6);
            this.maker = maker;
            this.nic = nic;
        }

        static ExecutorService maker() throws Exception {
            ExecutorService one = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
            one.submit(() -> { }).get();
            return one;
        }

        @Override
        <T> T call(Callable<T> body) throws IOException {
            // To be heard of by what the case calls, not here.
            boolean interrupted = Thread.interrupted();
            Future<T> made = maker.submit(body);
            try {
                // Not woken: who wakes a virtual thread may start a carrier, and that one would be in the namespace, too.
                while (Thread.currentThread().isVirtual() && !made.isDone()) {
                    Thread.sleep(LOOK_MS);
                }
                return made.get();
            } catch (ExecutionException e) {
                return super.call(() -> {
                    throw e.getCause() instanceof Exception cause ? cause : e;
                });
            } catch (InterruptedException e) {
                throw new IOException(e);
            } finally {
                if (interrupted) {
                    Thread.currentThread().interrupt();
                }
            }
        }

        @Override
        boolean isKernel() {
            return true;
        }

        @Override
        SelectorProvider provider() {
            return SelectorProvider.provider();
        }

        @Override
        SocketFactory clients() {
            return SocketFactory.getDefault();
        }

        @Override
        ServerSocketFactory servers() {
            return ServerSocketFactory.getDefault();
        }

        @Override
        Socket socket() throws IOException {
            return call(() -> {
                var s = new Socket();
                // The kernel's socket is made with the first question.
                s.getReuseAddress();
                return s;
            });
        }

        @Override
        ServerSocket server() throws IOException {
            return call(() -> {
                var s = new ServerSocket();
                s.getReuseAddress();
                return s;
            });
        }

        @Override
        DatagramSocket datagrams(SocketAddress local) throws IOException {
            return call(() -> new DatagramSocket(local));
        }

        @Override
        MulticastSocket multicast(SocketAddress local) throws IOException {
            return call(() -> {
                var s = new MulticastSocket(local);
                s.setNetworkInterface(NetworkInterface.getByName(nic));
                return s;
            });
        }

        @Override
        NetworkInterface nic() throws IOException {
            return call(() -> NetworkInterface.getByName(nic));
        }

        @Override
        public void close() {
            maker.shutdown();
        }
    }

    private static final class OnStack extends End {
        private final StackSockets sockets;
        private final SelectorProvider provider;

        OnStack(StackSockets sockets, String v4, String v6) {
            super(v4, v6);
            this.sockets = sockets;
            provider = sockets.selectorProvider();
        }

        @Override
        boolean isKernel() {
            return false;
        }

        @Override
        SelectorProvider provider() {
            return provider;
        }

        @Override
        SocketFactory clients() {
            return sockets.socketFactory();
        }

        @Override
        ServerSocketFactory servers() {
            return sockets.serverSocketFactory();
        }

        @Override
        Socket socket() throws IOException {
            return sockets.socket();
        }

        @Override
        ServerSocket server() throws IOException {
            return sockets.serverSocket();
        }

        @Override
        DatagramSocket datagrams(SocketAddress local) throws IOException {
            return sockets.datagramSocket(local);
        }

        @Override
        MulticastSocket multicast(SocketAddress local) throws IOException {
            return sockets.multicastSocket(local);
        }

        @Override
        NetworkInterface nic() {
            return null;
        }
    }
}
