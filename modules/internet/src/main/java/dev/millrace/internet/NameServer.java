package dev.millrace.internet;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import dev.millrace.dns.DnsFormatException;
import dev.millrace.dns.DnsMessage;
import dev.millrace.dns.DnsRecord;
import dev.millrace.dns.Resolver;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/// A host of an [Internet] that knows the names of all others, as a DNS server by UDP and TCP (RFC 1035, RFC 7766): the
/// hosts that are open when it is asked, their addresses backwards, and what is added here. Made by [Internet#nameServer].
/// What befalls packets befalls queries, too.
///
/// Any thread may call any method; in simulated time, whichever has the turn.
public final class NameServer {
    private static final int MAX_UDP = 65535;
    /// What fits into one packet of any link, since none is fragmented: IPv6's least MTU without the headers.
    private static final int MAX_UDP_ANSWER = Internet.MTU_MINIMUM_IPV6 - 40 - 8;
    private static final int MAX_CONNECTIONS = 100;
    private static final Duration IDLE = Duration.ofSeconds(10);

    private final Host host;
    private final Zone zone;
    private final Internet internet;
    /// What is wrong with it; of several the last counts.
    private final List<Failure> failures = new CopyOnWriteArrayList<>();

    private record Failure(Failing how, Duration by) {
    }

    /// In what way a name server fails.
    public enum Failing {
        /// It says that it has failed (SERVFAIL).
        SERVER_FAILURE,
        /// It says that no name exists (NXDOMAIN).
        NO_SUCH_NAME,
        /// It takes its time.
        SLOW,
        /// It gives names the addresses of other hosts.
        WRONG_ADDRESS
    }

    NameServer(Internet internet, Host host) {
        this.internet = internet;
        this.host = host;
        zone = new Zone(internet, host.name());
    }

    /// What it knows of a name, without being asked over the network.
    List<InetAddress> addresses(String name) {
        return zone.addresses(name);
    }

    void start() throws IOException {
        serve();
        host.bootLater(_ -> serve());
    }

    private void serve() throws IOException {
        UdpSocket udp = host.stack().udp().bind(new InetSocketAddress(Resolver.PORT));
        TcpListener tcp = host.stack().tcp().listen(Resolver.PORT);
        host.run(() -> serve(udp));
        // Of this life: those that a crash has ended do not count themselves out.
        var connections = new AtomicInteger();
        host.run(() -> serve(tcp, connections));
    }

    /// Lets it fail until the fault is closed.
    ///
    /// @param by how long it takes to answer, for [Failing#SLOW]; else it does not count
    public Fault fail(Failing how, Duration by) {
        var failure = new Failure(how, how == Failing.SLOW ? by : Duration.ZERO);
        failures.add(failure);
        return internet.fault("names: " + how.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                () -> failures.removeIf(f -> f == failure));
    }

    private Failing failing() {
        List<Failure> now = List.copyOf(failures);
        return now.isEmpty() ? null : now.getLast().how;
    }

    /// How long it takes to answer: the longest of what was said.
    private Duration slowBy() {
        return failures.stream().map(Failure::by).max(Duration::compareTo).orElse(Duration.ZERO);
    }

