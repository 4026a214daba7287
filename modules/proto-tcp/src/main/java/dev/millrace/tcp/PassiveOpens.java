package dev.millrace.tcp;

import dev.millrace.DropReason;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.Path;
import dev.millrace.tcp.engine.ConnectionOptions;
import dev.millrace.tcp.engine.FastOpen;
import dev.millrace.tcp.engine.Segment;
import dev.millrace.tcp.engine.SynFacts;
import dev.millrace.tcp.engine.SynSegment;
import dev.millrace.tcp.engine.TcpSettings;
import dev.millrace.wire.FastOpenCookie;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpHeader;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.net.BindException;
import java.util.function.Predicate;

/// The handshakes of one listener: from a stranger's SYN to a connection that waits to be accepted. Until the ACK comes
/// there is a record at most ([SynCache]), and when there are too many of those not even that ([SynCookies]).
final class PassiveOpens implements SynCache.Answers {
    private final TcpProtocol protocol;
    private final TcpSettings settings;
    /// What accepted connections begin with. A program may change it meanwhile: each value is the old or the new one.
    private final SocketSettings chosen;
    private final AcceptQueue queue;
    private final SynCache cache;
    private final FastOpens fastOpens;
    /// When a cookie was last made; one may come back for a while after, whatever has become of its record.
    private volatile long cookieNs;
    private volatile boolean cookiesOut;
    /// When a cookie was last left without a record.
    private volatile long forgottenNs;
    private volatile boolean forgotten;

    PassiveOpens(TcpProtocol protocol, SocketSettings chosen, AcceptQueue queue, int records) {
        this.protocol = protocol;
        this.settings = protocol.settings();
        this.chosen = chosen;
        this.queue = queue;
        fastOpens = new FastOpens(protocol, chosen);
        cache = new SynCache(this, protocol.ctx.timers(), records, protocol.synAnswers, settings.initialRtoNs);
    }

    /// What connections begin with that are opened now.
    private ConnectionOptions template() {
        return chosen.options();
    }

    /// How many handshakes are under way.
    int size() {
        return cache.size();
    }

    int openedFast() {
        return fastOpens.size(protocol.ctx.clock().nanoTime());
    }

    void close() {
        cache.close();
    }

    // ---- the peer's SYN

    /// Answers a SYN and drops it, or drops it for a reason.
    ///
    /// @param previous the connection in TIME-WAIT that the new one follows, or `null`
    void begin(Packet packet, Segment segment, TimeWaitEndpoint previous) {
        DropReason refused = admit(packet, 0);
        if (refused != null) {
            protocol.ctx.drop(packet, refused);
            return;
        }
        long now = protocol.ctx.clock().nanoTime();
        SynFacts syn = SynFacts.of(segment);
        HalfOpen key = key(packet);
        long pair = pair(key);
        // Behind TIME-WAIT the number must follow the old connection's, which a cookie cannot.
        boolean cookie = protocol.synCookies && previous == null && cache.isPressed();
        if (cookie) {
            cookieNs = now;
            cookiesOut = true;
        }
        int iss = cookie ? protocol.cookies.encode(key.local, key.localPort, key.remote, key.remotePort, syn, now)
                : protocol.initialSequence(pair, previous);
        ConnectionOptions begin = template();
        var record = new HalfOpen(key.local, key.localPort, key.remote, key.remotePort, key.hashCode(), syn, iss, cookie,
                begin.receiveBuffer, begin.receiveBufferMax, now);
        // Of a SYN that is answered by a cookie nothing is kept, and so nothing of what came with it.
        boolean fast = !cookie && fastOpens.isWanted(segment);
        if (fast && openFast(record, packet, segment, now)) {
            return;
        }
        switch (cache.add(record, now)) {
            case NO_ROOM -> {
                if (!cookie) {
                    protocol.backlogDrops.add(1);
                    protocol.ctx.drop(packet, DropReason.BACKLOG_FULL);
                    return;
                }
                forget(now);
            }
            case ADDED_FOR_ANOTHER -> forget(now);
            case KNOWN -> {
                // The same SYN on another thread.
                protocol.ctx.drop(packet, DropReason.DUPLICATE);
                return;
            }
            case ADDED -> {
            }
        }
        packet.release();
        answer(record, pair, fast ? fastOpens.cookie(record, now) : null, now);
    }

    private void forget(long nowNs) {
        forgottenNs = nowNs;
        forgotten = true;
        protocol.cookiesSent.add(1);
    }

    /// Whether a segment that is a stranger's may be the later one of a peer that only its cookie knows. What a cookie is
    /// recognized by is the first number; if that was lost, its peer sends it again.
    boolean mayHaveForgotten() {
        return forgotten && protocol.ctx.clock().nanoTime() - forgottenNs <= SynCookies.LIFETIME_NS;
    }

