package dev.millrace.packetdrill.packet;

import dev.millrace.wire.IpAddress;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/// Who talks to whom on the wire, and what numbers of the script stand for which of the wire: initial sequence number and
/// timestamps of the stack are its own to choose. Those of the peer are the script's.
public final class Flow {
    private final IpAddress local;
    private final IpAddress remote;
    private final int localPort;
    private final int remotePort;
    private boolean known;
    private int shift;
    /// Whether the stack may begin a new connection between the same ports.
    private boolean renewable = true;
    private Integer peerSyn;
    /// The stack's timestamps by those of the script.
    private final Map<Integer, Integer> stamps = new HashMap<>();
    private final TreeMap<Long, Integer> stampsInOrder = new TreeMap<>();
    private Integer firstScriptStamp;
    private int firstLiveStamp;

    /// A flow of which nothing is known yet.
    ///
    /// @param local the stack's address
    /// @param localPort the stack's port
    /// @param remote the peer's address
    /// @param remotePort the peer's port
    public Flow(IpAddress local, int localPort, IpAddress remote, int remotePort) {
        this.local = local;
        this.localPort = localPort;
        this.remote = remote;
        this.remotePort = remotePort;
    }

    /// The stack's address.
    public IpAddress local() {
        return local;
    }

    /// The peer's address.
    public IpAddress remote() {
        return remote;
    }

    /// The stack's port.
    public int localPort() {
        return localPort;
    }

    /// The peer's port.
    public int remotePort() {
        return remotePort;
    }

    /// Whether a packet that the stack sends from here to there belongs to it.
    public boolean isFrom(LivePacket p, int sourcePort, int destinationPort) {
        return p.source().equals(local) && p.destination().equals(remote) && sourcePort == localPort && destinationPort == remotePort;
    }

    // ---- sequence numbers of the stack

    /// The number on the wire for one of the script.
    public int toLive(int number) {
        return number + shift;
    }

    /// The number of the script for one on the wire.
    public int toScript(int number) {
        return number - shift;
    }

    /// The stack begins anew: its next SYN may have any number.
    public void renew() {
        renewable = true;
    }

    /// The peer has sent a SYN. If it is another one than before, the stack's answer may have any number.
    public void onPeerSyn(int number) {
        renewable |= peerSyn == null || peerSyn != number;
        peerSyn = number;
    }

    /// The stack has sent a SYN for which the script has this number. Returns whether they are the same, since now or as before.
    public boolean onSyn(int script, int live) {
        if (!known || renewable) {
            shift = live - script;
            known = true;
            renewable = false;
        }
        return live - script == shift;
    }

    // ---- timestamps

    /// The stack has sent a timestamp for which the script has this one.
    public void onStamp(int script, int live) {
        if (firstScriptStamp == null) {
            firstScriptStamp = script;
            firstLiveStamp = live;
        }
        stamps.put(script, live);
        stampsInOrder.put(script & 0xffff_ffffL, live);
    }

    /// The stack's timestamp for one of the script, or `null` if the stack was never expected to send that.
    public Integer stamp(int script) {
        return stamps.get(script);
    }

    /// As [#stamp], and between two and beyond them as the clocks of both go.
    public Integer scaledStamp(int script) {
        Integer exact = stamps.get(script);
        if (exact != null || stampsInOrder.size() < 2) {
            return exact;
        }
        long first = stampsInOrder.firstKey();
        long last = stampsInOrder.lastKey();
        double rate = (stampsInOrder.get(last) - stampsInOrder.get(first)) / (double) (last - first);
        return (int) Math.round(stampsInOrder.get(first) + ((script & 0xffff_ffffL) - first) * rate);
    }

    /// The script's timestamp for one that the stack has sent, or the same if there is none.
    public int toScriptStamp(int live) {
        return stamps.entrySet().stream().filter(e -> e.getValue() == live).map(Map.Entry::getKey).findFirst().orElse(live);
    }

    /// How many ticks of the script have passed since the first timestamp of the stack.
    public long scriptTicks(int script) {
        return firstScriptStamp == null ? 0 : script - firstScriptStamp;
    }

    /// How many ticks of the stack have passed since its first timestamp.
    public long liveTicks(int live) {
        return firstScriptStamp == null ? 0 : live - firstLiveStamp;
    }
}
