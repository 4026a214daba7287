package dev.millrace.dns;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/// A name server that does what a test says.
final class FakeServer implements AutoCloseable {
    /// What to send for a query: any number of messages, as bytes.
    interface Behaviour {
        List<byte[]> answer(DnsMessage query, boolean tcp) throws Exception;
    }

    final List<DnsQuestion> asked = new CopyOnWriteArrayList<>();
    final List<DnsMessage> queries = new CopyOnWriteArrayList<>();
    private final UdpSocket udp;
    private final TcpListener tcp;
    private final Behaviour behaviour;

    FakeServer(Stack stack, InetSocketAddress address, Behaviour behaviour) throws IOException {
        this(stack, address, behaviour, true);
    }

    /// @param byTcp whether it answers by TCP, too
    FakeServer(Stack stack, InetSocketAddress address, Behaviour behaviour, boolean byTcp) throws IOException {
        this.behaviour = behaviour;
        udp = stack.udp().bind(address);
        tcp = byTcp ? stack.tcp().listen(address, 0) : null;
        Thread.startVirtualThread(this::datagrams);
        if (byTcp) {
            Thread.startVirtualThread(this::connections);
        }
    }

    private List<byte[]> answer(byte[] query, boolean byTcp) throws Exception {
        DnsMessage q = DnsMessage.parse(query);
        asked.add(q.questions().getFirst());
        queries.add(q);
        return behaviour.answer(q, byTcp);
    }

    private void datagrams() {
        try {
            ByteBuffer b = ByteBuffer.allocate(65535);
            while (true) {
                b.clear();
                InetSocketAddress from = udp.receive(b);
                byte[] query = new byte[b.flip().remaining()];
                b.get(query);
                for (byte[] answer : answer(query, false)) {
                    udp.send(ByteBuffer.wrap(answer), from);
                }
            }
        } catch (Exception e) {
            // Closed.
            return;
        }
    }

    private void connections() {
        try {
            while (true) {
                try (TcpSocket s = tcp.accept()) {
                    var in = new DataInputStream(s.inputStream());
                    byte[] query = new byte[in.readUnsignedShort()];
                    in.readFully(query);
                    for (byte[] answer : answer(query, true)) {
                        s.write(ByteBuffer.allocate(2 + answer.length).putShort((short) answer.length).put(answer).flip());
                    }
                }
            }
        } catch (Exception e) {
            // Closed.
            return;
        }
    }

    @Override
    public void close() {
        udp.close();
        if (tcp != null) {
            tcp.close();
        }
    }
}
