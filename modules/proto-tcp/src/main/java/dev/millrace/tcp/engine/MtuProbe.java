package dev.millrace.tcp.engine;

/// Finds out how large the packets are that the path carries, by sending some that may be too large (RFC 4821, with the
/// constants and states of RFC 8899 §5), for where no router says it: messages are filtered, or a tunnel makes none. Made
/// when probing begins: with the connection, or when segments seem to have vanished for their size ([MtuProbing]).
///
/// A probe is new data as one larger packet, sent where the windows have room for it and for enough behind it that its
/// loss is noticed. That is no congestion (RFC 4821 §7.6.2), and is repaired without recovery; any other loss is, whatever
/// became of a probe.
///
/// Sizes are as [TcpConnection#ipMss] has them: TCP's payload and options.
final class MtuProbe {
    /// How often a probe of one size may be lost before the size is deemed too large (RFC 8899 §5.1.2): one was bad luck.
    static final int MAX_PROBES = 3;
    /// Within so many bytes a search is at its end: a hundredth of a packet is not worth three losses.
    private static final int RESOLUTION = 16;
    /// The IP packets of usual links and tunnels, which a search looks at before what lies between them.
    private static final int[] USUAL_MTUS = {1280, 1300, 1320, 1340, 1360, 1380, 1400, 1420, 1430, 1440, 1450, 1460, 1472, 1480,
        1492, 1500, 2002, 4352, 8166, 8900, 8950, 9000, 17914, 32000, 65535};

    /// search_low of RFC 4821 §7.1, PLPMTU of RFC 8899: what is sent but for probes; [Integer#MAX_VALUE] if only the path
    /// limits it.
    private int low;
    /// search_high: what may be possible still.
    private int high;
    /// What the path and the peer allowed when that was looked at last.
    private int ceiling;
    /// RFC 8899 §5.2: SEARCHING, or else SEARCH_COMPLETE.
    private boolean searching;
    /// When the search was complete, PMTU_RAISE_TIMER runs from here.
    private long completeNs;
    /// PROBED_SIZE and PROBE_COUNT; 0 if the next size is to be chosen.
    private int size;
    private int failures;
    /// [#high] is what is tried next.
    private boolean highFirst;
    /// No probe before this is acknowledged: the losses of probes are nobody's signal, so they are kept seldom.
    private long notBefore = Long.MIN_VALUE;

    // The probe whose bytes are not all acknowledged.
    private boolean inFlight;
    private long start;
    private long end;
    /// It is deemed lost, and its data goes again.
    private boolean lost;
    /// Its data was sent again for whatever reason: that all is acknowledged tells nothing of its size.
    private boolean sentAgain;

    // What nobody was told yet.
    private int blackHoles;
    private int probesSent;
    private int probesLost;
    private int found;

    private MtuProbe(int low, int high, int ceiling) {
        this.low = low;
        this.ceiling = ceiling;
        search(high);
    }

    /// What probing limits segments to.
    static int limit(TcpConnection c) {
        return c.mtuProbe == null ? Integer.MAX_VALUE : c.mtuProbe.low;
    }

    /// The most that path, peer and program allow.
    private static int ceiling(TcpConnection c) {
        int most = Math.min(c.ipMss, c.peerMss);
        return c.options.maxSegment > 0 ? Math.min(most, c.options.maxSegment) : most;
    }

    /// BASE_PLPMTU (RFC 8899 §5.1.2): what almost any path carries.
    static int base(TcpConnection c) {
        return Math.max(c.settings.baseMss, PathMtu.least(c));
    }

    /// The connection stands, and its MSS is about to be used.
    static void onEstablished(TcpConnection c) {
        int most = ceiling(c);
        if (c.settings.mtuProbing == MtuProbing.ALWAYS && base(c) < most) {
            c.mtuProbe = new MtuProbe(base(c), most, most);
            c.snd.mss = Handshake.effectiveMss(c);
        }
    }

    /// The path is another one, or what is known of it: [TcpConnection#ipMss] has changed.
    static void onPath(TcpConnection c) {
        if (c.mtuProbe != null && c.mtuProbe.low != Integer.MAX_VALUE) {
            c.mtuProbe.adjust(c);
        }
    }

