package dev.millrace.packetdrill.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.TcpHeader;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What scripts mean.
class ScriptParserTest {
    private static Script parse(String text) throws ScriptSyntaxException {
        return ScriptParser.parse(text, Map.of());
    }

    private static Action action(String text) throws ScriptSyntaxException {
        return parse(text).events().getFirst().action();
    }

    private static PacketBody.Tcp tcp(String text) throws ScriptSyntaxException {
        return (PacketBody.Tcp) ((Action.Packet) action("0 " + text)).body();
    }

    private static Expression argument(String text) throws ScriptSyntaxException {
        return ((Action.Call) action("0 f(" + text + ") = 0")).arguments().getFirst();
    }

    @Test
    void optionsAndCommandsStandAroundEvents() throws Exception {
        Script s = parse("// a remark\n--mtu=1400\n--ip_version=\"ipv4\" /* one\n more */ --strict_segments\n`first\n  of all`\n"
                + "0 close(3) = 0\n+0 `now`\n`at last`");
        assertEquals(List.of("mtu 1400", "ip_version ipv4", "strict_segments "),
                s.options().stream().map(o -> o.name() + " " + o.value()).toList());
        assertEquals("first\n  of all", s.init().text());
        assertEquals("at last", s.cleanup().text());
        assertEquals(2, s.events().size());
        assertEquals(new Position(2, 1), s.options().getFirst().at());
    }

    @Test
    void anEventEndsWhereTheNextTimeBegins() throws Exception {
        Script s = parse("0 sendmsg(3, {msg_name(...)=...,\n msg_iov(1)=[{..., 10}],\n msg_flags=0}, 0) = 10 +.1 > P. 1:11(10) ack 1 .5 close(3) = 0");
        assertEquals(3, s.events().size());
        assertEquals("sendmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=0}, 0) = 10", s.events().getFirst().text());
        assertEquals("> P. 1:11(10) ack 1", s.events().get(1).text());
    }

    @ParameterizedTest
    @CsvSource({"0,ABSOLUTE,0,0,-1", "+.01,RELATIVE,10000000,10000000,-1", "+1.5~+2,RELATIVE,1500000000,2000000000,-1",
        "+1~2,RELATIVE,1000000000,2000000000,-1", "*,ANY,0,0,-1"})
    void times(String text, EventTime.Kind kind, long from, long to, long returns) throws Exception {
        EventTime time = parse("0 close(3) = 0 " + text + " > . 1:1(0)").events().get(1).time();
        assertEquals(new EventTime(kind, from, to, returns), time);
    }

    @ParameterizedTest
    @CsvSource({"0...0.011,ABSOLUTE,0,11000000", "+.01...0.02,RELATIVE,10000000,20000000", "+0....5,RELATIVE,0,500000000"})
    void timesOfCallsThatBlock(String text, EventTime.Kind kind, long from, long returns) throws Exception {
        EventTime time = parse("0 close(4) = 0 " + text + " connect(3, ..., ...) = 0").events().get(1)
                .time();
        assertEquals(new EventTime(kind, from, from, returns), time);
    }

    @ParameterizedTest
    @CsvSource({"S,2", "S.,18", "FP.,25", "R,4", "-,0", "SEW,194", "SEWA,450", "U.,48", "A,256", ".5,336", "S7,450"})
    void flags(String text, int flags) throws Exception {
        assertEquals(flags, tcp("> " + text + " 0:0(0)").flags());
    }

    @Test
    void segments() throws Exception {
        PacketBody.Tcp t = tcp("< P. 4294967295:9(10) ack 2147483648 win 100 urg 5 <nop>");
        assertEquals(new PacketBody.Sequence(-1, 10), t.seq());
        assertEquals(9, t.seq().last());
        assertEquals(Integer.MIN_VALUE, t.ack());
        assertEquals(100, t.window());
        assertEquals(5, t.urgent());
        PacketBody.Tcp bare = tcp("> . 1:1(0)");
        assertNull(bare.ack());
        assertEquals(-1, bare.window());
        assertEquals(List.of(), bare.options(), "no list means no options");
        assertNull(tcp("> . 1:1(0) <...>").options(), "any");
        assertEquals(List.of(), tcp("> . 1:1(0) <>").options());
        assertEquals(new PacketBody.Ports(53, 1024), tcp("> 53 > 1024 . 1:1(0)").ports());
        assertEquals(TcpHeader.ACK, tcp("> 53 > 1024 . 1:1(0)").flags());
    }

    @Test
    void optionsOfTcp() throws Exception {
        assertEquals(List.of(new TcpOption.Mss(1460), new TcpOption.SackPermitted(), new TcpOption.Timestamps(-1, 2), new TcpOption.Nop(),
                new TcpOption.WindowScale(7), new TcpOption.Sack(List.of(1, 2, 3, 4)), new TcpOption.End()),
                tcp("< S 0:0(0) <mss 1460,sackOK, TS val 4294967295 ecr 2,nop,wscale 7,sack 1:2 3:4,eol>").options());
        assertEquals(List.of(new TcpOption.Bytes(34, "1234567890abcdef"), new TcpOption.Bytes(34, ""), new TcpOption.Bytes(254, "f989aa"),
                new TcpOption.Bytes(19, "00112233445566778899aabbccddeeff"), new TcpOption.Bytes(172, "00000a000000000001"),
                new TcpOption.Bytes(174, "000001")),
                tcp("< S 0:0(0) <FO 1234567890abcdef,FO,FOEXP aa,md5 00112233445566778899aabbccddeeff,ECN e0b 10 ceb 0 e1b 1,ECN e1b 1>").options());
    }

