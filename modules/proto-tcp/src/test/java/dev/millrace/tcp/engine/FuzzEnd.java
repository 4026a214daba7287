package dev.millrace.tcp.engine;

import dev.millrace.ErrorCode;
import dev.millrace.spi.IcmpError;
import dev.millrace.tcp.engine.FuzzStep.Who;
import dev.millrace.wire.buffer.Packet;
import java.util.ArrayDeque;
import java.util.List;

/// One host of a fuzzed pair: its engine, its path, and a program that reads and writes. It does with the engine what the
/// shell does.
final class FuzzEnd {
    private static final int MOST_AT_ONCE = 4000;

    private record Chunk(int bytes, FuzzStep.Kind kind) {
    }

    final Who who;
    final FuzzPlan.Host host;
    final TestBudget budget = new TestBudget();
    final ConnectionOptions options;
    final TcpSettings settings;
    final TcpConnection tcp;
    final Watch watch;
    final FuzzListener listener;
    private final FuzzedPair pair;
    private final int headers;

    boolean opened;
    /// The host is no more; what comes for it is answered by another, or by nobody.
    boolean gone;
    boolean answersForGone;
    ErrorCode error;
    /// The program has let go of the connection.
    boolean closed;
    boolean aborted;
    boolean inputShut;
    boolean eof;
    long read;
    private final ArrayDeque<Chunk> toWrite = new ArrayDeque<>();
    private int chunkLeft;
    private long mayRead = Long.MAX_VALUE;
    private boolean finishes;
    private int deviceMtu;
    private int pathMtu;
    private int connectedTold;
    private int closedTold;

    FuzzEnd(FuzzedPair pair, Who who, FuzzPlan plan) {
        this.pair = pair;
        this.who = who;
        host = plan.host(who);
        headers = plan.v4() ? 40 : 60;
        settings = TcpSettings.of(host.settings());
        options = new ConnectionOptions(settings);
        options.maxSegment = host.maxSegment();
        deviceMtu = host.deviceMtu();
        pathMtu = deviceMtu;
        if (host.memory() > 0) {
            budget.limit(host.memory());
        }
        int a = who == Who.A ? 1 : 2;
        tcp = new TcpConnection(settings, options, a, 3 - a, host.iss(), 7777 * a, ipMss(), plan.v4(), host.superSegment(), host.chosen(),
                budget, plan.epochNs());
        watch = new Watch(who.toString(), tcp, host.iss(), budget, new StreamContent(who.ordinal()),
                new StreamContent(1 - who.ordinal()));
        listener = new FuzzListener(pair, this);
    }

    long epochNs() {
        return pair.plan.epochNs();
    }

    int peersIss() {
        return pair.plan.host(who.other()).iss();
    }

    int ipMss() {
        return pathMtu - headers;
    }

    private long now() {
        return pair.nowNs;
    }

    /// Whether there is an engine that hears of what comes.
    boolean isAlive() {
        return opened && !gone && tcp.state() != TcpState.CLOSED;
    }

    // ---- steps

    void openActive() {
        if (!opened && !gone) {
            opened = true;
            watch.openActive(now());
            drain();
        }
    }

    void write(int bytes, FuzzStep.Kind kind) {
        if (!finishes && !closed) {
            toWrite.addLast(new Chunk(bytes, kind));
            use();
        } else if (opened && !gone && toWrite.isEmpty()) {
            // In vain.
            watch.write(bytes, kind == FuzzStep.Kind.URGENT, kind == FuzzStep.Kind.MORE, now());
            drain();
        }
    }

    void mayRead(long bytes) {
        mayRead = bytes;
        use();
    }

    /// Nothing more is written but what is to be written already; FIN follows it.
    void finish() {
        finishes = true;
        use();
    }

    void end(FuzzStep.End how) {
        if (gone || !opened) {
            finishes |= how != FuzzStep.End.SHUTDOWN_INPUT;
            return;
        }
        switch (how) {
            case SHUTDOWN_OUTPUT -> finish();
            case SHUTDOWN_INPUT -> {
                inputShut = true;
                watch.shutdownInput(now());
                drain();
            }
            case CLOSE -> {
                closed = true;
                finishes = true;
                toWrite.clear();
                watch.close(now());
                drain();
            }
            case ABORT -> {
                aborted |= tcp.state() != TcpState.CLOSED;
                closed = true;
                finishes = true;
                toWrite.clear();
                watch.abort(now());
                drain();
            }
        }
    }

    void change(FuzzStep.Setting setting, long value) {
        boolean on = value != 0;
        if (closed) {
            return;
        }
        if (!opened && setting == FuzzStep.Setting.RECEIVE_BUFFER) {
            // The scale that goes with it is chosen already.
            return;
        }
        switch (setting) {
            case NO_DELAY -> tcp.ownOptions().noDelay = on;
            case CORK -> tcp.ownOptions().cork = on;
            case QUICK_ACK -> tcp.ownOptions().quickAck = on;
            case KEEP_ALIVE -> tcp.ownOptions().keepAlive = on;
            case URGENT_INLINE -> tcp.ownOptions().urgentInline = on;
            case USER_TIMEOUT -> tcp.ownOptions().userTimeoutNs = value;
            case FIN_WAIT_2 -> tcp.ownOptions().finWait2Ns = value;
            case NOT_SENT_LOWAT -> tcp.ownOptions().notSentLowat = (int) value;
            case ADVERTISED_USER_TIMEOUT -> tcp.ownOptions().advertisedUserTimeoutS = (int) value;
            case RECEIVE_BUFFER -> {
                tcp.ownOptions().receiveBuffer = (int) value;
                tcp.ownOptions().receiveBufferMax = (int) value;
            }
            case SEND_BUFFER -> {
                tcp.ownOptions().sendBuffer = (int) value;
                tcp.ownOptions().sendBufferMax = (int) value;
            }
        }
        if (isAlive()) {
            watch.optionsChanged(now());
            drain();
            use();
        }
    }

