package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork;
import dev.millrace.wire.buffer.Packet;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.function.Predicate;

/// Watches packets, and changes nothing: [Internet#packets]. It counts those that hosts have sent and that match, from when it
/// was opened, and remembers the last ones. It ends when it is closed, or the Internet is.
///
/// ```java
/// try (PacketWatch syns = net.packets(p -> p.isOpening() && p.isTo(server))) {
///   net.runFor(Duration.ofSeconds(10));
///   syns.expect(1);
/// }
/// ```
public final class PacketWatch implements AutoCloseable {
    private static final int REMEMBERED = 100;

    private final Fabric fabric;
    private final Clockwork clockwork;
    private final Predicate<PacketView> which;
    private final Watching observer = new Watching();
    private final ArrayDeque<Seen> last = new ArrayDeque<>();
    private volatile long count;

    /// A packet that a host has sent.
    ///
    /// @param at when, since the Internet was opened
    /// @param what one line about it
    /// @param fate what was decided at once, such as that it is lost; empty if it went on
    public record Seen(Duration at, String what, String fate) {
        @Override
        public String toString() {
            return at + " " + what + (fate.isEmpty() ? "" : " - " + fate);
        }
    }

    PacketWatch(Fabric fabric, Predicate<PacketView> which) {
        this.fabric = fabric;
        this.clockwork = fabric.clockwork();
        this.which = which;
        clockwork.now(() -> fabric.observe(observer));
    }

    private final class Watching implements NetworkObserver {
        @Override
        public void left(Node from, Packet packet, boolean frame, String remark) {
            var view = new PacketView(packet, frame, from, null);
            if (which.test(view)) {
                count++;
                if (last.size() == REMEMBERED) {
                    last.removeFirst();
                }
                last.add(new Seen(Duration.ofNanos(clockwork.nowNs()), from + " sends " + view, remark == null ? "" : remark));
            }
        }

        @Override
        public void arrived(Node at, Packet packet, boolean frame) {
            // Each is seen once.
        }

        @Override
        public void lost(Node at, Packet packet, boolean frame, String remark) {
            // It was seen when it was sent.
        }

        @Override
        public void note(String what) {
            // No packet.
        }

        @Override
        public void host(Host host) {
            // No packet.
        }
    }

    /// How many matched so far.
    public long count() {
        return count;
    }

    /// The last hundred of them, in their order.
    public List<Seen> last() {
        var all = new java.util.ArrayList<Seen>();
        clockwork.now(() -> all.addAll(last));
        return all;
    }

    /// Says that there were so many.
    ///
    /// @throws AssertionError if not; it lists the last ones
    public PacketWatch expect(long packets) {
        return check(count == packets, packets + " packets");
    }

    /// Says that there were so many or more.
    ///
    /// @throws AssertionError if not; it lists the last ones
    public PacketWatch expectAtLeast(long packets) {
        return check(count >= packets, "at least " + packets + " packets");
    }

    /// Lets time pass until there are so many.
    ///
    /// @throws AssertionError if there are not after so long; it lists the last ones
    public PacketWatch await(long packets, Duration atMost) throws InterruptedException {
        clockwork.runUntil(() -> count >= packets, clockwork.nowNs() + atMost.toNanos());
        return expectAtLeast(packets);
    }

    private PacketWatch check(boolean holds, String expected) {
        if (!holds) {
            var text = new StringBuilder("expected ").append(expected).append(" and saw ").append(count).append(" until ")
                    .append(Duration.ofNanos(clockwork.nowNs()));
            last().forEach(s -> text.append("\n  ").append(s));
            throw new AssertionError(text.toString());
        }
        return this;
    }

    /// Ends it. Further calls do nothing.
    @Override
    public void close() {
        clockwork.now(() -> fabric.unobserve(observer));
    }
}
