package dev.millrace.packetdrill.script;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Pattern;

/// The options of a TCP header: `<mss 1460,nop,wscale 7>`, or `<...>` for any.
final class TcpOptionParser {
    /// TCP Fast Open (RFC 7413 §4.1.1), and the number for experiments (RFC 6994) with which it began.
    static final int KIND_FAST_OPEN = 34;
    static final int KIND_EXPERIMENT = 254;
    private static final String FAST_OPEN_EXPERIMENT = "f989";
    /// RFC 2385.
    static final int KIND_MD5 = 19;
    /// Accurate ECN (RFC 9768 §3.2.3): order 0 and 1 of its counters.
    static final int KIND_ACCURATE_ECN_0 = 172;
    static final int KIND_ACCURATE_ECN_1 = 174;

    private static final String KNOWN = "mss, wscale, sackOK, sack, TS, nop, eol, FO, FOEXP, md5 or ECN";
    private static final Pattern HEX_DIGITS = Pattern.compile("(?:0x)?(?:[0-9a-fA-F]{2})+(?![0-9a-zA-Z_])");

    private final TokenReader in;

    TcpOptionParser(TokenReader in) {
        this.in = in;
    }

    /// The list that begins here; `null` if any is right.
    List<TcpOption> list(boolean inbound) throws ScriptSyntaxException {
        in.expect("<", "here");
        Position at = in.here();
        if (in.peek().kind() == Token.Kind.ELLIPSIS) {
            if (inbound) {
                throw new ScriptSyntaxException(at, "the options of a packet to the stack must be said");
            }
            in.next();
            in.expect(">", "behind \"...\"");
            return null;
        }
        List<TcpOption> list = new ArrayList<>();
        if (!in.takes(">")) {
            do {
                list.add(option());
            } while (in.takes(","));
            in.expect(">", "behind the options");
        }
        return List.copyOf(list);
    }

    private TcpOption option() throws ScriptSyntaxException {
        Position at = in.here();
        String word = in.word(KNOWN, "here").text();
        return switch (word) {
            case "nop" -> new TcpOption.Nop();
            case "eol" -> new TcpOption.End();
            case "mss" -> new TcpOption.Mss(in.number("16 bits", "behind mss", 0xffff));
            case "wscale" -> new TcpOption.WindowScale(in.number("a byte", "behind wscale", 255));
            case "sackOK" -> new TcpOption.SackPermitted();
            case "sack" -> new TcpOption.Sack(blocks());
            case "TS" -> timestamps();
            case "FO" -> new TcpOption.Bytes(KIND_FAST_OPEN, hex(true, word));
            case "FOEXP" -> new TcpOption.Bytes(KIND_EXPERIMENT, FAST_OPEN_EXPERIMENT + hex(true, word));
            case "md5" -> new TcpOption.Bytes(KIND_MD5, hex(false, word));
            case "ECN" -> counters();
            default -> throw new ScriptSyntaxException(at, KNOWN + " expected here, not \"" + word + "\"");
        };
    }

    private List<Integer> blocks() throws ScriptSyntaxException {
        List<Integer> edges = new ArrayList<>();
        do {
            edges.add(in.word32("a sequence number", "of a block"));
            in.expect(":", "between the numbers of a block");
            edges.add(in.word32("a sequence number", "behind \":\""));
        } while (in.peek().isWhole());
        return edges;
    }

    private TcpOption timestamps() throws ScriptSyntaxException {
        if (!in.takesWord("val")) {
            throw in.wanted("val", "behind TS");
        }
        int value = in.word32("32 bits", "behind val");
        if (!in.takesWord("ecr")) {
            throw in.wanted("ecr", "behind the value");
        }
        return new TcpOption.Timestamps(value, in.word32("32 bits", "behind ecr"));
    }

    private String hex(boolean mayBeEmpty, String name) throws ScriptSyntaxException {
        if (mayBeEmpty && (in.peek().is(",") || in.peek().is(">"))) {
            return "";
        }
        Token t = in.lexer.match(HEX_DIGITS);
        if (t == null) {
            throw in.wanted("hexadecimal digits, two a byte,", "behind " + name);
        }
        return t.text().startsWith("0x") ? t.text().substring(2) : t.text();
    }

    /// Accurate ECN's counters of 24 bits, in the order of the script.
    private TcpOption counters() throws ScriptSyntaxException {
        var data = new StringBuilder();
        int kind = KIND_ACCURATE_ECN_0;
        Position at = in.here();
        for (boolean first = true; in.peek().kind() == Token.Kind.WORD; first = false) {
            String name = in.next().text();
            if (!name.equals("e0b") && !name.equals("ceb") && !name.equals("e1b")) {
                throw new ScriptSyntaxException(at, "e0b, ceb or e1b expected here, not \"" + name + "\"");
            }
            if (first && name.equals("e1b")) {
                kind = KIND_ACCURATE_ECN_1;
            }
            int n = in.number("24 bits", "behind " + name, 0xffffff);
            data.append(HexFormat.of().toHexDigits(n, 6));
            at = in.here();
        }
        return new TcpOption.Bytes(kind, data.toString());
    }
}
