package example.ask;

import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.Path;
import dev.millrace.spi.Timers;
import dev.millrace.spi.TransportContext;
import dev.millrace.spi.TransportProtocol;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/// A message is a long that names the question, a byte that says what it is, and text.
final class AskProtocol implements TransportProtocol, Ask {
    private static final DropReason LATE = DropReason.of("ask-late", "an answer that nobody waits for");
    private static final ValueLayout.OfLong ID = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final int HEADER = 9;
    private static final int MAX_TEXT = 1000;
    private static final int MAX_OPEN = 10_000;
    private static final byte QUESTION = 1;
    private static final byte ANSWER = 2;

    private record Open(CompletableFuture<byte[]> future, IpAddress host, Timers.Timer timer) {
    }

    private final TransportContext context;
    private final long timeoutNs;
    private final Map<Long, Open> open = new ConcurrentHashMap<>();
    private volatile UnaryOperator<byte[]> answers;

    AskProtocol(TransportContext context, OptionValues options) {
        this.context = context;
        timeoutNs = options.nanos("timeout", Duration.ofMillis(1), Duration.ofHours(1));
    }

    @Override
    public CompletableFuture<byte[]> ask(InetAddress host, byte[] question) throws IOException {
        if (question.length > MAX_TEXT || open.size() >= MAX_OPEN) {
            throw new IOException("the question is too long, or one too many");
        }
        IpAddress remote = IpAddress.of(host);
        Path path = context.path(null, remote);
        long id = context.random().nextLong();
        var future = new CompletableFuture<byte[]>();
        Timers.Timer timer = context.timers().create(_ -> end(id, new SocketTimeoutException("no answer from " + remote)));
        open.put(id, new Open(future, remote, timer));
        timer.set(context.clock().nanoTime() + timeoutNs);
        send(path, id, QUESTION, question);
        return future;
    }

    @Override
    public void answer(UnaryOperator<byte[]> how) {
        answers = how;
    }

    private void send(Path path, long id, byte kind, byte[] text) {
        Packet p = Packet.allocate(Packet.HEADROOM, HEADER + text.length);
        int at = p.append(HEADER + text.length);
        p.memory().set(ID, at, id);
        p.memory().set(ValueLayout.JAVA_BYTE, at + 8, kind);
        MemorySegment.copy(text, 0, p.memory(), ValueLayout.JAVA_BYTE, at + HEADER, text.length);
        var packets = new PacketList();
        packets.add(p);
        path.send(packets, 0, 0);
    }

    @Override
    public void receive(Packet packet) {
        if (packet.length() > HEADER + MAX_TEXT || !packet.makeLinear(HEADER)) {
            context.drop(packet, DropReason.BAD_TRANSPORT_HEADER);
            return;
        }
        long id = packet.memory().get(ID, packet.start());
        byte kind = packet.memory().get(ValueLayout.JAVA_BYTE, packet.start() + 8);
        var from = new IpAddress(packet.sourceHi(), packet.sourceLo());
        var to = new IpAddress(packet.destinationHi(), packet.destinationLo());
        packet.pull(HEADER);
        byte[] text = packet.toBytes();
        Open asked = kind == ANSWER ? open.get(id) : null;
        UnaryOperator<byte[]> how = answers;
        if (asked != null && asked.host.equals(from)) {
            packet.release();
            if (open.remove(id, asked)) {
                asked.timer.cancel();
                asked.future.complete(text);
            }
        } else if (kind == QUESTION && how != null && !packet.isBroadcast()) {
            packet.release();
            try {
                send(context.path(to, from), id, ANSWER, how.apply(text));
            } catch (IOException e) {
                context.countDrop(DropReason.NO_ROUTE);
            }
        } else {
            context.drop(packet, kind == ANSWER ? LATE : DropReason.NO_SOCKET);
        }
    }

    @Override
    public void onError(IcmpError error) {
        if (error.kind() == IcmpError.Kind.PROTOCOL_UNREACHABLE && error.quoted().length >= 8) {
            end(MemorySegment.ofArray(error.quoted()).get(ID, 0),
                    new NoRouteToHostException(error.remote() + " does not know the protocol"));
        }
    }

    private void end(long id, IOException why) {
        Open asked = open.remove(id);
        if (asked != null) {
            asked.timer.cancel();
            asked.future.completeExceptionally(why);
        }
    }

    @Override
    public <T> Optional<T> service(Class<T> type) {
        return type == Ask.class ? Optional.of(type.cast(this)) : Optional.empty();
    }

    @Override
    public void close() {
        open.keySet().forEach(id -> end(id, new IOException("the stack is closed")));
    }
}