    private void takeTime() {
        try {
            Duration by = slowBy();
            if (!by.isZero()) {
                host.sleep(by);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// The host that it runs on.
    public Host host() {
        return host;
    }

    /// Its address, for those who ask.
    public InetSocketAddress address() {
        return new InetSocketAddress(host.address(), Resolver.PORT);
    }

    /// Gives a name another address, or one to a name that no host has.
    ///
    /// @throws IllegalArgumentException if the name is none
    public NameServer add(String name, InetAddress address) {
        zone.add(ttl -> DnsRecord.address(Zone.bare(name), ttl, address));
        return this;
    }

    /// Makes a name an alias of another. Addresses of its own go first.
    ///
    /// @throws IllegalArgumentException if a name is none
    public NameServer alias(String name, String of) {
        zone.add(ttl -> DnsRecord.pointer(Zone.bare(name), DnsRecord.CNAME, ttl, Zone.bare(of)));
        return this;
    }

    /// Adds a record of any kind, with a TTL of its own.
    ///
    /// @throws IllegalArgumentException if the record cannot be sent
    public NameServer add(DnsRecord record) {
        var kept = new DnsRecord(Zone.bare(record.name()), record.type(), record.rclass(), record.ttl(), record.data());
        zone.add(_ -> kept);
        return this;
    }

    /// Removes what was added under a name; hosts keep theirs.
    public void remove(String name) {
        zone.remove(name);
    }

    /// How long answers may be kept, 0 s to a week; 60 s if nothing is said.
    public NameServer ttl(Duration ttl) {
        if (ttl.isNegative() || ttl.compareTo(Duration.ofDays(7)) > 0) {
            throw new IllegalArgumentException("a TTL must be 0 to 7 days, not " + ttl);
        }
        zone.setTtl(ttl.toSeconds());
        return this;
    }

    /// Queries that it answered by `answered`, `no-such-name`, `no-such-record`, `refused`, and what it did not understand
    /// by `malformed`; `unsent` are answers by UDP that could not be sent.
    public Map<String, Long> counters() {
        return zone.counters();
    }

    private void serve(UdpSocket socket) throws IOException {
        var buffer = ByteBuffer.allocate(MAX_UDP);
        try (socket) {
            while (true) {
                InetSocketAddress from = socket.receive(buffer.clear());
                byte[] query = new byte[buffer.flip().remaining()];
                buffer.get(query);
                byte[] answer = answer(query, true);
                if (answer != null && slowBy().isZero()) {
                    send(socket, answer, from);
                } else if (answer != null) {
                    host.run(() -> {
                        takeTime();
                        send(socket, answer, from);
                    });
                }
            }
        } catch (IOException e) {
            ifOpen(e);
        }
    }

    /// What cannot be sent to one, since it is too large or nothing leads there, is no reason not to serve others.
    private void send(UdpSocket socket, byte[] answer, InetSocketAddress to) throws IOException {
        try {
            socket.send(ByteBuffer.wrap(answer), to);
        } catch (IOException e) {
            if (!socket.isOpen()) {
                throw e;
            }
            zone.count("unsent");
        }
    }

    private void serve(TcpListener listener, AtomicInteger connections) throws IOException {
        try (listener) {
            while (true) {
                TcpSocket socket = listener.accept();
                if (connections.get() >= MAX_CONNECTIONS) {
                    socket.close();
                } else {
                    connections.incrementAndGet();
                    host.run(() -> serve(socket, connections));
                }
            }
        } catch (IOException e) {
            ifOpen(e);
        }
    }

    private void serve(TcpSocket socket, AtomicInteger connections) {
        try (socket) {
            socket.setReadTimeout(IDLE);
            var in = new DataInputStream(socket.inputStream());
            while (true) {
                byte[] query = new byte[in.readUnsignedShort()];
                in.readFully(query);
                byte[] answer = answer(query, false);
                if (answer == null) {
                    return;
                }
                takeTime();
                socket.write(ByteBuffer.allocate(2 + answer.length).putShort((short) answer.length).put(answer).flip());
            }
        } catch (IOException e) {
            // The client has gone, or says nothing.
        } finally {
            connections.decrementAndGet();
        }
    }

    private void ifOpen(IOException e) throws IOException {
        if (host.isOpen()) {
            throw e;
        }
    }

    private DnsMessage answer(DnsMessage query) {
        return switch (failing()) {
            case SERVER_FAILURE -> query.response(DnsMessage.SERVER_FAILURE, 0, List.of(), List.of());
            case NO_SUCH_NAME -> query.response(DnsMessage.NAME_ERROR, DnsMessage.AUTHORITATIVE, List.of(), List.of());
            case WRONG_ADDRESS -> wrong(zone.answer(query));
            case SLOW -> zone.answer(query);
            case null -> zone.answer(query);
        };
    }

    /// The same answer with the addresses of other hosts of the same version, if there are some.
    private DnsMessage wrong(DnsMessage right) {
        List<DnsRecord> answers = right.answers().stream().map(r -> {
            InetAddress real = r.inetAddress();
            return real == null ? r : internet.hosts().values().stream().flatMap(h -> h.addresses().stream())
                    .filter(a -> a.getClass() == real.getClass() && !a.equals(real)).findFirst()
                    .map(a -> DnsRecord.address(r.name(), r.ttl(), a)).orElse(r);
        }).toList();
        return new DnsMessage(right.id(), right.flags(), right.questions(), answers, right.authorities(), right.additionals());
    }

    /// The answer to a message, or `null` if it deserves none: answers to answers go round in circles.
    private byte[] answer(byte[] bytes, boolean byUdp) {
        try {
            DnsMessage query = DnsMessage.parse(bytes);
            if (query.isResponse()) {
                zone.count("malformed");
                return null;
            }
            return answer(query).toBytes(byUdp ? Math.min(query.payload(), MAX_UDP_ANSWER) : MAX_UDP);
        } catch (DnsFormatException e) {
            zone.count("malformed");
            // Enough is there to say to whom the answer belongs (RFC 1035 §4.1.1).
            boolean answerable = bytes.length >= 12 && (bytes[2] & 0x80) == 0;
            return answerable ? new DnsMessage((bytes[0] & 0xff) << 8 | bytes[1] & 0xff,
                    DnsMessage.RESPONSE | DnsMessage.FORMAT_ERROR, List.of(), List.of(), List.of(), List.of()).toBytes(512)
                    : null;
        }
    }
}