    /// Why there is nothing to be begun with who sent this, or `null`.
    ///
    /// @param leaving how many connections give way to it
    DropReason admit(Packet packet, int leaving) {
        // RFC 9293 §3.9.2.3: MUST-57 (a SYN to a broadcast address), MUST-63 (from what cannot be one host).
        var source = new IpAddress(packet.sourceHi(), packet.sourceLo());
        if (packet.isBroadcast() || source.isUnspecified() || source.isMulticast()
                || protocol.ctx.isBroadcast(source)) {
            return DropReason.MARTIAN_SOURCE;
        }
        if (queue.isFull()) {
            protocol.backlogDrops.add(1);
            return DropReason.BACKLOG_FULL;
        }
        return protocol.connectionCount() - leaving >= protocol.maxConnections ? DropReason.MEMORY_LIMIT : null;
    }

    /// A record that is equal to the one that a packet belongs to.
    private HalfOpen key(Packet packet) {
        var local = new IpAddress(packet.destinationHi(), packet.destinationLo());
        var remote = new IpAddress(packet.sourceHi(), packet.sourceLo());
        int localPort = TcpHeader.destinationPort(packet.memory(), packet.start());
        int remotePort = TcpHeader.sourcePort(packet.memory(), packet.start());
        return key(local, localPort, remote, remotePort);
    }

    private HalfOpen key(IpAddress local, int localPort, IpAddress remote, int remotePort) {
        long pair = protocol.isn.pair(local, localPort, remote, remotePort);
        return new HalfOpen(local, localPort, remote, remotePort, (int) (pair ^ pair >>> 32), null, 0, false, 0, 0, 0);
    }

    private long pair(HalfOpen r) {
        return protocol.isn.pair(r.local, r.localPort, r.remote, r.remotePort);
    }

    @Override
    public void answerAgain(HalfOpen record) {
        try {
            protocol.retransmits.add(1);
            // RFC 7413 §4.2.1: without Fast Open's option, as that may be why the first was lost.
            answer(record, pair(record), null, protocol.ctx.clock().nanoTime());
        } catch (Throwable t) {
            // The others that are due have their turn.
            protocol.ctx.failed("answer-to-a-syn", t);
        }
    }

    /// What is agreed on with a record's peer, of which a recoverable record must not hold more than its cookie does.
    private SynFacts agreed(HalfOpen record) {
        SynFacts syn = record.syn();
        return record.recoverable ? SynCookies.kept(syn, settings.timestamps) : syn;
    }

    private void answer(HalfOpen record, long pair, FastOpenCookie fastOpen, long nowNs) {
        SynFacts syn = agreed(record);
        try {
            Path path = protocol.ctx.path(record.local, record.remote);
            int most = Math.min(0xffff, path.mtu() - TcpHeader.MIN_LENGTH);
            int chosenMss = template().maxSegment;
            int mss = chosenMss > 0 ? Math.min(chosenMss, most) : most;
            var list = new PacketList();
            list.add(SynSegment.answer(syn, settings, record.receiveBuffer, record.receiveBufferMax, record.localPort,
                    record.remotePort, record.iss, mss, timestamp(record, pair, syn, nowNs), fastOpen));
            StatelessReplies.send(path, list, chosen.trafficClass(), chosen.hopLimit());
        } catch (IOException e) {
            // The peer will ask again, and the route may be there by then.
            protocol.ctx.countDrop(DropReason.NO_ROUTE);
        }
    }

    /// TSval of a segment for a half-open connection: the peer may echo any in the ACK that a cookie is recovered from.
    private static int timestamp(HalfOpen record, long pair, SynFacts syn, long nowNs) {
        int plain = (int) (nowNs / 1_000_000) + IsnGenerator.timestampOffset(pair);
        return record.recoverable ? SynCookies.timestamp(plain, syn) : plain;
    }

    // ---- what comes after the SYN

    /// Looks at a segment that belongs to no connection; takes it if it belongs to a handshake. Returns `false` if it is a
    /// stranger's.
    boolean receive(Packet packet, Segment segment) {
        HalfOpen key = key(packet);
        HalfOpen record = cache.find(key);
        HalfOpen.Verdict verdict = record == null ? null : record.judge(segment);
        if (verdict != HalfOpen.Verdict.COMPLETE) {
            // Also beside a record: its peer's SYN came twice, or another's in its name, and this ACK is for the first
            // answer, whose record had to go.
            HalfOpen recovered = recover(key, segment);
            if (recovered != null) {
                record = recovered;
                verdict = record.judge(segment);
            }
        }
        if (record == null) {
            return false;
        }
        switch (verdict) {
            case COMPLETE -> {
                if (waitsForData(record, segment)) {
                    packet.release();
                } else {
                    complete(record, packet, segment);
                }
            }
            case ANSWER_AGAIN -> {
                boolean allowed = protocol.replies.mayAcknowledge(packet);
                boolean fast = !record.recoverable && fastOpens.isWanted(segment);
                protocol.ctx.drop(packet, DropReason.DUPLICATE);
                if (allowed) {
                    long now = protocol.ctx.clock().nanoTime();
                    answer(record, pair(record), fast ? fastOpens.cookie(record, now) : null, now);
                }
            }
            case CHALLENGE -> {
                challenge(record, packet);
                protocol.ctx.drop(packet, DropReason.OUT_OF_WINDOW);
            }
            case RESET -> protocol.replies.reset(packet, DropReason.UNACCEPTABLE_ACK);
            case FORGET -> {
                cache.remove(record);
                packet.release();
            }
            case IGNORE -> protocol.ctx.drop(packet, DropReason.BAD_FLAGS);
        }
        return true;
    }

