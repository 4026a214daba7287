package dev.millrace.testkit;

import dev.millrace.DropReason;
import dev.millrace.ManualStack;
import dev.millrace.spi.Link;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.BooleanSupplier;

/// A wire between two stepped stacks that loses, doubles, damages, delays and so reorders packets: in virtual time, and
/// the same for the same seed. One thread.
public final class HostileWire {
    /// What happens to packets.
    ///
    /// @param loss the share that is lost, 0 to 1
    /// @param duplication the share that comes twice
    /// @param damage the share in which one bit is wrong
    /// @param delayNs how long each packet takes, in nanoseconds
    /// @param jitterNs how much longer it may take at most; more than the distance of packets reorders them
    public record Faults(double loss, double duplication, double damage, long delayNs, long jitterNs) {
        /// A wire that only takes its time.
        public static Faults none(long delayNs) {
            return new Faults(0, 0, 0, delayNs, 0);
        }
    }

    private record InFlight(long arrivesNs, long order, byte[] bytes, End to) {
    }

    private final Random random;
    private final PriorityQueue<InFlight> queue = new PriorityQueue<>((a, b) ->
            a.arrivesNs != b.arrivesNs ? Long.compare(a.arrivesNs, b.arrivesNs) : Long.compare(a.order, b.order));
    private final End left;
    private final End right;
    private Faults faults;
    private long nowNs;
    private long orders;
    private long harmed;

    /// A wire.
    ///
    /// @param mtu its MTU in bytes
    /// @param seed of its chance
    public HostileWire(int mtu, long seed, Faults faults) {
        this.random = new Random(seed);
        this.faults = faults;
        this.left = new End(mtu);
        this.right = new End(mtu);
        left.other = right;
        right.other = left;
    }

    /// The link for one stack.
    public Link left() {
        return left;
    }

    /// The link for the other.
    public Link right() {
        return right;
    }

    /// Changes what happens to packets sent from now on.
    public void setFaults(Faults newFaults) {
        faults = newFaults;
    }

    /// Packets lost, doubled or damaged so far.
    public long harmed() {
        return harmed;
    }

    /// The virtual time, in nanoseconds.
    public long nowNs() {
        return nowNs;
    }

    /// Lets time pass, from event to event, until `done` says so or the time is over. Returns whether `done` said so.
    ///
    /// @param untilNs the virtual time at which to give up
    /// @param done asked after every event; it may use the stacks
    public boolean run(ManualStack a, ManualStack b, long untilNs, BooleanSupplier done) {
        while (!done.getAsBoolean()) {
            long next = Math.min(a.nextDeadlineNs(), b.nextDeadlineNs());
            if (!queue.isEmpty()) {
                next = Math.min(next, queue.peek().arrivesNs);
            }
            if (next > untilNs) {
                return false;
            }
            nowNs = Math.max(nowNs, next);
            a.step(nowNs);
            b.step(nowNs);
            InFlight arrived;
            while ((arrived = queue.peek()) != null && arrived.arrivesNs <= nowNs) {
                queue.poll();
                arrived.to.receive(arrived.bytes);
            }
        }
        return true;
    }

    private void send(byte[] bytes, End to) {
        if (random.nextDouble() < faults.loss) {
            harmed++;
            return;
        }
        int copies = 1;
        if (random.nextDouble() < faults.duplication) {
            harmed++;
            copies = 2;
        }
        if (random.nextDouble() < faults.damage && bytes.length > 0) {
            harmed++;
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
        for (int i = 0; i < copies; i++) {
            long delay = faults.delayNs + (faults.jitterNs == 0 ? 0 : random.nextLong(faults.jitterNs));
            queue.add(new InFlight(nowNs + delay, orders++, bytes, to));
        }
    }

    private final class End implements Link {
        private final int mtu;
        private End other;
        private Sink sink;
        private boolean closed;

        End(int mtu) {
            this.mtu = mtu;
        }

        void receive(byte[] bytes) {
            if (sink != null && !closed) {
                var list = new PacketList();
                list.add(Packet.copyOf(bytes));
                sink.deliver(list);
            }
        }

        @Override
        public Medium medium() {
            return Medium.IP;
        }

        @Override
        public int mtu() {
            return mtu;
        }

        @Override
        public void attach(Sink newSink) {
            sink = newSink;
        }

        @Override
        public void transmit(PacketList packets) {
            Packet p;
            while ((p = packets.poll()) != null) {
                if (closed) {
                    sink.drop(p, DropReason.LINK_CLOSED);
                } else {
                    send(p.toBytes(), other);
                    p.release();
                }
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
