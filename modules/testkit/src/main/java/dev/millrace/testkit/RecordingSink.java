package dev.millrace.testkit;

import dev.millrace.DropReason;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/// A NIC for the tests of links, which keeps what a link tells it.
public final class RecordingSink implements Link.Sink {
    /// A packet as it came.
    ///
    /// @param bytes all of it
    /// @param segmentSize of a super-segment, or 0
    /// @param checksumming what the link said of its checksum
    public record Got(byte[] bytes, int segmentSize, Packet.Checksumming checksumming) {
        /// The IP version, of a link that carries IP packets.
        public int version() {
            return bytes[0] >> 4 & 0xf;
        }
    }

    /// What came in and was not awaited.
    public final BlockingQueue<Got> got = new LinkedBlockingQueue<>();
    /// Why packets were dropped.
    public final List<DropReason> drops = new CopyOnWriteArrayList<>();
    /// `up: ` or `down: ` and the reason.
    public final BlockingQueue<String> states = new LinkedBlockingQueue<>();
    /// The MTUs that were told.
    public final BlockingQueue<Integer> mtus = new LinkedBlockingQueue<>();
    /// The thread of each delivery.
    public final List<Thread> threads = new CopyOnWriteArrayList<>();

    /// One that has heard of nothing.
    public RecordingSink() {
    }

    @Override
    public void deliver(PacketList packets) {
        threads.add(Thread.currentThread());
        Packet p;
        while ((p = packets.poll()) != null) {
            got.add(new Got(p.toBytes(), p.segmentSize(), p.checksumming()));
            p.release();
        }
    }

    @Override
    public void drop(Packet packet, DropReason reason) {
        drops.add(reason);
        packet.release();
    }

    @Override
    public void stateChanged(boolean up, String reason) {
        states.add((up ? "up: " : "down: ") + reason);
    }

    @Override
    public void mtuChanged(int mtu) {
        mtus.add(mtu);
    }

    /// The first packet that fits, at most five seconds from now; others before it are passed over.
    public Got await(Predicate<Got> wanted) throws InterruptedException {
        Got found = await(wanted, 5_000_000_000L);
        if (found == null) {
            throw new AssertionError("no such packet came in five seconds");
        }
        return found;
    }

    /// The same for what the kernel answers to `provoke`, which is tried again each second: the kernel limits its ICMP
    /// errors, for all namespaces of the machine together.
    public Got awaitAnswer(Predicate<Got> wanted, Runnable provoke) throws InterruptedException {
        for (int i = 0; i < 10; i++) {
            provoke.run();
            Got found = await(wanted, 1_000_000_000L);
            if (found != null) {
                return found;
            }
        }
        throw new AssertionError("no such packet came in ten seconds, although it was asked for each second");
    }

    private Got await(Predicate<Got> wanted, long forNs) throws InterruptedException {
        long until = System.nanoTime() + forNs;
        while (true) {
            Got next = got.poll(Math.max(0, until - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (next == null || wanted.test(next)) {
                return next;
            }
        }
    }
}
