package dev.millrace.packetdrill.packet;

import dev.millrace.packetdrill.script.IcmpNames;
import dev.millrace.packetdrill.script.IpInfo;
import dev.millrace.packetdrill.script.TcpOption;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.TcpHeader;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Shows packets of the stack as a script would have them, with the script's numbers.
public final class PacketText {
    private static final int[] FLAGS = {TcpHeader.SYN, TcpHeader.FIN, TcpHeader.RST, TcpHeader.PSH, TcpHeader.URG, TcpHeader.ECE,
            TcpHeader.CWR, TcpHeader.AE, TcpHeader.ACK};
    private static final String LETTERS = "SFRPUEWA.";

    private PacketText() {
    }

    /// A packet that the stack has sent.
    ///
    /// @param flow whose it is, or `null` if it belongs to none that the script knows: then it has its addresses in front
    /// @param about what else is to be shown of the IP header
    public static String of(LivePacket p, Flow flow, IpInfo about) {
        String ip = ip(p, about);
        return "> " + ip + switch (p.body()) {
            case LivePacket.Tcp t -> (flow == null ? ends(p, t.sourcePort(), t.destinationPort()) : "") + tcp(t, flow);
            case LivePacket.Udp u -> (flow == null ? ends(p, u.sourcePort(), u.destinationPort()) : "") + "udp (" + u.length() + ")";
            case LivePacket.Icmp i -> "icmp " + icmp(p, i);
            case LivePacket.Other o -> "protocol " + p.protocol() + " (" + o.length() + ")";
        };
    }

    private static String ip(LivePacket p, IpInfo about) {
        StringBuilder text = new StringBuilder();
        if (about.ecn() != null) {
            text.append(List.of("noecn", "ect1", "ect0", "ce").get(p.trafficClass() & 3));
        }
        if (about.tos() >= 0) {
            append(text, "tos 0x" + Integer.toHexString(p.trafficClass()));
        }
        if (about.ttl() >= 0) {
            append(text, "ttl " + p.ttl());
        }
        if (about.flowLabel() >= 0) {
            append(text, "flowlabel 0x" + Integer.toHexString(p.flowLabel()));
        }
        return text.isEmpty() ? "" : "[" + text + "] ";
    }

    private static void append(StringBuilder text, String more) {
        text.append(text.isEmpty() ? "" : ", ").append(more);
    }

    private static String ends(LivePacket p, int source, int destination) {
        return "(" + p.source() + " " + source + " > " + p.destination() + " " + destination + ") ";
    }

    private static String tcp(LivePacket.Tcp t, Flow flow) {
        int first = flow == null ? t.seq() : flow.toScript(t.seq());
        String text = flags(t.flags()) + " " + number(first) + ":" + number(first + t.length()) + "(" + t.length() + ")";
        if (t.has(TcpHeader.ACK)) {
            text += " ack " + number(t.ack());
        }
        text += " win " + t.window();
        if (t.has(TcpHeader.URG)) {
            text += " urg " + t.urgent();
        }
        return t.options().isEmpty() ? text : text + " " + options(t.options(), flow);
    }

    /// Options with angle brackets around them.
    ///
    /// @param flow for the timestamps, or `null` to show them as they are
    public static String options(List<TcpOption> options, Flow flow) {
        return options.stream().map(o -> option(o, flow)).collect(Collectors.joining(",", "<", ">"));
    }

    private static String option(TcpOption option, Flow flow) {
        return switch (option) {
            case TcpOption.Nop _ -> "nop";
            case TcpOption.End _ -> "eol";
            case TcpOption.Mss o -> "mss " + o.value();
            case TcpOption.WindowScale o -> "wscale " + o.shift();
            case TcpOption.SackPermitted _ -> "sackOK";
            case TcpOption.Sack o -> sack(o.edges());
            case TcpOption.Timestamps o -> "TS val " + number(flow == null ? o.value() : flow.toScriptStamp(o.value())) + " ecr "
                    + number(o.echo());
            case TcpOption.Bytes o -> o.isFastOpen() ? ("FO " + o.data()).strip() : "kind " + o.kind() + " 0x" + o.data();
        };
    }

    private static String sack(List<Integer> edges) {
        StringBuilder text = new StringBuilder("sack");
        for (int i = 0; i + 1 < edges.size(); i += 2) {
            text.append(' ').append(number(edges.get(i))).append(':').append(number(edges.get(i + 1)));
        }
        return text.toString();
    }

    /// The flags as letters, `-` for none.
    public static String flags(int flags) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < FLAGS.length; i++) {
            if ((flags & FLAGS[i]) != 0) {
                text.append(LETTERS.charAt(i));
            }
        }
        return text.isEmpty() ? "-" : text.toString();
    }

    private static String icmp(LivePacket p, LivePacket.Icmp i) {
        String text = IcmpNames.text(p.protocol() == IpProtocol.ICMP ? 4 : 6, i.type(), i.code());
        if (text.startsWith("echo")) {
            return text + " id " + (i.word() >>> 16) + " [raw (" + i.length() + ")]";
        }
        return i.word() == 0 ? text : text + " mtu " + i.word();
    }

    /// A sequence number.
    public static String number(int n) {
        return Integer.toUnsignedString(n);
    }

    /// A time of a script, in seconds.
    public static String seconds(long ns) {
        return String.format(Locale.ROOT, "%.6f", ns / 1e9);
    }
}