    @Test
    void internetHeaders() throws Exception {
        assertEquals(new IpInfo(IpInfo.Ecn.ECT0, -1, -1, 1), ((Action.Packet) action("0 > [ect0, flowlabel 0x1] . 1:1(0)")).ip());
        assertEquals(new IpInfo(IpInfo.Ecn.NONE, 16, 64, -1), ((Action.Packet) action("0 > (noecn, tos 0x10, ttl 64) . 1:1(0)")).ip());
        assertEquals(List.of("ipv4", "gre", "ipv6", "mpls"), ((Action.Packet) action("0 > ipv4 1.1.1.1 > 2.2.2.2: gre: ipv6 ::1 > fe80::1.2.3.4: "
                + "mpls (label 0, tc 1, [S], ttl 3): . 1:1(0)")).outer());
    }

    @Test
    void otherProtocols() throws Exception {
        assertEquals(new PacketBody.Udp(null, 10), ((Action.Packet) action("0 < udp (10)")).body());
        assertEquals(new PacketBody.Udp(new PacketBody.Ports(53, 1024), 10), ((Action.Packet) action("0 > udp 53 > 1024 (10)")).body());
        var icmp = (PacketBody.Icmp) ((Action.Packet) action("0 < icmp unreachable frag_needed mtu 1200 [1:1461(1460)]")).body();
        assertEquals("frag_needed", icmp.code());
        assertEquals(1200, icmp.mtu());
        assertEquals(new PacketBody.Quoted(PacketBody.Quoted.Kind.TCP, new PacketBody.Sequence(1, 1460), 0), icmp.quoted());
        var echo = (PacketBody.Icmp) ((Action.Packet) action("0 < icmp echo_request id 7 [raw (56)]")).body();
        assertEquals(7, echo.id());
        assertEquals(new PacketBody.Quoted(PacketBody.Quoted.Kind.RAW, null, 56), echo.quoted());
    }

    @Test
    void calls() throws Exception {
        var call = (Action.Call) action("0 connect(3, ..., ...) = -1 EINPROGRESS (Operation now in progress) (a (nested) note)");
        assertEquals("EINPROGRESS", call.errno());
        assertEquals(-1, call.result());
        assertEquals(new Position(1, 26), call.resultAt());
        assertEquals(2, ((Action.Call) action("0 fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)")).result());
    }

    @Test
    void arguments() throws Exception {
        assertInstanceOf(Expression.Ellipsis.class, argument("..."));
        assertEquals(31, ((Expression.Number) argument("0x1F")).value());
        assertEquals(2, ((Expression.Or) argument("O_RDWR|O_NONBLOCK")).parts().size());
        var text = (Expression.Text) argument("\"ab\" \"c\\\"d\"...");
        assertEquals("abc\\\"d", text.value());
        assertTrue(text.prefix());
        var address = (Expression.Struct) argument("{sa_family = AF_INET, sin_port = htons(80), sin_addr = inet_addr(\"1.2.3.4\")}");
        assertEquals("inet_addr", ((Expression.Apply) address.member("sin_addr")).function());
        var v6 = (Expression.Struct) argument("{sa_family = AF_INET6, sin6_port = htons(80), inet_pton(AF_INET6, \"::1\", &sin6_addr)}");
        assertEquals(3, ((Expression.Apply) v6.members().get(2).value()).arguments().size());
        var message = (Expression.Struct) argument("{msg_name(...)=..., msg_iov(1)=[{..., 1000}], msg_flags=0}");
        assertEquals("msg_iov", message.members().get(1).name());
        assertEquals(1, ((Expression.Array) message.member("msg_iov")).elements().size());
        assertEquals(0, ((Expression.Array) argument("[]")).elements().size());
    }

    @Test
    void definitionsStandForWhatTheySay() throws Exception {
        Script s = ScriptParser.parse("--define=OUT=1000\n--define=AGAIN=OUT\n--define=WHAT=\"abc\"\n0 write(FD, WHAT, AGAIN) = OUT\n0 > P. 1:1001(OUT)\n+0 CMD",
                Map.of("FD", "4", "CMD", "`sleep 1`"));
        var call = (Action.Call) s.events().getFirst().action();
        assertEquals(4, ((Expression.Number) call.arguments().getFirst()).value());
        assertEquals("abc", ((Expression.Text) call.arguments().get(1)).value());
        assertEquals(1000, call.result());
        assertEquals("sleep 1", ((Action.Command) s.events().get(2).action()).text());
    }

    @Test
    void theStandardBranchIsTaken() throws Exception {
        String text = "#ifdef STANDARD\n0 close(3) = 0\n#else\n0 close(4) = 0\n#endif\n#ifdef OTHER\n0 close(5) = 0\n#endif\n"
                + "#ifndef OTHER\n+0 close(6) = 0\n#endif\n";
        Script s = parse(text);
        assertEquals(List.of("close(3) = 0", "close(6) = 0"), s.events().stream().map(Event::text).toList());
        assertEquals(new Position(2, 1), s.events().getFirst().at(), "lines keep their numbers");
        assertEquals(List.of("close(3) = 0", "close(5) = 0"),
                ScriptParser.parse(text, Map.of("OTHER", "1")).events().stream().map(Event::text).toList());
    }

    @Test
    void sequenceNumbersAreNoAddresses() throws Exception {
        assertEquals(1000, tcp("> . 1:1001(1000)").seq().length());
        assertEquals(List.of(new TcpOption.Sack(List.of(1, 2, 3, 4)), new TcpOption.Nop()), tcp("> . 1:1(0) <sack 1:2 3:4,nop>").options());
    }
}
