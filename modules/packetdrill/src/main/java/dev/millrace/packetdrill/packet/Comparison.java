package dev.millrace.packetdrill.packet;

import dev.millrace.packetdrill.script.IcmpNames;
import dev.millrace.packetdrill.script.IpInfo;
import dev.millrace.packetdrill.script.PacketBody;
import dev.millrace.packetdrill.script.TcpOption;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.TcpHeader;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Whether a packet of the stack is the one that a script expects. What the script does not say is not looked at; flags and
/// options are compared as a whole.
public final class Comparison {
    private final long tickNs;
    private final long liveTickNs;
    private final long toleranceNs;
    private final Cookies cookies;

    /// @param tickNs how long a tick of the script's timestamps takes, or 0 if the values of timestamps are not compared
    /// @param liveTickNs how long one of the stack's takes
    /// @param toleranceNs how far they may differ
    /// @param cookies learns which of the stack's stand for those of the script
    public Comparison(long tickNs, long liveTickNs, long toleranceNs, Cookies cookies) {
        this.tickNs = tickNs;
        this.liveTickNs = liveTickNs;
        this.toleranceNs = toleranceNs;
        this.cookies = cookies;
    }

    /// What is different, in words, or `null`. Where it is the first of its kind, what stands for what is remembered in the flow.
    public String difference(IpInfo ip, PacketBody body, LivePacket live, Flow flow) {
        String wrong = ip(ip, live);
        if (wrong != null) {
            return wrong;
        }
        return switch (body) {
            case PacketBody.Tcp t when live.body() instanceof LivePacket.Tcp l -> tcp(t, l, flow);
            case PacketBody.Udp u when live.body() instanceof LivePacket.Udp l -> udp(u, l);
            case PacketBody.Icmp i when live.body() instanceof LivePacket.Icmp l -> icmp(i, live, l, flow);
            default -> "it is of another protocol";
        };
    }

    private static String ip(IpInfo ip, LivePacket live) {
        if (ip.ecn() != null && !ip.ecn().matches(live.trafficClass() & 3)) {
            return "its ECN bits are " + (live.trafficClass() & 3);
        }
        if (ip.tos() >= 0 && ip.tos() != live.trafficClass()) {
            return "its tos is 0x" + Integer.toHexString(live.trafficClass());
        }
        if (ip.ttl() >= 0 && ip.ttl() != live.ttl()) {
            return "its ttl is " + live.ttl();
        }
        return ip.flowLabel() >= 0 && ip.flowLabel() != live.flowLabel() ? "its flowlabel is 0x" + Integer.toHexString(live.flowLabel()) : null;
    }

    // ---- TCP

    private String tcp(PacketBody.Tcp t, LivePacket.Tcp l, Flow flow) {
        // First, so that whatever else is wrong is told with the script's numbers.
        boolean placed = l.has(TcpHeader.SYN) ? flow.onSyn(t.seq().first(), l.seq()) : flow.toLive(t.seq().first()) == l.seq();
        if (t.flags() != l.flags()) {
            return "its flags are " + PacketText.flags(l.flags());
        }
        if (t.ports() != null && (t.ports().source() != l.sourcePort() || t.ports().destination() != l.destinationPort())) {
            return "its ports are " + l.sourcePort() + " > " + l.destinationPort();
        }
        if (!placed) {
            return "its sequence number is " + PacketText.number(flow.toScript(l.seq()));
        }
        if (t.seq().length() != l.length()) {
            return "its payload has " + l.length() + " bytes";
        }
        if (t.ack() != null && t.ack() != l.ack()) {
            return "its ack is " + PacketText.number(l.ack());
        }
        if (t.window() >= 0 && t.window() != l.window()) {
            return "its win is " + l.window();
        }
        if (t.urgent() >= 0 && t.urgent() != l.urgent()) {
            return "its urg is " + l.urgent();
        }
        if (!PacketReader.isZero(l.payload())) {
            return "its payload is not what was written";
        }
        return t.options() == null ? null : options(t.options(), l, flow);
    }

