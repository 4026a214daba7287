package dev.millrace.internet;

import dev.millrace.UdpSocket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import java.util.random.RandomGenerator;

/// A row of numbered datagrams that has crossed a link, of 100 bytes each with their IP header.
///
/// @param arrivals what arrived, in that order
/// @param sentNs when each was sent, by its number
/// @param link the link's counters
/// @param network the network's
record NumberedDatagrams(List<Arrival> arrivals, long[] sentNs, Map<String, Long> link, Map<String, Long> network) {
    static final int BYTES = 100;

    /// What arrived.
    ///
    /// @param number of the datagram, or -1 if it is damaged
    record Arrival(int number, long atNs) {
    }

    /// Sends them, one each `gap`.
    static NumberedDatagrams send(LinkConditions conditions, int count, Duration gap, int trafficClass) throws Exception {
        return send(conditions, count, _ -> gap.toNanos(), trafficClass);
    }

    /// Sends them.
    ///
    /// @param gapNs how long to wait after each, by the sender's own chance
    static NumberedDatagrams send(LinkConditions conditions, int count, ToLongFunction<RandomGenerator> gapNs, int trafficClass)
            throws Exception {
        try (Internet net = Internet.virtualTime(77)) {
            Host a = net.host("a", "10.0.0.1");
            Host b = net.host("b", "10.0.0.2");
            NetworkLink link = net.link("a", "b", LinkConditions.perfect()).setConditions("a", conditions);
            var arrivals = new ArrayList<Arrival>();
            var sentNs = new long[count];
            Program<Void> receiver = b.run(() -> {
                try (UdpSocket s = b.stack().udp().bind(new InetSocketAddress(9))) {
                    s.setOption(StandardSocketOptions.SO_RCVBUF, 4 << 20);
                    s.setReadTimeout(Duration.ofSeconds(30));
                    var buffer = ByteBuffer.allocate(200);
                    while (true) {
                        s.receive(buffer.clear());
                        arrivals.add(new Arrival(buffer.flip().getInt(), net.now().toNanos()));
                    }
                } catch (SocketTimeoutException e) {
                    // The end.
                }
            });
            Program<Void> sender = a.run(() -> {
                try (UdpSocket s = a.stack().udp().connect(new InetSocketAddress("10.0.0.2", 9))) {
                    s.setOption(StandardSocketOptions.IP_TOS, trafficClass);
                    var data = ByteBuffer.allocate(BYTES - 28);
                    for (int i = 0; i < count; i++) {
                        sentNs[i] = net.now().toNanos();
                        s.send(data.clear().putInt(0, i), null);
                        long gap = gapNs.applyAsLong(a.random());
                        if (gap > 0) {
                            a.sleep(Duration.ofNanos(gap));
                        }
                    }
                }
            });
            sender.get();
            receiver.get();
            return new NumberedDatagrams(arrivals, sentNs, link.counters("a"), net.counters());
        }
    }

    List<Integer> numbers() {
        return arrivals.stream().map(Arrival::number).toList();
    }

    /// How long each took that arrived.
    double[] delaysNs() {
        return arrivals.stream().mapToDouble(a -> a.atNs - sentNs[a.number]).toArray();
    }
}
