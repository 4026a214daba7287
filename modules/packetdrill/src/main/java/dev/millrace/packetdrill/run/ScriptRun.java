package dev.millrace.packetdrill.run;

import dev.millrace.ManualStack;
import dev.millrace.packetdrill.call.InFlight;
import dev.millrace.packetdrill.call.SystemCalls;
import dev.millrace.packetdrill.code.CodeRunner;
import dev.millrace.packetdrill.packet.Comparison;
import dev.millrace.packetdrill.packet.Cookies;
import dev.millrace.packetdrill.packet.Flow;
import dev.millrace.packetdrill.packet.LivePacket;
import dev.millrace.packetdrill.packet.PacketText;
import dev.millrace.packetdrill.packet.PacketWriter;
import dev.millrace.packetdrill.script.Action;
import dev.millrace.packetdrill.script.Event;
import dev.millrace.packetdrill.script.EventTime;
import dev.millrace.packetdrill.script.IcmpNames;
import dev.millrace.packetdrill.script.IpInfo;
import dev.millrace.packetdrill.script.PacketBody;
import dev.millrace.packetdrill.script.Position;
import dev.millrace.packetdrill.script.Script;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import dev.millrace.packetdrill.script.TcpOption;
import dev.millrace.wire.TcpHeader;
import java.net.InetSocketAddress;
import java.util.List;

/// One script on one open stack: its events in order, in virtual time. One thread.
final class ScriptRun implements RunClock.AfterStep {
    /// What differs by less than scripts can say is no difference.
    private static final long RESOLUTION_NS = 1000;
    /// How much longer a packet that has not come is waited for, to say when it came.
    private static final long LATE_NS = 2_000_000_000L;
    /// How long a packet that may come at any time is waited for.
    private static final long EVER_NS = 30L * 86_400 * 1_000_000_000L;
    private static final long LIVE_TICK_NS = 1_000_000;
    /// What IPv4 has room for behind the longest headers.
    private static final int MAX_PAYLOAD = 65535 - 20 - 60;

    private final Script script;
    private final Settings settings;
    private final Wire wire;
    private final RunClock clock;
    private final Flows flows;
    private final SystemCalls calls;
    private final Commands commands;
    private final CodeRunner code = new CodeRunner();
    private final Cookies cookies = new Cookies();
    private final Comparison comparison;

    /// The present, in the script's time.
    private long nowNs;
    private Event present;
    private Event previous;
    /// When the event before was to happen.
    private long previousNs;
    private InFlight inFlight;
    private Event blocked;
    private long blockedReturnNs;
    private long blockedToleranceNs;
    /// When the call in flight has returned, or -1.
    private long returnedNs = -1;
    /// Packets of the stack from this number on are answers to the very last events, of which nothing needs to be said.
    private long excusedFrom = Long.MAX_VALUE;
    private long lastInstantNs = -1;

    /// Runs a command of a shell.
    @FunctionalInterface
    interface Commands {
        /// @return how long it takes, in nanoseconds
        long run(Action.Command command) throws SkipException;
    }

    /// @param linux whether what differs between kernels is as Linux has it
    ScriptRun(Script script, Settings settings, boolean linux, Commands commands, Wire wire, ManualStack stack) {
        this.script = script;
        this.settings = settings;
        this.commands = commands;
        this.wire = wire;
        flows = new Flows(settings);
        calls = new SystemCalls(stack, flows, new SystemCalls.Addresses(settings.variant(),
                new InetSocketAddress(settings.local().toInetAddress(), settings.bindPort()),
                new InetSocketAddress(settings.remote().toInetAddress(), settings.connectPort())), linux);
        comparison = new Comparison(settings.tickNs(), LIVE_TICK_NS, settings.toleranceNs(), cookies);
        clock = new RunClock(stack, this);
    }

    /// How much time has passed, in nanoseconds.
    long nowNs() {
        return nowNs;
    }