    /// Whether this ACK, which brings nothing else, makes no connection yet (DEFER_ACCEPT). One that only a cookie knows would
    /// never be made if its peer waits for us to speak.
    private boolean waitsForData(HalfOpen record, Segment segment) {
        long deferNs = chosen.deferAcceptNs();
        if (deferNs == 0 || segment.sequenceLength() > 0) {
            return false;
        }
        long now = protocol.ctx.clock().nanoTime();
        boolean waits = cache.defer(record, now, deferNs);
        if (waits) {
            record.acked(now);
        }
        return waits;
    }

    private HalfOpen recover(HalfOpen key, Segment segment) {
        if (!cookiesOut || segment.has(TcpHeader.SYN) || segment.has(TcpHeader.RST) || !segment.has(TcpHeader.ACK)) {
            return null;
        }
        long now = protocol.ctx.clock().nanoTime();
        if (now - cookieNs > SynCookies.LIFETIME_NS) {
            return null;
        }
        SynFacts syn = protocol.cookies.decode(key.local, key.localPort, key.remote, key.remotePort, segment, now);
        if (syn == null) {
            return null;
        }
        protocol.cookiesReceived.add(1);
        ConnectionOptions begin = template();
        return new HalfOpen(key.local, key.localPort, key.remote, key.remotePort, key.hashCode(), syn, segment.ack - 1,
                true, begin.receiveBuffer, begin.receiveBufferMax, Long.MAX_VALUE);
    }

    private void challenge(HalfOpen record, Packet packet) {
        if (!protocol.replies.mayAcknowledge(packet)) {
            protocol.ctx.countDrop(DropReason.RATE_LIMITED);
            return;
        }
        SynFacts syn = agreed(record);
        protocol.replies.acknowledge(packet, record.iss + 1, syn.irs() + 1,
                SynSegment.windowAfter(syn, settings, record.receiveBuffer, record.receiveBufferMax),
                settings.timestamps && syn.timestamps(),
                timestamp(record, pair(record), syn, protocol.ctx.clock().nanoTime()), syn.timestampValue());
    }

    /// ICMP says that the peer of a handshake cannot be reached.
    void onUnreachable(IpAddress local, int localPort, IpAddress remote, int remotePort, int quotedSequence) {
        HalfOpen record = cache.find(key(local, localPort, remote, remotePort));
        // RFC 5927 §4.1: only who has seen our SYN,ACK can quote its number.
        if (record != null && record.iss == quotedSequence) {
            cache.remove(record);
        }
    }

    // ---- the handshake's end

    private void complete(HalfOpen record, Packet packet, Segment segment) {
        switch (record.claim(packet)) {
            case PARKED -> {
                return;
            }
            case FULL -> {
                protocol.ctx.drop(packet, DropReason.RECEIVE_BUFFER_FULL);
                return;
            }
            case GONE -> {
                // The connection was made meanwhile, or there will be none: it is looked up anew.
                protocol.receiveOnce(packet);
                return;
            }
            case YOURS -> {
            }
        }
        boolean done = true;
        DropReason refused = DropReason.FAILURE;
        try {
            refused = open(record, segment);
            // What is refused for want of room is asked for again; the record stays and its SYN,ACK goes again.
            done = refused == null;
            if (!done && refused != DropReason.DUPLICATE) {
                // Of a cookie there is no record yet, and a peer that waits for us to speak would wait for ever.
                remember(record);
            }
        } catch (Throwable t) {
            protocol.ctx.failed("making-a-connection", t);
        }
        if (done) {
            cache.remove(record);
        }
        PacketList rest = record.finish(done);
        if (refused == null) {
            packet.release();
        } else {
            protocol.ctx.drop(packet, refused);
        }
        if (rest != null) {
            protocol.receiveAgain(rest);
        }
    }

    private void remember(HalfOpen record) {
        long now = protocol.ctx.clock().nanoTime();
        if (cache.add(record, now) == SynCache.Added.ADDED_FOR_ANOTHER) {
            forget(now);
        }
    }

