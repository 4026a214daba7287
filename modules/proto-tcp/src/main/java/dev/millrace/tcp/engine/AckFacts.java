package dev.millrace.tcp.engine;

import dev.millrace.spi.CongestionControl;

/// What congestion control is told of one acknowledgement: an object to be used again and again, made with a connection's
/// first one.
final class AckFacts implements CongestionControl.Ack {
    private long bytes;
    private long priorInFlight;
    private long inFlight;
    private boolean cwndLimited;
    private boolean inRecovery;
    private long rttNs;
    private long minRttNs;
    private long srttNs;
    private long nowNs;
    private DeliveryRate delivery;

    AckFacts of(TcpConnection c, long newBytes, long prior, boolean limited, boolean recovery, long now) {
        bytes = newBytes;
        priorInFlight = prior;
        inFlight = LossRecovery.pipe(c);
        cwndLimited = limited;
        inRecovery = recovery;
        rttNs = AckArrival.isMeasured(c) ? Math.max(1, now - c.queue.newestSentNs) : 0;
        minRttNs = c.rtt.minRttNs();
        srttNs = c.rtt.srttNs();
        nowNs = now;
        delivery = c.queue.delivery;
        return this;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public long priorInFlight() {
        return priorInFlight;
    }

    @Override
    public long inFlight() {
        return inFlight;
    }

    @Override
    public boolean isCwndLimited() {
        return cwndLimited;
    }

    @Override
    public boolean inRecovery() {
        return inRecovery;
    }

    @Override
    public long rttNs() {
        return rttNs;
    }

    @Override
    public long minRttNs() {
        return minRttNs;
    }

    @Override
    public long srttNs() {
        return srttNs;
    }

    @Override
    public long nowNs() {
        return nowNs;
    }

    @Override
    public CongestionControl.Delivery delivery() {
        return delivery;
    }
}