    private void adjust(TcpConnection c) {
        int before = ceiling;
        ceiling = ceiling(c);
        if (ceiling > before) {
            // The whole way has to be looked at anew (RFC 8899 §5.2: "the path changes").
            search(ceiling);
        }
        highFirst |= high > ceiling;
        high = Math.min(high, ceiling);
        low = Math.min(low, ceiling);
        if (size > ceiling) {
            // RFC 8899 §4.6.2: what the router told is what is tried next.
            size = 0;
            failures = 0;
            if (inFlight && !lost) {
                giveUp(c);
            }
        }
        searching &= low < ceiling;
    }

    private void search(int to) {
        searching = true;
        high = to;
        highFirst = true;
        size = 0;
        failures = 0;
    }

    // ---- black holes

    /// The retransmission timer ran out, and the engine has done what follows from it.
    static void onTimeout(TcpConnection c) {
        if (c.mtuProbe != null && c.mtuProbe.inFlight && !c.mtuProbe.lost && c.snd.una == c.mtuProbe.start) {
            // RFC 4821 §7.6.3: congestion, and the probe has failed all the same.
            c.mtuProbe.fail(c);
        }
        BlackHole.onTimeout(c);
    }

    /// What is sent when nobody probes: what the path and the peer are taken to allow.
    static int present(TcpConnection c) {
        return Math.min(ceiling(c), limit(c));
    }

    /// Nothing larger than `size` arrives.
    static void onBlackHole(TcpConnection c, int size) {
        int present = present(c);
        if (size < present) {
            if (c.mtuProbe == null) {
                c.mtuProbe = new MtuProbe(size, present, ceiling(c));
            }
            c.mtuProbe.fall(c, size, present);
        }
    }

    private void fall(TcpConnection c, int to, int from) {
        low = to;
        ceiling = ceiling(c);
        // Should it have been an outage, one probe of the former size tells it.
        search(Math.max(from, searching ? high : 0));
        inFlight = false;
        blackHoles++;
        c.events |= TcpConnection.EVENT_MTU;
        PathMtu.updateMss(c);
    }

    // ---- probes

    /// The payload of the probe that goes out now, or 0.
    ///
    /// @param unsent bytes that were never sent
    int dueLength(TcpConnection c, int unsent, long nowNs) {
        if (inFlight || low >= ceiling || !searching && !beginsAnew(c, nowNs)) {
            return 0;
        }
        // The connection's first packet is none: its round-trip time is not known well, and much waits for it.
        boolean first = c.snd.nxt == c.snd.iss + 1;
        if (c.recovery.phase() != LossRecovery.Phase.OPEN || c.retries > 0 || first || c.snd.una < notBefore
                || c.queue.sackedBytes() + c.queue.lostBytes() > 0) {
            return 0;
        }
        if (size == 0) {
            size = choose(c);
        }
        if (size <= low) {
            complete(c, nowNs);
            return 0;
        }
        int length = size - SegmentWriter.options(c);
        // Behind it goes what makes its loss known (RFC 4821 §7.4): duplicate acknowledgements, and one more.
        int room = length + (Rack.DUP_THRESH + 1) * c.snd.mss;
        boolean fits = unsent >= room && c.snd.room() >= room && c.cc.cwnd() >= room && c.recovery.budget(c) >= length;
        return fits ? length : 0;
    }

    /// RFC 8899 §5.1.1, PMTU_RAISE_TIMER: needs no timer, as nothing is probed without data.
    private boolean beginsAnew(TcpConnection c, long nowNs) {
        if (nowNs - completeNs < c.settings.mtuProbeIntervalNs) {
            return false;
        }
        search(ceiling);
        return true;
    }

    /// The largest first: mostly it is either possible or nothing of the kind. Then half of what is left, or what is usual
    /// near to it.
    private int choose(TcpConnection c) {
        if (highFirst) {
            highFirst = false;
            return high;
        }
        int headers = PathMtu.headers(c);
        int middle = (low + high + 1) / 2;
        int best = middle;
        int distance = Integer.MAX_VALUE;
        for (int mtu : USUAL_MTUS) {
            int usual = mtu - headers;
            if (usual > low && usual <= high && Math.abs(usual - middle) < distance) {
                best = usual;
                distance = Math.abs(usual - middle);
            }
        }
        return best;
    }

    /// A probe has left, with the last `length` bytes before SND.NXT.
    void onSent(TcpConnection c, int length) {
        inFlight = true;
        start = c.snd.nxt - length;
        end = c.snd.nxt;
        lost = false;
        sentAgain = false;
        probesSent++;
        c.events |= TcpConnection.EVENT_MTU;
    }

