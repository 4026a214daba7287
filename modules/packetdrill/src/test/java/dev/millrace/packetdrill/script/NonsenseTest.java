package dev.millrace.packetdrill.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Nonsense in each rule of the grammar is an error at the place where it begins: `^` marks it in the line below.
class NonsenseTest {
    private static final String[][] NONSENSE = {
        // options
        {"--mtu=\n0 close(3) = 0", "      ^", "a value"},
        {"--define=X\n0 close(3) = 0", "^", "NAME=VALUE"},
        {"-- 0 close(3) = 0", "^", "a time"},
        // what a script is made of
        {"", "^", "an event"},
        {"   /* nothing", "   ^", "comment"},
        {"`true`", "      ^", "an event"},
        {"0 close(3) = 0\n`true` 1 close(3) = 0", "       ^", "the end", "2"},
        // lexical
        {"0 \u00a7", "  ^", "means nothing"},
        {"0 read(3, \"abc, 1) = 1", "          ^", "string"},
        {"0 `sysctl", "  ^", "command"},
        {"0 %{ assert", "  ^", "code"},
        {"0 % assert", "  ^", "code"},
        {"#ifdef\n0 close(3) = 0", "^", "name"},
        {"#ifdef X\n0 close(3) = 0", "^", "#endif"},
        {"  #endif\n0 close(3) = 0", "  ^", "#endif"},
        {"#define X\n0 close(3) = 0", "^", "#define"},
        // times
        {"x close(3) = 0", "^", "a time"},
        {"+ close(3) = 0", "  ^", "a time"},
        {"-1 close(3) = 0", "^", "0 to"},
        {"1 close(3) = 0", "^", "the first event"},
        {"0 close(3) = 0\n2 close(4) = 0\n1 close(5) = 0", "^", "before that", "3"},
        {"0~ > . 1:1(0)", "   ^", "a time"},
        {"0 close(3) = 0\n2~1 > . 1:1(0)", "^", "ends before", "2"},
        {"0...x connect(3, ..., ...) = 0", "    ^", "a time"},
        {"0 close(3) = 0\n2...1 connect(3, ..., ...) = 0", "^", "returns before", "2"},
        {"0...1 > . 1:1(0)", "^", "only a system call"},
        {"0...1 `true`", "^", "only a system call"},
        {"* < . 1:1(0)", "^", "only a packet that the stack sends"},
        {"0~1 < . 1:1(0)", "^", "only a packet that the stack sends"},
        {"* close(3) = 0", "^", "only a packet that the stack sends"},
        {"0 = 1", "  ^", "a packet"},
        {"0 1 2", "  ^", "a packet"},
        // packets
        {"0 > ", "    ^", "flags"},
        {"0 > Q 1:1(0)", "    ^", "flags"},
        {"0 > S.S 1:1(0)", "      ^", "twice"},
        {"0 > 1:1(0)", "    ^", "flags"},
        {"0 > S", "     ^", "sequence number"},
        {"0 > S x:1(0)", "      ^", "sequence number"},
        {"0 > S 1(0)", "       ^", "\":\""},
        {"0 > S 1:x(0)", "        ^", "sequence number"},
        {"0 > S 1:1", "         ^", "\"(\""},
        {"0 > S 1:1()", "          ^", "a length"},
        {"0 > S 1:1(0", "           ^", "\")\""},
        {"0 > S 1:3(1)", "        ^", "make 2"},
        {"0 > S 4294967296:0(0)", "      ^", "0 to 4294967295"},
        {"0 > . 1:1(0) ack x", "                 ^", "sequence number"},
        {"0 > . 1:1(0) win 65536", "                 ^", "65535"},
        {"0 > . 1:1(0) urg x", "                 ^", "16 bits"},
        {"0 > . 1:1(0) sack 1", "             ^", "a time"},
        // options of TCP
        {"0 > S 0:0(0) <mss>", "                 ^", "16 bits"},
        {"0 > S 0:0(0) <mss 1460 nop>", "                       ^", "\">\""},
        {"0 > S 0:0(0) <mss 1460,>", "                       ^", "mss, wscale"},
        {"0 > S 0:0(0) <max 1460>", "              ^", "mss, wscale"},
        {"0 > S 0:0(0) <wscale 256>", "                     ^", "255"},
        {"0 > S 0:0(0) <sack>", "                  ^", "sequence number"},
        {"0 > S 0:0(0) <sack 1>", "                    ^", "\":\""},
        {"0 > S 0:0(0) <sack 1:x>", "                     ^", "sequence number"},
        {"0 > S 0:0(0) <TS 1>", "                 ^", "val"},
        {"0 > S 0:0(0) <TS val 1>", "                      ^", "ecr"},
        {"0 > S 0:0(0) <TS val 1 ecr>", "                          ^", "32 bits"},
        {"0 > S 0:0(0) <FO 123>", "                 ^", "hexadecimal"},
        {"0 > S 0:0(0) <md5>", "                 ^", "hexadecimal"},
        {"0 > S 0:0(0) <ECN e0b>", "                     ^", "24 bits"},
        {"0 > S 0:0(0) <ECN x0b 1>", "                  ^", "e0b"},
        {"0 < S 0:0(0) <...>", "              ^", "must be said"},
        {"0 > S 0:0(0) <..., nop>", "                 ^", "\">\""},
        {"0 > S 0:0(0) <nop", "                 ^", "\">\""},
        // IP
        {"0 > [ect2] . 1:1(0)", "     ^", "ect0"},
        {"0 > [ect0 . 1:1(0)", "          ^", "\"]\""},
        {"0 > (ect0] . 1:1(0)", "         ^", "\")\""},
        {"0 > [tos x] . 1:1(0)", "         ^", "a byte"},
        {"0 > [ttl 256] . 1:1(0)", "         ^", "255"},
        {"0 > [flowlabel x] . 1:1(0)", "               ^", "20 bits"},
        // headers in front
        {"0 > ipv4 x > 1.1.1.1: . 1:1(0)", "         ^", "an IPv4 address"},
        {"0 > ipv4 1.1.1.1 1.1.1.1: . 1:1(0)", "                 ^", "\">\""},
        {"0 > ipv6 ::1 > ::2 . 1:1(0)", "                   ^", "\":\""},
        {"0 > gre x: . 1:1(0)", "         ^", "its value"},
        {"0 > mpls label: . 1:1(0)", "         ^", "\"(\""},
        // UDP and ICMP
        {"0 > udp 5", "         ^", "\">\""},
        {"0 > udp 53 > x (1)", "             ^", "a port"},
        {"0 > udp 53 > 1024", "                 ^", "\"(\""},
        {"0 > udp (65536)", "         ^", "65535"},
        {"0 > icmp", "        ^", "a type"},
        {"0 > icmp hello", "         ^", "no type"},
        {"0 > icmp unreachable hello", "                     ^", "no code"},
        {"0 > icmp unreachable frag_needed mtu x", "                                     ^", "number of bytes"},
        {"0 > icmp echo_request id x", "                         ^", "16 bits"},
        {"0 > icmp unreachable [x]", "                      ^", "sequence number"},
        {"0 > icmp unreachable [udp 1]", "                          ^", "\"(\""},
        {"0 > icmp unreachable [1:1(0)", "                            ^", "\"]\""},
        // calls
        {"0 close 3", "        ^", "\"(\""},
        {"0 close(3", "         ^", "\")\""},
        {"0 close(3,) = 0", "          ^", "an argument"},
        {"0 close(3)", "          ^", "\"=\""},
        {"0 close(3) = x", "             ^", "what the call returns"},
        {"0 close(3) = -1 oops", "                ^", "EAGAIN"},
        {"0 close(3) = 0 EAGAIN", "               ^", "no error"},
        {"0 close(3) = 0 (never", "               ^", "parenthesis"},
        {"0 x([1) = 0", "      ^", "\"]\""},
        {"0 x({a=}) = 0", "       ^", "an argument"},
        {"0 x({1=2}) = 0", "     ^", "name of a member"},
        {"0 x({a=1) = 0", "        ^", "\"}\""},
        {"0 x(A|) = 0", "      ^", "an argument"},
        {"0 x(htons() = 0", "            ^", "\")\""},
        {"0 x(&a) = 0", "    ^", "an argument"},
        {"0 x(99999999999999999999) = 0", "    ^", "64 bits"},
    };

    static Stream<Arguments> nonsense() {
        return Stream.of(NONSENSE).map(n -> Arguments.of(n[0], n[1].indexOf('^') + 1, n[2], n.length > 3 ? Integer.parseInt(n[3]) : 1));
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void isAnErrorWhereItBegins(String script, int column, String message, int line) {
        var e = assertThrows(ScriptSyntaxException.class, () -> ScriptParser.parse(script, Map.of()));
        assertEquals(new Position(line, column), e.at(), e::getMessage);
        assertTrue(e.getMessage().contains(message), e::getMessage);
    }
}
