package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork.Discardable;
import dev.millrace.wire.buffer.Packet;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.TreeMap;

/// One direction of a link: harm, queue, line, delay. The thread that has the turn uses it.
final class Pipe {
    private final Fabric fabric;
    private final Node from;
    private final Node to;
    private final boolean frames;
    private final String name;
    private final PathChance chance;
    private final ArrayDeque<Flight> waiting = new ArrayDeque<>(0);
    private final CoDel coDel = new CoDel();
    private final PipeState state;
    private boolean sending;
    /// When the packet that is on the line has left it. In real time an event runs late, by more than a packet takes on a fast line:
    /// what follows counts from when it was to be, so that the line has its rate.
    private long lineEndNs;
    private long lastArrivalNs;
    private final Map<String, Long> dropped = new TreeMap<>();
    private long packets;
    private long bytes;
    private long delivered;
    private long marked;
    private long unmarkable;
    private int longestQueue;

    Pipe(Fabric fabric, Node from, Node to, PipeState state) {
        this.fabric = fabric;
        this.from = from;
        this.to = to;
        frames = from.carriesFrames() || to.carriesFrames();
        this.state = state;
        name = name(from, to);
        chance = new PathChance(fabric.chance(), from.lifeName() + ">" + to.lifeName());
    }

    /// A packet on its way through the pipe, and the events of its leaving the line and of its arrival.
    private final class Flight implements Discardable {
        private final Packet packet;
        private final long offeredNs;
        private final long extraNs;
        private final boolean held;
        private final boolean duplicated;
        private final long corruptedBit;
        private boolean onLine;

        Flight(Packet packet, long offeredNs) {
            this.packet = packet;
            this.offeredNs = offeredNs;
            extraNs = chance.extraNs;
            held = chance.held;
            duplicated = chance.duplicated;
            corruptedBit = chance.corruptedBit;
        }

        @Override
        public void run() {
            if (onLine) {
                onLine = false;
                depart(this, lineEndNs);
                sendNext(lineEndNs);
            } else {
                arrive(this);
            }
        }

        @Override
        public void discard() {
            packet.release();
        }
    }

    /// What the direction between two nodes is called.
    static String name(Node from, Node to) {
        return from.name() + ">" + to.name();
    }

    /// Takes a packet over.
    void accept(Packet packet) {
        LinkConditions conditions = state.conditions();
        packets++;
        bytes += packet.length();
        chance.draw(conditions, 8L * packet.length(), fabric.nowNs());
        Packet instead = from instanceof Station s && fabric.faults().hasResets() ? fabric.reset(packet, frames, s) : packet;
        if (instead != packet) {
            packet.release();
        }
        if (instead != null) {
            enter(instead, conditions);
        }
    }

    private void enter(Packet packet, LinkConditions conditions) {
        String reason = refusal(packet);
        boolean dropped = reason != null || chance.lost;
        fabric.left(this, packet, reason != null ? reason : chance.lost ? "loss" : remark(), dropped);
        if (dropped) {
            drop(packet, reason != null ? reason : "loss");
            return;
        }
        var flight = new Flight(packet, fabric.nowNs());
        if (conditions.rate() == 0 && !sending) {
            depart(flight, flight.offeredNs);
        } else {
            queue(flight);
        }
    }

    private String refusal(Packet packet) {
        LinkConditions conditions = state.conditions();
        if (state.isCut()) {
            return "cut";
        }
        if (packet.length() - (frames ? LinkHeader.length(packet) : 0) > conditions.mtu()) {
            return "too-big";
        }
        if (conditions.lossWhen() != null && conditions.lossWhen().test(new PacketView(packet, frames, from, to))) {
            return "loss";
        }
        return fabric.faults().refusal(packet, frames, from, to);
    }

    /// What is remarkable about a packet that goes on, for the capture; `null` if nothing is.
    private String remark() {
        if (!chance.duplicated && chance.corruptedBit < 0 && !chance.held) {
            return null;
        }
        return (chance.duplicated ? "duplicated " : "") + (chance.corruptedBit >= 0 ? "corrupted " : "")
                + (chance.held ? "held back" : "");
    }

    private void queue(Flight flight) {
        LinkConditions conditions = state.conditions();
        if (waiting.size() >= conditions.queue()) {
            fabric.lostLater(this, flight.packet, "queue full");
            drop(flight.packet, "queue-full");
            return;
        }
        if (conditions.markAt() > 0 && waiting.size() >= conditions.markAt()) {
            mark(flight.packet);
        }
        waiting.add(flight);
        longestQueue = Math.max(longestQueue, waiting.size());
        if (!sending) {
            sendNext(flight.offeredNs);
        }
    }