    /// The payload of the probe that holds this number, or 0.
    int lengthAt(long seq) {
        return inFlight && !lost && start <= seq && seq < end ? (int) (end - start) : 0;
    }

    /// Something goes again.
    void onRetransmitted(long from, long to) {
        sentAgain |= inFlight && from < end && to > start;
    }

    /// SND.UNA may have moved.
    static void onAck(TcpConnection c, long nowNs) {
        if (c.mtuProbe != null && c.mtuProbe.inFlight && c.snd.una >= c.mtuProbe.end) {
            c.mtuProbe.onAcked(c, nowNs);
        }
    }

    private void onAcked(TcpConnection c, long nowNs) {
        inFlight = false;
        if (!lost && !sentAgain && size > low) {
            low = size;
            size = 0;
            failures = 0;
            high = Math.max(high, low);
        }
        if (searching && size == 0 && high - low < RESOLUTION) {
            complete(c, nowNs);
        }
        if (c.state != TcpState.CLOSED) {
            PathMtu.updateMss(c);
        }
    }

    private void complete(TcpConnection c, long nowNs) {
        searching = false;
        size = 0;
        completeNs = nowNs;
        if (low < ceiling) {
            found = low + PathMtu.headers(c);
            c.events |= TcpConnection.EVENT_MTU;
        } else if (c.settings.mtuProbing == MtuProbing.BLACK_HOLE) {
            // There is no black hole: it was an outage, and the path is believed again.
            low = Integer.MAX_VALUE;
        }
    }

    // ---- losses

    /// Whether what is to be sent again is the probe in flight and nothing else, for the first time: then it is repaired,
    /// and nobody hears of congestion.
    static boolean explainsLoss(TcpConnection c) {
        return c.mtuProbe != null && c.mtuProbe.inFlight && c.mtuProbe.isOnlyLoss(c.queue) && c.mtuProbe.failOnce(c);
    }

    private boolean isOnlyLoss(RetransmissionQueue q) {
        SackScoreboard board = q.board();
        int bytes = 0;
        for (int i = board.indexOf(start); i < board.size() && board.start(i) < end; i++) {
            if (board.is(i, SackScoreboard.LOST)) {
                if (board.is(i, SackScoreboard.EVER_RETRANSMITTED) && board.isDue(i)) {
                    return false;
                }
                bytes += board.length(i);
            }
        }
        return bytes == q.lostBytes();
    }

    private boolean failOnce(TcpConnection c) {
        if (!lost) {
            fail(c);
            c.queue.takeNewlyLost();
        }
        return true;
    }

    /// The same for a peer that does not SACK: whether what duplicate ACKs say to be missing is the probe.
    static boolean explainsGap(TcpConnection c) {
        MtuProbe p = c.mtuProbe;
        if (p == null || !p.inFlight || c.snd.una != p.start) {
            return false;
        }
        if (!p.lost) {
            p.fail(c);
            p.giveUp(c);
        }
        return true;
    }

    private void fail(TcpConnection c) {
        lost = true;
        probesLost++;
        notBefore = c.snd.nxt;
        c.events |= TcpConnection.EVENT_MTU;
        if (++failures >= MAX_PROBES) {
            high = Math.max(low, size - 1);
            size = 0;
            failures = 0;
        }
    }

    /// The probe's bytes go again at once.
    private void giveUp(TcpConnection c) {
        lost = true;
        SackScoreboard board = c.queue.board();
        for (int i = board.indexOf(start); i < board.size() && board.start(i) < end; i++) {
            if (!board.is(i, SackScoreboard.SACKED) && !board.is(i, SackScoreboard.LOST)) {
                board.markLost(i);
            }
        }
        c.queue.takeNewlyLost();
    }

    /// Counts and results since the last call.
    MtuNews takeNews(TcpConnection c) {
        var news = new MtuNews(blackHoles, probesSent, probesLost, found);
        blackHoles = 0;
        probesSent = 0;
        probesLost = 0;
        found = 0;
        return news;
    }

    boolean isConsistent(TcpConnection c) {
        return (!inFlight || end <= c.snd.nxt) && low <= Math.max(high, ceiling) || low == Integer.MAX_VALUE;
    }
}
