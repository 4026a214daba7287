package dev.millrace.cli.net;

import dev.millrace.ErrorCode;
import dev.millrace.FrameSocket;
import dev.millrace.Nic;
import dev.millrace.Stack;
import dev.millrace.spi.Link;
import dev.millrace.wire.pcap.CaptureInterface;
import dev.millrace.wire.pcap.CaptureReader;
import dev.millrace.wire.pcap.CapturedPacket;
import dev.millrace.wire.pcap.Direction;
import dev.millrace.wire.pcap.LinkType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/// Packets to be looked at, from the NICs of a stack or from a file. One reader; [#end()] may come from any thread.
interface PacketSource extends AutoCloseable {
    /// The next packet; `null` if there is none within `patience` or there are no more ([#isOver()]).
    CapturedPacket next(Duration patience) throws IOException, InterruptedException;

    /// Whether there are no more.
    boolean isOver();

    /// Lets there be no more.
    void end();

    /// Packets that passed and were not told, since the reader was too slow.
    long missed();

    @Override
    void close() throws IOException;

    /// A capture file.
    static PacketSource file(Path path) throws IOException {
        return new OfFile(CaptureReader.open(path));
    }

    /// What passes the NICs of a stack from now on.
    ///
    /// @param snapLength the bytes to keep of each packet, 0 for all
    static PacketSource live(Stack stack, int snapLength) throws IOException {
        return new OfStack(stack, snapLength);
    }

    /// A file, read as it is asked for.
    final class OfFile implements PacketSource {
        private final CaptureReader reader;
        private volatile boolean over;

        private OfFile(CaptureReader reader) {
            this.reader = reader;
        }

        @Override
        public CapturedPacket next(Duration patience) throws IOException {
            CapturedPacket packet = over ? null : reader.next();
            over |= packet == null;
            return packet;
        }

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public void end() {
            over = true;
        }

        @Override
        public long missed() {
            return 0;
        }

        @Override
        public void close() throws IOException {
            reader.close();
        }
    }

    /// A packet socket on each NIC, with a thread that fetches from it.
    final class OfStack implements PacketSource {
        private static final int WAITING = 256;
        private static final int BUFFER = 32 * 1024 * 1024;

        private final List<FrameSocket> sockets = new ArrayList<>();
        private final BlockingQueue<CapturedPacket> queue = new ArrayBlockingQueue<>(WAITING);
        private volatile boolean over;

        private OfStack(Stack stack, int snapLength) throws IOException {
            // Without an address of its own it only looks on: what others say to one another goes no way of its own.
            boolean looksOn = stack.nics().stream().allMatch(n -> n.addresses().isEmpty());
            int id = 0;
            for (Nic nic : stack.nics()) {
                FrameSocket socket = stack.raw().frames(nic.name());
                sockets.add(socket);
                socket.setReceiveBuffer(BUFFER);
                socket.setSnapLength(snapLength);
                int linkType = socket.medium() == Link.Medium.ETHERNET ? LinkType.ETHERNET : LinkType.RAW;
                var where = new CaptureInterface(nic.name(), nic.linkName(), linkType, snapLength);
                int number = id++;
                Thread.ofVirtual().name("millrace-dump-" + nic.name()).start(() -> fetch(socket, where, number, looksOn));
            }
        }

        private void fetch(FrameSocket socket, CaptureInterface where, int number, boolean looksOn) {
            try {
                while (true) {
                    FrameSocket.Frame f = socket.receive();
                    queue.put(new CapturedPacket(where, number, f.epochNanos(),
                            looksOn ? Direction.UNKNOWN : f.outbound() ? Direction.OUTBOUND : Direction.INBOUND, f.length(),
                                    f.bytes(), List.of()));
                }
            } catch (IOException | InterruptedException e) {
                // Closed, by us or with its stack.
                over |= ErrorCode.of(e).filter(c -> c == ErrorCode.STACK_CLOSED).isPresent();
            }
        }

        @Override
        public CapturedPacket next(Duration patience) throws InterruptedException {
            return over ? null : queue.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
        }

        @Override
        public boolean isOver() {
            return over;
        }

        @Override
        public void end() {
            over = true;
        }

        @Override
        public long missed() {
            return sockets.stream().mapToLong(FrameSocket::dropped).sum();
        }

        @Override
        public void close() {
            over = true;
            sockets.forEach(FrameSocket::close);
            // A thread that waits to hand a packet over finds room, and then its socket closed.
            queue.clear();
        }
    }
}