    /// Where the event is that happens now.
    Position at() {
        return present == null ? null : present.at();
    }

    void run() throws MismatchException, SkipException, ScriptSyntaxException {
        try {
            for (Event event : script.events()) {
                present = event;
                happen(event);
                previous = event;
            }
            awaitCall();
            checkSilence();
        } finally {
            calls.closeAll();
        }
    }

    // ---- time

    /// When an event happens.
    private long time(Event event) {
        return switch (event.time().kind()) {
            case ANY -> nowNs;
            case ABSOLUTE -> event.time().fromNs();
            // Of packets to the stack in a row each counts from when the one before it was to be sent.
            case RELATIVE -> event.time().fromNs() + base(event);
        };
    }

    private long base(Event event) {
        return previous != null && previous.isInbound() && event.isInbound() ? previousNs : nowNs;
    }

    private void happen(Event event) throws MismatchException, SkipException, ScriptSyntaxException {
        long at = time(event);
        long tolerance = settings.tolerance(at - previousNs);
        if (event.isOutbound()) {
            excusedFrom = Long.MAX_VALUE;
            lastInstantNs = -1;
            expect(event, at, tolerance);
            previousNs = event.time().kind() == EventTime.Kind.ANY ? nowNs : at;
            return;
        }
        if (event.action() instanceof Action.Call) {
            clock.advance(Math.max(at, nowNs));
            awaitCall();
        }
        if (at < nowNs - tolerance - RESOLUTION_NS) {
            throw new MismatchException(event.at(), "this cannot happen at " + PacketText.seconds(at) + ": it is "
                    + PacketText.seconds(nowNs) + " already", event.text(), "");
        }
        nowNs = Math.max(nowNs, at);
        clock.advance(nowNs);
        if (nowNs != lastInstantNs) {
            excusedFrom = wire.count();
            lastInstantNs = nowNs;
        }
        act(event, at, tolerance);
        previousNs = at;
        look();
        checkWire(event);
    }

    private void act(Event event, long at, long tolerance) throws MismatchException, SkipException, ScriptSyntaxException {
        switch (event.action()) {
            case Action.Packet p -> inject(p);
            case Action.Call c -> begin(event, c, at, tolerance);
            case Action.Command c -> {
                nowNs += commands.run(c);
                clock.advance(nowNs);
            }
            case Action.Code c -> code.run(c, calls.info());
        }
    }

    private void checkWire(Event event) throws MismatchException {
        if (wire.broken() != null) {
            throw new MismatchException(event.at(), "the stack sent a packet that is wrong: " + wire.broken(), event.text(), "");
        }
    }

    // ---- calls

    private void begin(Event event, Action.Call call, long at, long tolerance) throws MismatchException, SkipException, ScriptSyntaxException {
        inFlight = calls.begin(call, event.text());
        blocked = event;
        returnedNs = -1;
        boolean blocks = event.time().isBlocking();
        if (blocks) {
            blockedReturnNs = event.time().kind() == EventTime.Kind.ABSOLUTE ? event.time().returnsNs()
                    : at - event.time().fromNs() + event.time().returnsNs();
            blockedToleranceNs = Math.max(tolerance, settings.tolerance(blockedReturnNs - at));
        } else {
            blockedReturnNs = at;
            blockedToleranceNs = 0;
        }
        look();
        if (returnedNs < 0 && !blocks) {
            inFlight = null;
            throw new MismatchException(event.at(), call.name() + " has to wait, and is not said to", event.text(), "");
        }
        if (!blocks) {
            finish();
        }
    }

    @Override
    public void look() throws SkipException, ScriptSyntaxException {
        if (inFlight != null && returnedNs < 0 && inFlight.poll(clock.nowNs() + RunClock.START_NS)) {
            returnedNs = clock.nowNs();
        }
    }

    @Override
    public long deadlineNs() {
        return inFlight == null || returnedNs >= 0 ? Long.MAX_VALUE : inFlight.deadlineNs();
    }

