package dev.millrace.tcp.engine;

import dev.millrace.spi.CongestionControl;
import java.util.Arrays;

/// Measures how fast data is delivered (draft-cheng-iccrg-delivery-rate-estimation, and §4.1 of the draft on BBR): each packet
/// remembers how much had been delivered when it left, and its acknowledgement tells how much has been since, and in what
/// time. Made for connections whose congestion control is rate-based.
///
/// No two transmissions of a connection have the same time ([RetransmissionQueue]), so that the records stand in a ring in
/// the order of that time and are found by halving; a packet of many segments has one.
final class DeliveryRate implements CongestionControl.Delivery {
    private static final int SMALL = 16;
    private static final long NONE = Long.MIN_VALUE;

    /// C.delivered, C.delivered_time, C.first_send_time and C.lost.
    private long delivered;
    private long deliveredNs;
    private long firstSentNs;
    private long lost;
    /// C.app_limited: what is delivered beyond this was not held up by the program; 0 if nothing was.
    private long limitedTo;

    // The ring: P.send_time, and what held then. Whether the program was the limit is the lowest bit of `flights`.
    private long[] sent = new long[SMALL];
    private long[] deliveredThen = new long[SMALL];
    private long[] deliveredNsThen = new long[SMALL];
    private long[] firstSentNsThen = new long[SMALL];
    private long[] lostThen = new long[SMALL];
    private long[] flights = new long[SMALL];
    private int head;
    private int size;

    /// Of the present acknowledgement: the record of the packet that was sent last, or -1, and when it was.
    private int newest = -1;
    private long newestNs;
    private long rate;
    private long lastRate;
    private boolean appLimited;
    private long priorDelivered;
    private long lostBefore;
    private long sentInFlight;

    DeliveryRate(long nowNs) {
        deliveredNs = nowNs;
        firstSentNs = nowNs;
    }

    private int at(int i) {
        return head + i & sent.length - 1;
    }

    /// A packet has left, for the first time or again.
    ///
    /// @param stamp its time in the retransmission queue
    /// @param bytes how much of it there is
    /// @param inFlight what is deemed in the network then, with it
    void onSent(long stamp, int bytes, long inFlight) {
        if (inFlight <= bytes) {
            firstSentNs = stamp;
            deliveredNs = stamp;
        }
        if (size == sent.length) {
            grow();
        }
        int k = at(size++);
        sent[k] = stamp;
        deliveredThen[k] = delivered;
        deliveredNsThen[k] = deliveredNs;
        firstSentNsThen[k] = firstSentNs;
        lostThen[k] = lost;
        flights[k] = inFlight << 1 | (limitedTo != 0 ? 1 : 0);
    }

    private void grow() {
        sent = doubled(sent);
        deliveredThen = doubled(deliveredThen);
        deliveredNsThen = doubled(deliveredNsThen);
        firstSentNsThen = doubled(firstSentNsThen);
        lostThen = doubled(lostThen);
        flights = doubled(flights);
        head = 0;
    }

    private long[] doubled(long[] old) {
        long[] a = Arrays.copyOfRange(old, head, head + 2 * old.length);
        System.arraycopy(old, 0, a, old.length - head, head);
        return a;
    }

    private int find(long stamp) {
        int low = 0;
        int high = size - 1;
        while (low <= high) {
            int mid = low + high >>> 1;
            long s = sent[at(mid)];
            if (s == stamp) {
                return mid;
            }
            if (s < stamp) {
                low = mid + 1;
            } else {
                high = mid - 1;
            }
        }
        return -1;
    }

    void beginAck() {
        newest = -1;
        newestNs = NONE;
    }

    /// A segment has arrived that left last at `stamp`.
    void onDelivered(long stamp) {
        if (stamp > newestNs) {
            int i = find(stamp);
            if (i >= 0) {
                newest = i;
                newestNs = stamp;
            }
        }
    }

    /// All that the acknowledgement tells of is delivered.
    ///
    /// @param bytes how much that is
    /// @param minRttNs the least round trip known, or 0: what is measured in less is no rate of the path
    /// @param earliestNs when the earliest packet left that is still under way; [Long#MAX_VALUE] if none is
    void endAck(int bytes, long minRttNs, long earliestNs, long nowNs) {
        rate = 0;
        appLimited = false;
        priorDelivered = -1;
        lostBefore = lost;
        sentInFlight = 0;
        if (bytes > 0) {
            delivered += bytes;
            deliveredNs = nowNs;
            if (limitedTo != 0 && delivered > limitedTo) {
                limitedTo = 0;
            }
        }
        if (newest >= 0) {
            sample(at(newest), minRttNs, nowNs);
        }
        while (size > 0 && sent[head] < earliestNs) {
            head = head + 1 & sent.length - 1;
            size--;
        }
    }

    private void sample(int k, long minRttNs, long nowNs) {
        appLimited = (flights[k] & 1) != 0;
        sentInFlight = flights[k] >>> 1;
        priorDelivered = deliveredThen[k];
        lostBefore = lostThen[k];
        firstSentNs = sent[k];
        // Neither faster than it was sent nor than it was acknowledged: acknowledgements may have come together.
        long interval = Math.max(sent[k] - firstSentNsThen[k], nowNs - deliveredNsThen[k]);
        if (minRttNs > 0 && interval >= minRttNs) {
            rate = (long) ((delivered - priorDelivered) * 1e9 / interval);
            lastRate = rate;
        }
    }

    /// Segments are deemed lost, the one of which that was sent last left at `stamp`.
    CongestionControl.Loss onLost(int bytes, long stamp, long nowNs) {
        lost += bytes;
        int i = find(stamp);
        if (i < 0) {
            return new CongestionControl.Loss(bytes, 0, bytes, false, delivered, nowNs);
        }
        int k = at(i);
        return new CongestionControl.Loss(bytes, flights[k] >>> 1, lost - lostThen[k], (flights[k] & 1) != 0, delivered, nowNs);
    }

    /// Nothing more could be sent now. If that is the program's doing, what is measured until this is delivered is its rate.
    void onNothingToSend(TcpConnection c) {
        long pipe = LossRecovery.pipe(c);
        if (c.sendBuffer.end() - c.snd.nxt < c.snd.mss && !c.queue.isDue() && pipe < c.cc.cwnd()) {
            limitedTo = Math.max(1, delivered + pipe);
        }
    }

    /// The last rate that was measured, in bytes a second, or 0.
    long lastRate() {
        return lastRate;
    }

    @Override
    public long rate() {
        return rate;
    }

    @Override
    public boolean isAppLimited() {
        return appLimited;
    }

    @Override
    public long delivered() {
        return delivered;
    }

    @Override
    public long priorDelivered() {
        return priorDelivered;
    }

    @Override
    public long lost() {
        return lost - lostBefore;
    }

    @Override
    public long sentInFlight() {
        return sentInFlight;
    }
}
