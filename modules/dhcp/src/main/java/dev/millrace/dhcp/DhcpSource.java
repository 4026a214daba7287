package dev.millrace.dhcp;

import dev.millrace.ConfigurationException;
import dev.millrace.DropReason;
import dev.millrace.ErrorCode;
import dev.millrace.OptionValues;
import dev.millrace.Readiness;
import dev.millrace.Udp;
import dev.millrace.UdpSocket;
import dev.millrace.spi.AddressSource;
import dev.millrace.spi.AddressSourceContext;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.SocketErrors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/// DHCP in one stack: the clients of its NICs, and the socket to which servers answer.
///
/// Clients without an address ask servers to answer to all stations, which a UDP socket of the stack receives as it is.
/// Differs: RFC 2131 §4.1 has the client set the broadcast flag only if it must; a server that ignores it, and sends to an address
/// that nobody has yet, is not heard.
final class DhcpSource implements AddressSource, Dhcp {
    private static final DropReason BAD_MESSAGE = DropReason.of("dhcp-bad-message", "bad DHCP message");
    private static final DropReason NOT_ASKED = DropReason.of("dhcp-not-asked",
            "DHCP message that answers nothing, or that makes no sense");

    private final AddressSourceContext context;
    private final DhcpSettings settings;
    private final List<NicClient> clients = new CopyOnWriteArrayList<>();
    private final AtomicReference<ByteBuffer> spare = new AtomicReference<>();
    private volatile UdpSocket socket;
    private volatile Consumer<Change> listener;

    DhcpSource(AddressSourceContext context, DhcpSettings settings) {
        this.context = context;
        this.settings = settings;
        if (context.service(Udp.class).isEmpty()) {
            throw new ConfigurationException(ErrorCode.MISSING_PLUGIN, "dhcp", "DHCP speaks over UDP, which this stack has not: add "
                    + "dev.millrace:millrace-proto-udp (module dev.millrace.udp), and name udp if [stack] protocols lists names",
                    null);
        }
    }

    // ---- for the stack

    @Override
    public void begin(NicPort nic, OptionValues options) {
        NicSettings own = NicSettings.of(options);
        if (socket == null) {
            listen();
        }
        var client = new NicClient(context, nic, settings, own, this::tell);
        clients.add(client);
        client.begin();
    }

    private void listen() {
        try {
            UdpSocket bound = context.service(Udp.class).orElseThrow().bind(Envelope.CLIENT_PORT);
            socket = bound;
            bound.onReady(this::ready);
        } catch (IOException e) {
            throw new ConfigurationException(ErrorCode.CONFIGURATION, "dhcp", "port 68 cannot be had: " + e.getMessage(), e);
        }
    }

    private void ready(Readiness ready) {
        ByteBuffer buffer = spare.getAndSet(null);
        if (buffer == null) {
            buffer = ByteBuffer.allocate(DhcpMessage.MAX_LENGTH);
        }
        try {
            while (true) {
                UdpSocket.Datagram datagram = socket.tryReceiveDatagram(buffer.clear());
                if (datagram == null) {
                    break;
                }
                take(datagram, buffer.array());
            }
        } catch (IOException e) {
            // Closed; nothing comes any more.
            return;
        } finally {
            spare.set(buffer);
        }
    }

    private void take(UdpSocket.Datagram datagram, byte[] bytes) {
        Optional<DhcpMessage> message = datagram.sender().getPort() != Envelope.SERVER_PORT ? Optional.empty()
                : DhcpMessage.parse(bytes, datagram.length());
        if (message.isEmpty()) {
            context.countDrop(BAD_MESSAGE);
        } else if (clients.stream().noneMatch(c -> c.onMessage(message.get()))) {
            context.countDrop(NOT_ASKED);
        }
    }

    @Override
    public void stateChanged(NicPort nic, boolean up) {
        if (up) {
            clients.stream().filter(c -> c.isOf(nic)).forEach(NicClient::linkUp);
        }
    }

    @Override
    public <T> Optional<T> service(Class<T> type) {
        return type == Dhcp.class ? Optional.of(type.cast(this)) : Optional.empty();
    }

    @Override
    public void close() {
        clients.forEach(NicClient::close);
        UdpSocket open = socket;
        if (open != null) {
            open.close();
        }
    }

    // ---- for programs

    @Override
    public List<String> nics() {
        return clients.stream().map(NicClient::name).toList();
    }

    private NicClient client(String nic) {
        return clients.stream().filter(c -> c.name().equals(nic)).findFirst().orElseThrow(() -> new IllegalArgumentException(
                "NIC \"" + nic + "\" has no DHCP client: set its option dhcp"));
    }

    @Override
    public State state(String nic) {
        return client(nic).state();
    }

    @Override
    public Optional<Lease> lease(String nic) {
        return Optional.ofNullable(client(nic).lease());
    }

    @Override
    public Lease awaitLease(String nic, Duration timeout) throws IOException {
        NicClient client = client(nic);
        long now = context.clock().nanoTime();
        Duration most = Duration.ofNanos(Long.MAX_VALUE / 4);
        long deadline = now + (timeout.compareTo(most) > 0 ? most : timeout).toNanos();
        Thread self = Thread.currentThread();
        client.waiting().add(self);
        try {
            while (true) {
                Lease lease = client.lease();
                if (lease != null) {
                    return lease;
                }
                if (context.isClosing()) {
                    throw SocketErrors.closed(ErrorCode.STACK_CLOSED, true);
                }
                if (self.isInterrupted()) {
                    throw SocketErrors.closed(ErrorCode.INTERRUPTED, true);
                }
                if (context.clock().nanoTime() - deadline >= 0) {
                    throw SocketErrors.of(ErrorCode.RECEIVE_TIMEOUT, "NIC \"" + nic + "\" has got no address by DHCP in "
                            + timeout + ": " + client.state());
                }
                if (!context.waits().mayWait()) {
                    throw new IllegalStateException("nobody can wait in a stepped stack: step it, and ask for lease()");
                }
                context.waits().park(this, deadline);
            }
        } finally {
            client.waiting().remove(self);
        }
    }

    @Override
    public void renew(String nic) {
        client(nic).renew();
    }

    @Override
    public void release(String nic) {
        client(nic).release();
    }

    @Override
    public void onChange(Consumer<Change> newListener) {
        listener = newListener;
    }

    private void tell(Change change) {
        Consumer<Change> told = listener;
        if (told != null) {
            try {
                told.accept(change);
            } catch (Throwable t) {
                context.failed("dhcp-listener", t);
            }
        }
    }
}