    /// Waits until the call in flight has returned.
    private void awaitCall() throws MismatchException, SkipException, ScriptSyntaxException {
        if (inFlight == null) {
            return;
        }
        if (returnedNs < 0) {
            clock.advance(Math.max(nowNs, blockedReturnNs + blockedToleranceNs), () -> returnedNs >= 0);
            look();
            nowNs = Math.max(nowNs, returnedNs >= 0 ? returnedNs : clock.nowNs());
        }
        finish();
    }

    private void finish() throws MismatchException, SkipException, ScriptSyntaxException {
        InFlight call = inFlight;
        inFlight = null;
        if (returnedNs < 0) {
            throw new MismatchException(blocked.at(), call.call().name() + " had not returned by " + PacketText.seconds(blockedReturnNs
                    + blockedToleranceNs), blocked.text(), "");
        }
        call.check();
        if (blocked.time().isBlocking() && Math.abs(returnedNs - blockedReturnNs) > blockedToleranceNs + RESOLUTION_NS) {
            throw new MismatchException(blocked.at(), call.call().name() + " returned at " + PacketText.seconds(returnedNs) + ", not at "
                    + PacketText.seconds(blockedReturnNs), blocked.text(), "");
        }
    }

    // ---- packets to the stack

    private void inject(Action.Packet p) throws SkipException, ScriptSyntaxException {
        refuseOuter(p);
        if (p.body() instanceof PacketBody.Tcp t && t.seq().length() > MAX_PAYLOAD) {
            throw new ScriptSyntaxException(p.at(), "a packet to the stack has at most " + MAX_PAYLOAD + " bytes of payload");
        }
        Flow flow = flows.forInbound(p.body());
        byte[] bytes;
        try {
            bytes = switch (p.body()) {
                case PacketBody.Tcp t -> PacketWriter.tcp(flow, p.ip(), t,
                        PacketWriter.options(cookies.toLive(t.options()), echo -> liveStamp(flow, echo), flow::toLive));
                case PacketBody.Udp u -> PacketWriter.udp(flow, p.ip(), u);
                case PacketBody.Icmp i -> PacketWriter.icmp(flow, p.ip(), i);
            };
        } catch (UnknownStamp e) {
            throw new ScriptSyntaxException(p.at(), "TS ecr " + PacketText.number(e.stamp) + ": the stack was never expected to send that value");
        } catch (IllegalArgumentException e) {
            if (p.body() instanceof PacketBody.Icmp) {
                throw new SkipException(p.at(), e.getMessage());
            }
            throw new ScriptSyntaxException(p.at(), e.getMessage());
        }
        wire.inject(bytes);
    }

    private static void refuseOuter(Action.Packet p) throws SkipException {
        if (!p.outer().isEmpty()) {
            throw new SkipException(p.at(), "packets in other packets: " + String.join(", ", p.outer()));
        }
    }

    /// What the stack has nothing of cannot be expected of it.
    private void refuseLacking(Action.Packet p) throws SkipException {
        int version = settings.local().version();
        if (p.body() instanceof PacketBody.Icmp i
                && (IcmpNames.type(version, i.type()) < 0 || IcmpNames.code(version, i.type(), i.code()) < 0)) {
            throw new SkipException(p.at(), "ICMP for IPv" + version + " has no " + i.type() + " " + i.code());
        }
        if (!(p.body() instanceof PacketBody.Tcp t)) {
            return;
        }
        if ((t.flags() & TcpHeader.AE) != 0) {
            throw new SkipException(p.at(), "the stack has no Accurate ECN (RFC 9768)");
        }
        for (TcpOption option : t.options() == null ? List.<TcpOption>of() : t.options()) {
            if (option instanceof TcpOption.Bytes b && !b.isFastOpen()) {
                throw new SkipException(p.at(), "the stack has no " + b.name());
            }
        }
    }

