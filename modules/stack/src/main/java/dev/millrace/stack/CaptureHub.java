package dev.millrace.stack;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A stream that copies what is written to it to everybody who connects to a port of the host's kernel.
///
/// Each client gets a preamble and then all writes that begin after it came; a write is never divided, so the writer
/// must write whole blocks. Writing never waits and never fails: a client that falls too far behind is disconnected.
final class CaptureHub extends OutputStream {
    /// Clients served at once; more are turned away.
    static final int MAX_CLIENTS = 16;
    /// Bytes that may wait for one client before it is disconnected.
    static final int MAX_PENDING_BYTES = 4 * 1024 * 1024;
    /// How long closing waits for clients to take what is theirs.
    private static final long LINGER_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long ACCEPT_RETRY_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private static final Logger LOG = LoggerFactory.getLogger(CaptureHub.class);
    private static final byte[] END = {};

    private final String name;
    private final ServerSocket server = new ServerSocket();
    private final List<Client> clients = new CopyOnWriteArrayList<>();
    private final List<Client> everyClient = new CopyOnWriteArrayList<>();
    private byte[] preamble;
    private Thread acceptor;
    private volatile boolean closed;

    /// Opens the port; nobody is served before [#start].
    ///
    /// @throws IOException if the port cannot be opened
    CaptureHub(InetSocketAddress address, String name) throws IOException {
        this.name = name;
        try {
            server.setReuseAddress(true);
            server.bind(address);
        } catch (IOException e) {
            server.close();
            throw new IOException("capture cannot listen on " + address + ": " + e.getMessage(), e);
        }
    }

    /// Begins to serve clients, each of which gets `preamble` first.
    void start(byte[] preamble) {
        this.preamble = preamble;
        acceptor = Thread.ofPlatform().daemon().name("millrace-capture-accept-" + name).start(this::accept);
        LOG.info("capture of {} listens on {}", name, address());
    }

    /// Where it listens.
    InetSocketAddress address() {
        return (InetSocketAddress) server.getLocalSocketAddress();
    }

    /// Whether anybody is connected.
    boolean hasClients() {
        return !clients.isEmpty();
    }

    int clientCount() {
        return clients.size();
    }

    private void accept() {
        while (!closed) {
            Socket socket = null;
            try {
                socket = server.accept();
                everyClient.removeIf(c -> !c.thread.isAlive());
                if (everyClient.size() == MAX_CLIENTS) {
                    LOG.info("capture of {} turns {} away: {} clients are served", name,
                            socket.getRemoteSocketAddress(), MAX_CLIENTS);
                    socket.close();
                } else {
                    serve(new Client(socket));
                }
            } catch (Throwable t) {
                // No threads or no memory, perhaps: this client is lost, the next one may be served.
                if (!closed || socket != null) {
                    refused(socket, t);
                }
            }
        }
    }

    private void serve(Client client) {
        everyClient.add(client);
        try {
            clients.add(client);
            client.thread.start();
        } catch (Throwable t) {
            clients.remove(client);
            everyClient.remove(client);
            throw t;
        }
    }

    private void refused(Socket socket, Throwable why) {
        try {
            if (socket != null) {
                socket.close();
            }
            LOG.warn("capture of {} could not take a client: {}", name, why.toString());
        } catch (Throwable again) {
            // Nothing more can be done for it, nor said.
            LockSupport.parkNanos(this, ACCEPT_RETRY_NS);
        }
        LockSupport.parkNanos(this, ACCEPT_RETRY_NS);
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        if (!clients.isEmpty()) {
            byte[] chunk = Arrays.copyOfRange(bytes, from, from + length);
            for (Client client : clients) {
                client.offer(chunk);
            }
        }
    }

    /// Gives clients a moment to take what waits for them, disconnects them and ends all threads.
    @Override
    public void close() throws IOException {
        closed = true;
        server.close();
        if (acceptor != null) {
            LockSupport.unpark(acceptor);
            join(acceptor, Long.MAX_VALUE);
        }
        long deadline = System.nanoTime() + LINGER_NS;
        everyClient.forEach(c -> c.queue.offer(END));
        for (Client client : everyClient) {
            if (!join(client.thread, Math.max(0, deadline - System.nanoTime()))) {
                client.disconnect("does not take the end of the capture");
                join(client.thread, Long.MAX_VALUE);
            }
        }
        everyClient.clear();
    }

    /// Waits for a thread to end, whether the caller is interrupted or not.
    static boolean join(Thread thread, long nanos) {
        boolean interrupted = false;
        long deadline = nanos == Long.MAX_VALUE ? 0 : System.nanoTime() + nanos;
        try {
            while (true) {
                try {
                    if (nanos == Long.MAX_VALUE) {
                        thread.join();
                        return true;
                    }
                    // At least a millisecond: zero would mean for ever.
                    long left = Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()));
                    thread.join(left);
                    return !thread.isAlive();
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// One client: a bounded queue of chunks, and the thread that writes them to its socket.
    private final class Client {
        final Socket socket;
        final Thread thread;
        final LinkedBlockingQueue<byte[]> queue = new LinkedBlockingQueue<>();
        final AtomicLong pendingBytes = new AtomicLong();

        Client(Socket socket) {
            this.socket = socket;
            thread = Thread.ofPlatform().daemon()
                    .name("millrace-capture-client-" + name + "-" + socket.getRemoteSocketAddress())
                    .unstarted(this::serve);
            pendingBytes.set(preamble.length);
            queue.add(preamble);
        }

        void offer(byte[] chunk) {
            if (pendingBytes.addAndGet(chunk.length) > MAX_PENDING_BYTES) {
                disconnect("is too slow");
            } else {
                queue.offer(chunk);
            }
        }

        void serve() {
            try (socket) {
                OutputStream out = socket.getOutputStream();
                for (byte[] chunk = queue.take(); chunk != END; chunk = queue.take()) {
                    out.write(chunk);
                    pendingBytes.addAndGet(-chunk.length);
                }
            } catch (IOException e) {
                LOG.debug("client {} left the capture of {}: {}", socket, name, e.toString());
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            } finally {
                clients.remove(this);
            }
        }

        void disconnect(String why) {
            clients.remove(this);
            LOG.info("capture of {} disconnects {}: it {}", name, socket.getRemoteSocketAddress(), why);
            queue.clear();
            queue.offer(END);
            try {
                socket.close();
            } catch (IOException e) {
                LOG.debug("closing {}", socket, e);
            }
        }
    }
}
