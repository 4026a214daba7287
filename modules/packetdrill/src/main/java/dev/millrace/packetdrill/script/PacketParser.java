package dev.millrace.packetdrill.script;

import dev.millrace.packetdrill.script.PacketBody.Ports;
import dev.millrace.packetdrill.script.PacketBody.Quoted;
import dev.millrace.packetdrill.script.PacketBody.Sequence;
import dev.millrace.packetdrill.script.Token.Kind;
import dev.millrace.wire.TcpHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// Packets: direction, headers in front, IP, and TCP, UDP or ICMP.
final class PacketParser {
    private static final Pattern FLAGS = Pattern.compile("[FSRPUEWA.0-7]+|-");
    /// The flags of Accurate ECN's counter, highest bit first (RFC 9768 §3.1.1).
    private static final int[] ACE = {TcpHeader.AE, TcpHeader.CWR, TcpHeader.ECE};

    private final TokenReader in;
    private final TcpOptionParser options;

    PacketParser(TokenReader in) {
        this.in = in;
        options = new TcpOptionParser(in);
    }

    Action.Packet packet() throws ScriptSyntaxException {
        Position at = in.here();
        boolean inbound = in.takes("<");
        if (!inbound) {
            in.expect(">", "here");
        }
        List<String> outer = new ArrayList<>();
        while (isOuter(in.peek())) {
            outer.add(outer());
        }
        IpInfo ip = ipInfo();
        PacketBody body;
        if (in.takesWord("icmp")) {
            body = icmp();
        } else if (in.takesWord("udp")) {
            body = udp();
        } else {
            body = tcp(inbound);
        }
        return new Action.Packet(at, inbound, outer, ip, body);
    }

    // ---- headers in front

    private static boolean isOuter(Token t) {
        return t.isWord("ipv4") || t.isWord("ipv6") || t.isWord("gre") || t.isWord("mpls");
    }

    private String outer() throws ScriptSyntaxException {
        String name = in.next().text();
        switch (name) {
            case "ipv4", "ipv6" -> {
                Kind kind = name.equals("ipv4") ? Kind.IPV4 : Kind.IPV6;
                address(kind, "behind " + name);
                in.expect(">", "between the addresses of " + name);
                address(kind, "behind \">\"");
            }
            case "mpls" -> {
                do {
                    labels();
                } while (in.peek().is("("));
            }
            default -> {
                while (!in.peek().is(":")) {
                    in.word("a field of gre or \":\"", "here");
                    in.whole("its value", "here", 0, 0xffff_ffffL);
                    in.takes(",");
                }
            }
        }
        in.expect(":", "behind " + name);
        return name;
    }

    private void address(Kind kind, String where) throws ScriptSyntaxException {
        if (in.peek().kind() != kind) {
            throw in.wanted(kind == Kind.IPV4 ? "an IPv4 address" : "an IPv6 address", where);
        }
        in.next();
    }

    private void labels() throws ScriptSyntaxException {
        in.expect("(", "behind mpls");
        do {
            if (in.takes("[")) {
                in.word("S", "here");
                in.expect("]", "behind S");
            } else {
                in.word("label, tc or ttl", "here");
                in.whole("its value", "here", 0, 0xfffff);
            }
        } while (in.takes(","));
        in.expect(")", "at the end of a label");
    }

    // ---- IP

    private IpInfo ipInfo() throws ScriptSyntaxException {
        boolean square = in.takes("[");
        if (!square && !in.takes("(")) {
            return IpInfo.NONE;
        }
        IpInfo.Ecn ecn = null;
        int tos = -1;
        int ttl = -1;
        int flowLabel = -1;
        do {
            Position at = in.here();
            String word = in.word("ect0, ect1, ect01, ce, noecn, tos, ttl or flowlabel", "here").text();
            switch (word) {
                case "ect0", "ect1", "ect01", "ce" -> ecn = IpInfo.Ecn.valueOf(word.toUpperCase(java.util.Locale.ROOT));
                case "noecn" -> ecn = IpInfo.Ecn.NONE;
                case "tos" -> tos = in.number("a byte", "behind tos", 255);
                case "ttl" -> ttl = in.number("a byte", "behind ttl", 255);
                case "flowlabel" -> flowLabel = in.number("20 bits", "behind flowlabel", 0xfffff);
                default -> throw new ScriptSyntaxException(at, "ect0, ect1, ect01, ce, noecn, tos, ttl or flowlabel expected here, not \""
                        + word + "\"");
            }
        } while (in.takes(","));
        in.expect(square ? "]" : ")", "behind what is said of IP");
        return new IpInfo(ecn, tos, ttl, flowLabel);
    }