    /// Makes a connection of a SYN with a valid cookie (RFC 7413 §4.2.2). Returns whether that was done and the packet is used;
    /// else the SYN is one as any other.
    private boolean openFast(HalfOpen record, Packet packet, Segment syn, long nowNs) {
        FastOpenCookies.Worth worth = fastOpens.worth(record, syn, nowNs);
        if (worth == FastOpenCookies.Worth.NONE) {
            return false;
        }
        EndpointTable.Entry<TcpEndpoint> place;
        Path path;
        try {
            path = protocol.ctx.path(record.local, record.remote);
            place = protocol.endpoints.connect(record.local, record.localPort, record.remote, record.remotePort, null, null);
        } catch (BindException e) {
            // The same SYN on another thread.
            protocol.ctx.drop(packet, DropReason.DUPLICATE);
            return true;
        } catch (IOException e) {
            return false;
        }
        // The place of the connection comes first: the same SYN on another thread is to find it, and not a queue that is full.
        FastOpenQueue.Place pending = null;
        boolean opened = false;
        try {
            pending = fastOpens.enter(nowNs);
            if (pending == null) {
                return false;
            }
            FastOpenCookie next = worth == FastOpenCookies.Worth.OLD ? fastOpens.cookie(record, nowNs) : null;
            FastOpenQueue.Place mine = pending;
            Predicate<ConnectionEndpoint> beginning = connection -> {
                connection.gate.begin((engine, now) -> FastOpen.accept(engine, syn, next, protocol.synAnswers, mine, now));
                return true;
            };
            opened = make(record, path, place, beginning);
        } finally {
            if (!opened) {
                try {
                    // Perhaps it was given up already.
                    place.release();
                } finally {
                    if (pending != null) {
                        pending.leave();
                    }
                }
            }
        }
        if (opened) {
            protocol.count("fast-open-passive", 1);
            packet.release();
        } else {
            protocol.ctx.drop(packet, DropReason.CLOSED);
        }
        return true;
    }

    // ---- the connection

    /// Makes the connection, lets its engine see the segment, and only then shows it to others. Returns why not, or `null`.
    private DropReason open(HalfOpen record, Segment segment) {
        if (queue.isOverfull()) {
            protocol.backlogDrops.add(1);
            return DropReason.BACKLOG_FULL;
        }
        if (protocol.connectionCount() >= protocol.maxConnections) {
            return DropReason.MEMORY_LIMIT;
        }
        // Before there is a place that would have to be given up.
        Predicate<ConnectionEndpoint> beginning = connection -> {
            long sentNs = record.sentNs(protocol.ctx.clock().nanoTime());
            return connection.gate.resume(agreed(record), sentNs, cache.answersOf(record) > 1, segment);
        };
        EndpointTable.Entry<TcpEndpoint> place;
        Path path;
        try {
            path = protocol.ctx.path(record.local, record.remote);
            place = protocol.endpoints.connect(record.local, record.localPort, record.remote, record.remotePort, null, null);
        } catch (BindException e) {
            // The same cookie on another thread.
            return DropReason.DUPLICATE;
        } catch (IOException e) {
            return DropReason.NO_ROUTE;
        }
        return make(record, path, place, beginning) ? null : DropReason.UNACCEPTABLE_ACK;
    }

    /// Makes the connection of a record, has its engine begin, and only then shows it to others. Returns whether it has begun; if
    /// not, or if something is thrown before, its place is given up.
    ///
    /// @param beginning whether the engine has come to something
    private boolean make(HalfOpen record, Path path, EndpointTable.Entry<TcpEndpoint> place, Predicate<ConnectionEndpoint> beginning) {
        ConnectionEndpoint connection = null;
        boolean opened = false;
        try {
            // The scale that the peer was told is that of the buffer of then.
            ConnectionOptions options = template().withReceiveBuffer(record.receiveBuffer, record.receiveBufferMax);
            connection = new ConnectionEndpoint(protocol, path, place, record.remotePort, settings, options,
                    chosen.congestionControl(), record.iss, IsnGenerator.timestampOffset(pair(record)));
            connection.trafficClass = chosen.trafficClass();
            connection.hopLimit = chosen.hopLimit();
            opened = beginning.test(connection) && place.replace(null, connection);
        } finally {
            if (!opened) {
                try {
                    place.release();
                } finally {
                    if (connection != null) {
                        connection.gate.abandon();
                    }
                }
            }
        }
        if (!opened) {
            return false;
        }
        protocol.passiveOpens.add(1);
        connection.gate.publish();
        boolean queued = false;
        try {
            queued = queue.add(connection);
        } finally {
            if (!queued) {
                connection.abort();
            }
        }
        if (protocol.isClosed()) {
            connection.stackClosed();
        }
        return true;
    }
}
