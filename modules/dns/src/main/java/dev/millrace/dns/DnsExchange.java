package dev.millrace.dns;

import dev.millrace.Stack;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// One question to one server: by UDP, and by TCP if the answer does not fit (RFC 7766).
final class DnsExchange {
    /// What fits through every path without fragments (the recommendation of DNS Flag Day 2020).
    private static final int PAYLOAD = 1232;
    private static final int MAX_UDP = 65535;

    private final Stack stack;
    private final InetSocketAddress server;
    private final Duration timeout;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;

    DnsExchange(Stack stack, InetSocketAddress server, Duration timeout, LongSupplier nanoTime, RandomGenerator random) {
        this.nanoTime = nanoTime;
        this.random = random;
        this.stack = stack;
        this.server = server;
        this.timeout = timeout;
    }

    /// Asks, and returns the server's response to exactly this.
    ///
    /// @throws SocketTimeoutException if none comes in time
    /// @throws IOException if the server cannot be reached
    DnsMessage ask(DnsQuestion question) throws IOException {
        DnsMessage response = byUdp(question, PAYLOAD);
        if (response.code() == DnsMessage.FORMAT_ERROR || response.code() == DnsMessage.NOT_IMPLEMENTED) {
            // A server from before EDNS (RFC 6891 §7).
            response = byUdp(question, 0);
        }
        return response.isTruncated() ? byTcp(question) : response;
    }

    private DnsMessage byUdp(DnsQuestion question, int payload) throws IOException {
        // A port of chance for each query, and an identifier of chance: together what a forger must guess (RFC 5452 §9).
        int id = random.nextInt(0x10000);
        long until = nanoTime.getAsLong() + timeout.toNanos();
        try (UdpSocket socket = stack.udp().connect(server)) {
            socket.send(ByteBuffer.wrap(DnsMessage.query(id, question, payload).toBytes(MAX_UDP)), null);
            ByteBuffer buffer = ByteBuffer.allocate(MAX_UDP);
            while (true) {
                long left = until - nanoTime.getAsLong();
                if (left <= 0) {
                    throw new SocketTimeoutException("Receive timed out");
                }
                socket.setReadTimeout(Duration.ofNanos(Math.max(1_000_000, left)));
                buffer.clear();
                socket.receive(buffer);
                buffer.flip();
                byte[] bytes = new byte[buffer.remaining()];
                buffer.get(bytes);
                DnsMessage response = parse(bytes, id, question);
                if (response != null) {
                    return response;
                }
            }
        }
    }

    /// The message if it is a response to this query, else `null`: whatever it is, the real one may still come.
    private static DnsMessage parse(byte[] bytes, int id, DnsQuestion question) {
        try {
            DnsMessage m = DnsMessage.parse(bytes);
            boolean fits = m.id() == id && m.isResponse()
                    && (m.questions().size() == 1 && m.questions().getFirst().sameAs(question)
                    // Some servers that do not understand a query do not repeat it.
                    || m.questions().isEmpty() && m.code() == DnsMessage.FORMAT_ERROR);
            return fits ? m : null;
        } catch (DnsFormatException e) {
            return null;
        }
    }

    private DnsMessage byTcp(DnsQuestion question) throws IOException {
        int id = random.nextInt(0x10000);
        try (TcpSocket socket = stack.tcp().connect(server, timeout)) {
            byte[] query = DnsMessage.query(id, question, 0).toBytes(MAX_UDP);
            ByteBuffer framed = ByteBuffer.allocate(2 + query.length).putShort((short) query.length).put(query).flip();
            socket.write(framed);
            socket.setReadTimeout(timeout);
            var in = new DataInputStream(socket.inputStream());
            byte[] answer = new byte[in.readUnsignedShort()];
            in.readFully(answer);
            DnsMessage response = parse(answer, id, question);
            if (response == null) {
                throw new IOException("the answer by TCP is not one to the query");
            }
            return response;
        } catch (EOFException e) {
            throw new IOException("the server ended the connection amid its answer", e);
        }
    }
}