    private Ports ports() throws ScriptSyntaxException {
        if (in.peek().kind() != Kind.INTEGER) {
            return null;
        }
        int source = in.number("a port", "here", 0xffff);
        in.expect(">", "between two ports");
        return new Ports(source, in.number("a port", "behind \">\"", 0xffff));
    }

    // ---- UDP, ICMP

    private PacketBody udp() throws ScriptSyntaxException {
        Ports ports = ports();
        return new PacketBody.Udp(ports, length("behind udp", 65535));
    }

    private int length(String where, int max) throws ScriptSyntaxException {
        in.expect("(", where);
        int length = in.number("a length", "in parentheses", max);
        in.expect(")", "behind a length");
        return length;
    }

    private PacketBody icmp() throws ScriptSyntaxException {
        Position at = in.here();
        String type = in.word("a type of ICMP", "behind icmp").text();
        Position codeAt = null;
        String code = "";
        if (in.peek().kind() == Kind.WORD && !in.peek().isWord("mtu") && !in.peek().isWord("id")) {
            codeAt = in.here();
            code = in.next().text();
        }
        long mtu = in.takesWord("mtu") ? in.whole("a number of bytes", "behind mtu", 0, 0xffff_ffffL) : -1;
        int id = in.takesWord("id") ? in.number("16 bits", "behind id", 0xffff) : -1;
        IcmpNames.check(in, at, type, codeAt, code);
        Quoted quoted = null;
        if (in.takes("[")) {
            quoted = quoted();
            in.expect("]", "behind what is quoted");
        }
        return new PacketBody.Icmp(at, type, codeAt, code, mtu, id, quoted);
    }

    private Quoted quoted() throws ScriptSyntaxException {
        if (in.takesWord("udp")) {
            return new Quoted(Quoted.Kind.UDP, null, length("behind udp", 65535));
        }
        if (in.takesWord("raw")) {
            return new Quoted(Quoted.Kind.RAW, null, length("behind raw", 65535));
        }
        return new Quoted(Quoted.Kind.TCP, sequence(), 0);
    }

    // ---- TCP

    private PacketBody tcp(boolean inbound) throws ScriptSyntaxException {
        Ports ports = isPort() ? ports() : null;
        int flags = flags();
        Sequence seq = sequence();
        Integer ack = in.takesWord("ack") ? in.word32("a sequence number", "behind ack") : null;
        int window = in.takesWord("win") ? in.number("16 bits", "behind win", 0xffff) : -1;
        int urgent = in.takesWord("urg") ? in.number("16 bits", "behind urg", 0xffff) : -1;
        List<TcpOption> list = in.peek().is("<") ? options.list(inbound) : List.of();
        return new PacketBody.Tcp(ports, flags, seq, ack, window, urgent, list);
    }

    private boolean isPort() throws ScriptSyntaxException {
        Token t = in.peek();
        return t.kind() == Kind.INTEGER && in.lexer.text(t.to()).stripLeading().startsWith(">");
    }

    private int flags() throws ScriptSyntaxException {
        Token before = in.peek();
        Token t = in.lexer.run();
        if (!FLAGS.matcher(t.text()).matches()) {
            throw new ScriptSyntaxException(in.lexer.at(t), "the flags of a segment, icmp or udp expected here, not " + before.shown());
        }
        int flags = 0;
        for (int i = 0; i < t.text().length(); i++) {
            char c = t.text().charAt(i);
            int more = flag(c);
            if (more != 0 && (flags & more) == more) {
                throw new ScriptSyntaxException(in.lexer.at(t.from() + i), "the flag " + c + " twice");
            }
            flags |= more;
        }
        return flags;
    }

    private static int flag(char c) {
        return switch (c) {
            case 'F' -> TcpHeader.FIN;
            case 'S' -> TcpHeader.SYN;
            case 'R' -> TcpHeader.RST;
            case 'P' -> TcpHeader.PSH;
            case '.' -> TcpHeader.ACK;
            case 'U' -> TcpHeader.URG;
            case 'E' -> TcpHeader.ECE;
            case 'W' -> TcpHeader.CWR;
            case 'A' -> TcpHeader.AE;
            case '-' -> 0;
            default -> (c - '0' & 4) / 4 * ACE[0] | (c - '0' & 2) / 2 * ACE[1] | (c - '0' & 1) * ACE[2];
        };
    }

    private Sequence sequence() throws ScriptSyntaxException {
        int first = in.word32("a sequence number", "here");
        in.expect(":", "behind the first sequence number");
        Position at = in.here();
        int last = in.word32("a sequence number", "behind \":\"");
        int length = length("behind the sequence numbers", 0x7fff_ffff);
        if (last != first + length) {
            throw new ScriptSyntaxException(at, Integer.toUnsignedString(first) + " and " + length + " bytes make "
                    + Integer.toUnsignedString(first + length) + ", not " + Integer.toUnsignedString(last));
        }
        return new Sequence(first, length);
    }
}
