package dev.millrace.dns;

import dev.millrace.Stack;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// Some questions to one server, all at once: by UDP, and by TCP where the answer does not fit (RFC 7766). One thread does
/// it all, so that it is the same in a simulator.
///
/// What is promised is a time, not a time for each read: whatever the server sends, and however slowly, UDP takes at most
/// the time-out, TCP again so long for each answer, and all of it ends at the end that the caller has set.
final class DnsExchange {
    /// What fits through every path without fragments (the recommendation of DNS Flag Day 2020).
    private static final int PAYLOAD = 1232;
    private static final int MAX_UDP = 65535;

    private final Stack stack;
    private final InetSocketAddress server;
    private final Duration timeout;
    private final long endNs;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;

    /// A question on its way.
    static final class Query {
        final DnsQuestion question;
        /// What the server said to exactly this question, or `null`.
        DnsMessage response;
        private int id;
        private boolean edns;

        Query(DnsQuestion question) {
            this.question = question;
        }
    }

    /// @param endNs when everything ends, by `nanoTime`
    DnsExchange(Stack stack, InetSocketAddress server, Duration timeout, long endNs, LongSupplier nanoTime,
            RandomGenerator random) {
        this.nanoTime = nanoTime;
        this.random = random;
        this.stack = stack;
        this.server = server;
        this.timeout = timeout;
        this.endNs = endNs;
    }

    /// Asks, and sets the responses that come. If it throws, those that had come before are set.
    ///
    /// @throws SocketTimeoutException if not all come in time
    /// @throws IOException if the server cannot be reached
    void ask(List<Query> queries) throws IOException {
        IOException late = null;
        try {
            byUdp(queries);
        } catch (IOException e) {
            late = e;
        }
        for (Query query : queries) {
            if (query.response != null && query.response.isTruncated()) {
                // RFC 2181 §9: what came is ignored, and the question asked again by TCP.
                query.response = null;
                query.response = byTcp(query.question);
            }
        }
        if (late != null) {
            throw late;
        }
    }

    private void byUdp(List<Query> queries) throws IOException {
        long until = deadline();
        // A port of chance for each exchange, and an identifier of chance for each query: together what a forger must guess
        // (RFC 5452 §9).
        try (UdpSocket socket = stack.udp().connect(server)) {
            for (Query query : queries) {
                send(socket, query, queries, true);
            }
            ByteBuffer buffer = ByteBuffer.allocate(MAX_UDP);
            for (int open = queries.size(); open > 0; ) {
                socket.setReadTimeout(left(until));
                socket.receive(buffer.clear());
                byte[] bytes = new byte[buffer.flip().remaining()];
                buffer.get(bytes);
                Query query = accept(bytes, queries);
                if (query == null) {
                    continue;
                }
                int code = query.response.code();
                if (query.edns && (code == DnsMessage.FORMAT_ERROR || code == DnsMessage.NOT_IMPLEMENTED)) {
                    // A server from before EDNS (RFC 6891 §7).
                    query.response = null;
                    send(socket, query, queries, false);
                } else {
                    open--;
                }
            }
        }
    }

    private void send(UdpSocket socket, Query query, List<Query> queries, boolean edns) throws IOException {
        int id = random.nextInt(0x10000);
        while (isTaken(id, queries)) {
            id = id + 1 & 0xffff;
        }
        query.id = id;
        query.edns = edns;
        socket.send(ByteBuffer.wrap(DnsMessage.query(id, query.question, edns ? PAYLOAD : 0).toBytes(MAX_UDP)), null);
    }

    private static boolean isTaken(int id, List<Query> queries) {
        return queries.stream().anyMatch(q -> q.id == id);
    }

    /// Gives the message to the query that it responds to and that has no response; returns that query, or `null` if there is
    /// none. Then, whatever it is, the real response may still come.
    private static Query accept(byte[] bytes, List<Query> queries) {
        for (Query query : queries) {
            if (query.response == null) {
                query.response = parse(bytes, query.id, query.question);
                if (query.response != null) {
                    return query;
                }
            }
        }
        return null;
    }

    /// The message if it is a response to this query, else `null`. That it was cut, or that the server failed, stands in the
    /// header, and is true even if what follows cannot be read.
    private static DnsMessage parse(byte[] bytes, int id, DnsQuestion question) {
        try {
            DnsMessage header = DnsMessage.parseHeader(bytes);
            if (header.id() != id || !header.isResponse()) {
                return null;
            }
            boolean repeated = header.questions().size() == 1 && header.questions().getFirst().sameAs(question);
            // Some servers that do not understand a query do not repeat it.
            boolean saysAll = header.isTruncated()
                    || header.code() != DnsMessage.NO_ERROR && header.code() != DnsMessage.NAME_ERROR;
            if (saysAll) {
                return repeated || header.questions().isEmpty() ? header : null;
            }
            return repeated ? DnsMessage.parse(bytes) : null;
        } catch (DnsFormatException e) {
            return null;
        }
    }

    private DnsMessage byTcp(DnsQuestion question) throws IOException {
        long until = deadline();
        int id = random.nextInt(0x10000);
        try (TcpSocket socket = stack.tcp().connect(server, left(until))) {
            byte[] query = DnsMessage.query(id, question, 0).toBytes(MAX_UDP);
            ByteBuffer framed = ByteBuffer.allocate(2 + query.length).putShort((short) query.length).put(query).flip();
            socket.write(framed);
            int length = read(socket, 2, until).getShort() & 0xffff;
            DnsMessage response = parse(read(socket, length, until).array(), id, question);
            if (response == null || response.isTruncated()) {
                throw new IOException("the answer by TCP is not one to the query");
            }
            return response;
        } catch (EOFException e) {
            throw new IOException("the server ended the connection amid its answer", e);
        }
    }

    private ByteBuffer read(TcpSocket socket, int length, long until) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            socket.setReadTimeout(left(until));
            if (socket.read(bytes) < 0) {
                throw new EOFException();
            }
        }
        return bytes.flip();
    }

    private long deadline() {
        long until = nanoTime.getAsLong() + timeout.toNanos();
        return until - endNs < 0 ? until : endNs;
    }

    /// What is left until then, at least a millisecond: no time at all would mean no limit.
    private Duration left(long until) throws SocketTimeoutException {
        long left = until - nanoTime.getAsLong();
        if (left <= 0) {
            throw new SocketTimeoutException("Receive timed out");
        }
        return Duration.ofNanos(Math.max(1_000_000, left));
    }
}