    /// The stack's own timestamp for one that the peer echoes.
    private int liveStamp(Flow flow, int echo) {
        Integer live = settings.scaledEchoes() ? flow.scaledStamp(echo) : flow.stamp(echo);
        if (live == null && echo != 0) {
            throw new UnknownStamp(echo);
        }
        return live == null ? 0 : live;
    }

    private static final class UnknownStamp extends IllegalArgumentException {
        private static final long serialVersionUID = 1;
        private final int stamp;

        UnknownStamp(int stamp) {
            this.stamp = stamp;
        }
    }

    // ---- packets of the stack

    private void expect(Event event, long at, long tolerance) throws MismatchException, SkipException, ScriptSyntaxException {
        var p = (Action.Packet) event.action();
        refuseOuter(p);
        refuseLacking(p);
        boolean any = event.time().kind() == EventTime.Kind.ANY;
        long earliest = any ? Long.MIN_VALUE : at - tolerance - RESOLUTION_NS;
        long latest = any ? nowNs + EVER_NS : at + event.time().toNs() - event.time().fromNs() + tolerance + RESOLUTION_NS;
        var expectation = new Expectation(p.body(), settings.strictSegments());
        Wire.Sent first = gather(expectation, Math.max(latest, nowNs));
        if (first == null) {
            throw notSent(event, latest);
        }
        LivePacket live = expectation.whole();
        Flow flow = flows.of(live);
        checkWire(event);
        String difference = flow == null && !(live.body() instanceof LivePacket.Icmp) ? "it is of a connection that the script does not know"
                : comparison.difference(p.ip(), p.body(), live, flow);
        String actual = PacketText.of(live, flow, p.ip()) + "   // at " + PacketText.seconds(first.atNs());
        if (difference != null) {
            throw new MismatchException(event.at(), "another packet came: " + difference, event.text(), actual);
        }
        if (first.atNs() < earliest || first.atNs() > latest) {
            throw new MismatchException(event.at(), "the packet came at " + PacketText.seconds(first.atNs()) + ", not "
                    + (first.atNs() < earliest ? "at " + PacketText.seconds(at) : "by " + PacketText.seconds(latest)), event.text(), actual);
        }
        nowNs = Math.max(nowNs, first.atNs());
    }

    /// Takes what the script means, as far as it has come by a time.
    ///
    /// @return the first packet, or `null` if none has come
    private Wire.Sent gather(Expectation expectation, long latestNs) throws SkipException, ScriptSyntaxException {
        Wire.Sent first = null;
        while (!expectation.isComplete()) {
            if (wire.peek() == null) {
                clock.advance(latestNs, () -> wire.peek() != null);
                look();
            }
            if (wire.peek() == null || !expectation.take(wire.peek().packet())) {
                break;
            }
            Wire.Sent taken = wire.poll();
            first = first == null ? taken : first;
            nowNs = Math.max(nowNs, taken.atNs());
        }
        return first;
    }

    private MismatchException notSent(Event event, long latest) throws SkipException, ScriptSyntaxException {
        clock.advance(clock.nowNs() + LATE_NS, () -> wire.peek() != null);
        Wire.Sent later = wire.peek();
        String actual = later == null ? "" : PacketText.of(later.packet(), flows.of(later.packet()), IpInfo.NONE) + "   // at "
                + PacketText.seconds(later.atNs());
        return new MismatchException(event.at(), "no packet came by " + PacketText.seconds(latest), event.text(), actual);
    }

    /// What the script says nothing of must not have happened, but for answers to what it did in its last moment.
    private void checkSilence() throws MismatchException {
        Wire.Sent left;
        while ((left = wire.poll()) != null) {
            boolean answer = left.number() >= excusedFrom && left.atNs() <= lastInstantNs;
            if (!answer) {
                throw new MismatchException(script.events().getLast().at(), "the stack sent a packet of which the script says nothing", "",
                        PacketText.of(left.packet(), flows.of(left.packet()), IpInfo.NONE) + "   // at " + PacketText.seconds(left.atNs()));
            }
        }
    }
}