    private boolean mark(Packet packet) {
        boolean done = Ecn.mark(packet, frames ? LinkHeader.ipOffset(packet) : 0);
        if (done) {
            marked++;
        } else {
            unmarkable++;
        }
        return done;
    }

    /// What was to be marked with ECN, while nothing could be, in words; `null` if that is not so.
    String warning() {
        return unmarkable == 0 || marked > 0 ? null : "the link " + name + " was to mark " + unmarkable
                + " packets with ECN, and their senders did not ask for it: [tcp] ecn = \"request\" of a host does";
    }

    /// Puts the next packet on the line, which is free from `freeNs` on.
    private void sendNext(long freeNs) {
        Flight next = nextThatMayGo();
        sending = next != null;
        if (next != null) {
            long rate = state.conditions().rate();
            long lineNs = rate == 0 ? 0 : (long) Math.ceil(next.packet.length() * 8e9 / rate);
            next.onLine = true;
            lineEndNs = Math.max(freeNs, next.offeredNs) + lineNs;
            fabric.post(lineEndNs, next);
        }
    }

    private Flight nextThatMayGo() {
        LinkConditions conditions = state.conditions();
        Flight next;
        while ((next = waiting.poll()) != null) {
            long now = fabric.nowNs();
            if (!conditions.hasCodel() || !coDel.shouldDrop(now, now - next.offeredNs, waiting.isEmpty(),
                    conditions.codelTargetNs(), conditions.codelIntervalNs())) {
                return next;
            }
            if (conditions.hasEcn() && mark(next.packet)) {
                return next;
            }
            fabric.lostLater(this, next.packet, "CoDel");
            drop(next.packet, "codel");
        }
        return null;
    }

    private void depart(Flight flight, long leftNs) {
        long arrival = leftNs + state.conditions().delayNs() + flight.extraNs + fabric.faults().delayNs(flight.packet, frames, from, to);
        if (!flight.held) {
            arrival = Math.max(arrival, lastArrivalNs);
            lastArrivalNs = arrival;
        }
        fabric.post(arrival, flight);
    }

    private void arrive(Flight flight) {
        Packet packet = flight.packet;
        if (state.isCut()) {
            fabric.lostLater(this, packet, "cut");
            drop(packet, "cut");
            return;
        }
        if (flight.corruptedBit >= 0) {
            packet = corrupt(packet, flight.corruptedBit);
        }
        Packet second = flight.duplicated ? packet.copy() : null;
        delivered++;
        to.receive(packet, this);
        if (second != null) {
            to.receive(second, this);
        }
    }

    private static Packet corrupt(Packet packet, long bit) {
        PacketBytes.complete(packet);
        // The payload may be shared with the sender, who will need it as it is.
        Packet copy = packet.copy();
        packet.release();
        int at = (int) (bit >> 3);
        if (at < copy.headLength()) {
            byte b = copy.memory().get(ValueLayout.JAVA_BYTE, copy.start() + at);
            copy.memory().set(ValueLayout.JAVA_BYTE, copy.start() + at, (byte) (b ^ 1 << (bit & 7)));
        }
        return copy;
    }

    private void drop(Packet packet, String reason) {
        dropped.merge(reason, 1L, Long::sum);
        fabric.count(reason);
        packet.release();
    }

    // ---- what links and faults do

    /// Whether its packets are frames of an Ethernet.
    boolean carriesFrames() {
        return frames;
    }

    Node from() {
        return from;
    }

    Node to() {
        return to;
    }

    String name() {
        return name;
    }

    LinkConditions conditions() {
        return state.conditions();
    }

    /// What was said about it.
    PipeState state() {
        return state;
    }

    boolean isCut() {
        return state.isCut();
    }

    boolean isDown() {
        return state.isDown();
    }

    /// What was counted, by name.
    Map<String, Long> counters() {
        var all = new TreeMap<String, Long>();
        all.put("packets", packets);
        all.put("bytes", bytes);
        all.put("delivered", delivered);
        all.put("marked", marked);
        all.put("queued", (long) waiting.size());
        all.put("longest-queue", (long) longestQueue);
        dropped.forEach((reason, n) -> all.put("dropped-" + reason, n));
        return all;
    }

    /// Releases what waits; what is in flight is released by who clears the events.
    void close() {
        Flight f;
        while ((f = waiting.poll()) != null) {
            f.packet.release();
        }
    }
}