    void deviceMtu(int mtu) {
        deviceMtu = mtu;
        newPath(mtu);
    }

    private void newPath(int mtu) {
        pathMtu = Math.min(mtu, deviceMtu);
        if (isAlive()) {
            watch.path(ipMss(), host.superSegment(), now());
            drain();
        }
    }

    /// As [FuzzStep.Icmp] has it.
    void icmpAt(IcmpError.Kind kind, int distance, int mtu) {
        if (isAlive()) {
            icmp(kind, (int) tcp.snd.una + distance, mtu);
        }
    }

    void icmp(IcmpError.Kind kind, int quoted, int mtu) {
        if (!isAlive()) {
            return;
        }
        int told = watch.icmp(new IcmpError(kind, 6, null, null, new byte[8], mtu, null), quoted, now());
        if (told >= 0) {
            learn(told);
        }
        drain();
        use();
    }

    /// As the path does: nobody is believed to have less than is usual, and who does not say gets the next usual size.
    private void learn(int mtu) {
        int least = headers == 40 ? 552 : 1280;
        int next = least;
        for (int usual : new int[] {65535, 32000, 17914, 8166, 4352, 2002, 1492, 1006, 552}) {
            if (usual < pathMtu) {
                next = usual;
                break;
            }
        }
        int taken = Math.max(least, mtu > 0 ? mtu : next);
        if (taken < pathMtu) {
            newPath(taken);
        }
    }

    void vanish(boolean comesBack) {
        if (!gone) {
            gone = true;
            answersForGone = comesBack;
            listener.close();
            tcp.release();
        }
    }

    // ---- inputs

    /// Packets that come together; they are the caller's.
    void receive(List<FuzzedPair.Due> batch) {
        boolean heard = false;
        for (FuzzedPair.Due due : batch) {
            Packet p = due.packet();
            if (!FuzzWire.isRight(p)) {
                continue;
            }
            if (gone ? answersForGone : opened && tcp.state() == TcpState.CLOSED) {
                pair.answerForNobody(who, p);
                continue;
            }
            if (gone) {
                continue;
            }
            if (!opened) {
                listener.receive(p, due.genuine());
                heard |= opened;
                continue;
            }
            heard = true;
            watch.segment(p, due.genuine(), now());
            Packet data;
            while ((data = watch.poll(now(), true)) != null) {
                pair.send(this, data);
            }
        }
        if (heard && tcp.state() != TcpState.CLOSED) {
            watch.batchEnd(now());
        }
        if (opened && !gone) {
            drain();
            use();
        }
    }

    void timer() {
        watch.timer(now());
        drain();
        use();
    }

    /// As the shell brings a connection to rest.
    void drain() {
        Packet p;
        int n = 0;
        while ((p = watch.poll(now(), false)) != null) {
            if (++n > MOST_AT_ONCE) {
                p.release();
                throw new Invariant.Broken(8, "invariant 8: " + who + " sends without end");
            }
            pair.send(this, p);
        }
        watch.rest(now());
        int events = tcp.pollEvents();
        if ((events & TcpConnection.EVENT_MTU) != 0) {
            int found = tcp.takeMtuNews().found();
            if (found > 0) {
                learn(found);
            }
        }
        connectedTold += events & TcpConnection.EVENT_CONNECTED;
        closedTold += (events & TcpConnection.EVENT_CLOSED) != 0 ? 1 : 0;
        if (connectedTold > 1 || closedTold > 1) {
            throw new Invariant.Broken(15, "invariant 15: " + who + " is told twice");
        }
        if (tcp.error() != null && error == null) {
            error = tcp.error();
            pair.failed(this);
        }
    }

    // ---- the program

    void use() {
        if (!opened || gone || closed) {
            return;
        }
        boolean moved = true;
        for (int i = 0; moved && i < 5_000_000; i++) {
            moved = writeSome() | readSome();
        }
        if (finishes && toWrite.isEmpty() && !tcp.outputShut() && tcp.state() != TcpState.SYN_SENT) {
            watch.shutdownOutput(now());
            drain();
        }
    }

    private boolean writeSome() {
        Chunk chunk = toWrite.peekFirst();
        if (chunk == null || tcp.outputShut() || host.waits() && tcp.state() == TcpState.SYN_SENT) {
            return false;
        }
        if (host.waits() && tcp.state().isSynchronized() && tcp.writableBytes() == 0) {
            return false;
        }
        if (chunkLeft == 0) {
            chunkLeft = chunk.bytes;
        }
        int n = Math.min(chunkLeft, host.chunk());
        int taken = watch.write(n, chunk.kind == FuzzStep.Kind.URGENT, chunk.kind == FuzzStep.Kind.MORE, now());
        drain();
        chunkLeft -= taken;
        if (chunkLeft == 0) {
            toWrite.removeFirst();
        }
        return taken > 0;
    }

    private boolean readSome() {
        if (mayRead == 0 || eof || host.waits() && tcp.available() == 0 && !tcp.isEof()) {
            return false;
        }
        int n = watch.read((int) Math.min(mayRead, host.chunk()), now());
        if (n > 0) {
            read += n;
            mayRead -= mayRead == Long.MAX_VALUE ? 0 : n;
        }
        eof |= n < 0;
        drain();
        return n > 0;
    }

    boolean hasToWrite() {
        return !toWrite.isEmpty();
    }
}