    private String options(List<TcpOption> expected, LivePacket.Tcp segment, Flow flow) {
        List<TcpOption> live = segment.options();
        boolean same = expected.size() == live.size();
        for (int i = 0; same && i < expected.size(); i++) {
            same = isSame(expected.get(i), live.get(i), segment.has(TcpHeader.ACK));
        }
        if (!same) {
            return "its options are " + PacketText.options(live, flow);
        }
        for (int i = 0; i < expected.size(); i++) {
            if (expected.get(i) instanceof TcpOption.Timestamps e && live.get(i) instanceof TcpOption.Timestamps l) {
                return stamp(e.value(), l.value(), flow);
            }
        }
        return null;
    }

    /// @param ofAnswer whether a cookie is one that the stack gives, and not one that it was given
    private boolean isSame(TcpOption expected, TcpOption live, boolean ofAnswer) {
        if (expected instanceof TcpOption.Timestamps e && live instanceof TcpOption.Timestamps l) {
            return e.echo() == l.echo();
        }
        if (ofAnswer && expected instanceof TcpOption.Bytes e && live instanceof TcpOption.Bytes l && e.isFastOpen() && l.isFastOpen()) {
            return cookies.isGiven(e.data(), l.data());
        }
        return expected.equals(live);
    }

    private String stamp(int script, int live, Flow flow) {
        flow.onStamp(script, live);
        if (tickNs == 0) {
            return null;
        }
        long off = flow.liveTicks(live) * liveTickNs - flow.scriptTicks(script) * tickNs;
        return Math.abs(off) <= toleranceNs + liveTickNs ? null : "its timestamp is " + off / 1000 + " microseconds off";
    }

    // ---- UDP, ICMP

    private static String udp(PacketBody.Udp u, LivePacket.Udp l) {
        if (u.ports() != null && (u.ports().source() != l.sourcePort() || u.ports().destination() != l.destinationPort())) {
            return "its ports are " + l.sourcePort() + " > " + l.destinationPort();
        }
        if (u.length() != l.length()) {
            return "its payload has " + l.length() + " bytes";
        }
        return PacketReader.isZero(l.payload()) ? null : "its payload is not what was sent";
    }

    private static String icmp(PacketBody.Icmp i, LivePacket live, LivePacket.Icmp l, Flow flow) {
        int version = live.version();
        if (IcmpNames.type(version, i.type()) != l.type() || IcmpNames.code(version, i.type(), i.code()) != l.code()) {
            return "it is " + IcmpNames.text(version, l.type(), l.code());
        }
        if (i.mtu() >= 0 && (version == 4 ? l.word() & 0xffff : l.word() & 0xffff_ffffL) != i.mtu()) {
            return "its mtu is " + (l.word() & 0xffff_ffffL);
        }
        if (i.id() >= 0 && l.word() >>> 16 != i.id()) {
            return "its id is " + (l.word() >>> 16);
        }
        return i.quoted() == null ? null : quoted(i.quoted(), version, l, flow);
    }

    /// What an error of the stack quotes is a packet of the peer, whose numbers are the script's.
    private static String quoted(PacketBody.Quoted q, int version, LivePacket.Icmp l, Flow flow) {
        if (q.kind() == PacketBody.Quoted.Kind.RAW) {
            return q.length() == l.length() ? null : "it carries " + l.length() + " bytes";
        }
        int header = version == 4 ? 20 : 40;
        int transport = q.kind() == PacketBody.Quoted.Kind.UDP ? 8 : 20;
        if (l.length() < header + 8) {
            return "it quotes " + l.length() + " bytes only";
        }
        MemorySegment m = MemorySegment.ofArray(l.data());
        int total = version == 4 ? BigEndian.u16(m, 2) : 40 + BigEndian.u16(m, 4);
        int source = BigEndian.u16(m, header);
        int destination = BigEndian.u16(m, header + 2);
        if (flow != null && (source != flow.remotePort() || destination != flow.localPort())) {
            return "it quotes a packet of ports " + source + " > " + destination;
        }
        int length = q.kind() == PacketBody.Quoted.Kind.UDP ? q.length() : q.seq().length();
        if (q.kind() == PacketBody.Quoted.Kind.TCP && l.length() >= header + 13) {
            transport = (BigEndian.u8(m, header + 12) >>> 4) * 4;
        }
        if (total - header - transport != length) {
            return "it quotes a packet of " + (total - header - transport) + " bytes";
        }
        return q.kind() == PacketBody.Quoted.Kind.TCP && BigEndian.i32(m, header + 4) != q.seq().first()
                ? "it quotes sequence number " + PacketText.number(BigEndian.i32(m, header + 4)) : null;
    }
}
