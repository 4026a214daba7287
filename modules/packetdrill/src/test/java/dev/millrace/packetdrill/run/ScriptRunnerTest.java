package dev.millrace.packetdrill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.packetdrill.IpVariant;
import dev.millrace.packetdrill.Packetdrill;
import dev.millrace.packetdrill.ScriptFiles;
import dev.millrace.packetdrill.ScriptResult;
import dev.millrace.packetdrill.ScriptResult.Status;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// How scripts are run: times, tolerances, numbers that stand for others, silence, and why scripts are skipped.
class ScriptRunnerTest {
    private static final String LISTEN = """
            0   socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
            +0  bind(3, ..., ...) = 0
            +0  listen(3, 1) = 0
            """;
    private static final String ACCEPTED = LISTEN + """
            +0  < S 0:0(0) win 30000 <mss 1000>
            +0  > S. 0:0(0) ack 1 <mss 1460>
            +.1 < . 1:1(0) ack 1 win 30000
            +0  accept(3, ..., ...) = 4
            """;
    private static final String STAMPED = LISTEN + """
            +0  < S 0:0(0) win 30000 <mss 1000,nop,nop,TS val 100 ecr 0>
            +0  > S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 700 ecr 100>
            """;

    private static ScriptResult run(String text) throws IOException {
        return Packetdrill.create().run("test", text);
    }

    private static void passes(String text) throws IOException {
        ScriptResult r = run(text);
        assertEquals(Status.PASSED, r.status(), r::toString);
    }

    private static ScriptResult fails(String text, String message) throws IOException {
        return ends(Status.FAILED, text, message);
    }

    private static ScriptResult ends(Status status, String text, String message) throws IOException {
        ScriptResult r = run(text);
        assertEquals(status, r.status(), r::toString);
        assertTrue(r.message().contains(message), r::toString);
        return r;
    }

    // ---- packets of the stack

    @Test
    void whatIsDifferentIsToldInTheScriptsNumbers() throws IOException {
        ScriptResult r = fails(LISTEN + "+0 < S 0:0(0) win 30000 <mss 1000>\n+0 > S. 5000:5000(0) ack 1 <mss 1460>\n"
                + "+.1 < . 1:1(0) ack 5001 win 30000\n+0 accept(3, ..., ...) = 4\n+0 write(4, ..., 100) = 100\n"
                + "+0 > P. 5001:5101(100) ack 2\n", "its ack is 1");
        assertEquals(9, r.line());
        assertEquals(1, r.column());
        assertEquals("> P. 5001:5101(100) ack 2", r.expected());
        assertEquals("> P. 5001:5101(100) ack 1 win 65535   // at 0.100000", r.actual());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "> . 1:101(100) ack 1|its flags are P.",
        "> P. 2:102(100) ack 1|its sequence number is 1",
        "> P. 1:100(99) ack 1|its payload has 100 bytes",
        "> P. 1:102(101) ack 1|its payload has 100 bytes",
        "> P. 1:101(100) ack 1 win 65534|its win is 65535",
        "> P. 1:101(100) ack 1 urg 1|its urg is 0",
        "> P. 1:101(100) ack 1 <nop,nop,nop,nop>|its options are <>",
        "> [ect0] P. 1:101(100) ack 1|its ECN bits are 0",
        "> [tos 0x10] P. 1:101(100) ack 1|its tos is 0x0",
        "> [ttl 1] P. 1:101(100) ack 1|its ttl is 64",
        "> 1 > 2 P. 1:101(100) ack 1|its ports are 8080 >",
        "> udp (100)|it is of another protocol",
        "> icmp unreachable port_unreachable|it is of another protocol"})
    void eachPartIsCompared(String expected, String message) throws IOException {
        passes(ACCEPTED + "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n");
        fails(ACCEPTED + "+0 write(4, ..., 100) = 100\n+0 " + expected + "\n", message);
    }

    @Test
    void optionsAreComparedInTheirOrder() throws IOException {
        String syn = LISTEN + "+0 < S 0:0(0) win 30000 <mss 1000,sackOK,nop,nop>\n";
        passes(syn + "+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK>\n");
        passes(syn + "+0 > S. 0:0(0) ack 1 <...>\n");
        fails(syn + "+0 > S. 0:0(0) ack 1 <nop,nop,sackOK,mss 1460>\n", "its options are <mss 1460,nop,nop,sackOK>");
        fails(syn + "+0 > S. 0:0(0) ack 1\n", "its options are <mss 1460,nop,nop,sackOK>");
    }

    @Test
    void segmentsInARowAreOneUnlessTheyAreCountedOneByOne() throws IOException {
        String write = ACCEPTED + "+0 write(4, ..., 2500) = 2500\n";
        passes(write + "+0 > P. 1:2501(2500) ack 1\n");
        passes(write + "+0 > . 1:1001(1000) ack 1\n+0 > P. 1001:2501(1500) ack 1\n");
        passes("--strict_segments\n" + write + "+0 > . 1:1001(1000) ack 1\n+0 > . 1001:2001(1000) ack 1\n+0 > P. 2001:2501(500) ack 1\n");
        fails("--strict_segments\n" + write + "+0 > P. 1:2501(2500) ack 1\n", "its flags are .");
        fails(write + "+0 > . 1:1501(1500) ack 1\n", "its payload has 2000 bytes");
    }

    // ---- times

    @ParameterizedTest
    @CsvSource({"+.3,true", "+.337,true", "+.27,true", "+.26,false", "+.35,false", "+.25~+.35,true", "+.1~+.2,false", "*,true", "0.4,true",
        "0.3,false", "0.35~0.45,true"})
    void packetsComeInTime(String time, boolean right) throws IOException {
        String script = ACCEPTED + "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n" + time + " > P. 1:101(100) ack 1\n";
        if (right) {
            passes(script);
        } else {
            fails(script, "packet came");
        }
    }

    @Test
    void aPacketThatDoesNotComeIsMissed() throws IOException {
        ScriptResult r = fails(ACCEPTED + "+0 > P. 1:101(100) ack 1\n", "no packet came by 0.1");
        assertEquals("", r.actual());
        ScriptResult late = fails(ACCEPTED + "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n+.1 > P. 1:101(100) ack 1\n", "no packet came");
        assertTrue(late.actual().endsWith("// at 0.400000"), late::toString);
    }

    @Test
    void tolerancesAreTheScripts() throws IOException {
        String script = ACCEPTED + "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n+.29 > P. 1:101(100) ack 1\n";
        passes(script);
        fails("--tolerance_percent=0\n" + script, "no packet came by 0.394");
        passes("--tolerance_percent=0\n--tolerance_usecs=10000\n" + script);
        fails("--tolerance_percent=0 --tolerance_usecs=9000\n" + script, "no packet came by 0.399");
    }

    @Test
    void packetsToTheStackInARowCountFromOneAnother() throws IOException {
        ScriptResult r = run(ACCEPTED + "+1 < P. 1:11(10) ack 1 win 30000\n+.01 < P. 11:21(10) ack 1 win 30000\n+.01 < P. 21:31(10) ack 1 win 30000\n"
                + "+.02 > . 1:1(0) ack 31\n");
        assertEquals(Status.PASSED, r.status(), r::toString);
        assertEquals(Duration.ofMillis(1140), r.took());
    }

    @Test
    void whatHappensAtTheSameMomentHappensInTheScriptsOrder() throws IOException {
        // The delayed acknowledgement is due when the second segment comes, which is there first.
        passes(ACCEPTED + "+0 < P. 1:11(10) ack 1 win 30000\n+.04 < P. 11:21(10) ack 1 win 30000\n+0 > . 1:1(0) ack 21\n");
    }

    // ---- silence

    @Test
    void whatIsNotMentionedMustNotHappen() throws IOException {
        String sent = ACCEPTED + "+0 write(4, ..., 100) = 100\n";
        fails(sent + "+.01 < . 1:1(0) ack 101 win 30000\n", "says nothing");
        fails(sent + "+0 > P. 1:101(100) ack 1\n+1 %{ assert True }%\n", "says nothing");
        fails(ACCEPTED + "+0 write(4, ..., 2000) = 2000\n+0 > . 1:1001(1000) ack 1\n", "says nothing");
        ScriptResult r = fails(sent + "+.01 < . 1:1(0) ack 101 win 30000\n+0 < P. 1:11(10) ack 101 win 30000\n+.04 > . 101:101(0) ack 11\n", "another");
        assertTrue(r.actual().startsWith("> P. 1:101(100)"), r::toString);
    }

    @Test
    void answersToTheLastMomentNeedNotBeMentioned() throws IOException {
        passes(ACCEPTED + "+0 close(4) = 0\n");
        passes(ACCEPTED + "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n+0 close(4) = 0\n+0 close(3) = 0\n");
        fails(ACCEPTED + "+0 close(4) = 0\n+.01 close(3) = 0\n", "says nothing");
        // A call or a command that takes time is more than a moment.
        String sent = ACCEPTED + "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n";
        passes(sent + "+0...0.2 poll([{fd=4, events=POLLIN, revents=0}], 1, 200) = 0\n");
        fails(sent + "+0...0.5 poll([{fd=4, events=POLLIN, revents=0}], 1, 500) = 0\n", "says nothing");
        fails(sent + "+0 `sleep 0.5`\n", "says nothing");
    }

    // ---- calls

    @Test
    void aCallThatWaitsMustBeSaidToWait() throws IOException {
        ScriptResult r = fails(ACCEPTED + "+0 read(4, ..., 100) = 100\n", "read has to wait");
        assertEquals(8, r.line());
        fails(ACCEPTED + "+0...0.1 read(4, ..., 100) = 10\n+.2 < P. 1:11(10) ack 1 win 30000\n+.04 > . 1:1(0) ack 11\n", "read returned at 0.300000");
        fails(ACCEPTED + "+0...0.3 read(4, ..., 100) = 10\n+.2 < P. 1:11(10) ack 1 win 30000\n+.04 > . 1:1(0) ack 11\n", "read returned at 0.300000");
        fails(ACCEPTED + "+0...0.3 read(4, ..., 100) = 10\n", "read had not returned by");
        passes(ACCEPTED + "+0...0.2 read(4, ..., 100) = 10\n+.2 < P. 1:11(10) ack 1 win 30000\n+.04 > . 1:1(0) ack 11\n");
    }

    @Test
    void theNextCallWaitsForTheOneThatWaits() throws IOException {
        passes(ACCEPTED + "+0...0.2 read(4, ..., 100) = 10\n+.2 < P. 1:11(10) ack 1 win 30000\n+0 read(4, ..., 0) = 0\n+.04 > . 1:1(0) ack 11\n");
    }

    @Test
    void resultsAndErrorsAreCompared() throws IOException {
        ScriptResult r = fails("0 close(7) = 0\n", "close returned -1 EBADF");
        assertEquals(14, r.column());
        assertEquals("= -1 EBADF", r.actual());
        passes("0 close(7) = -1 EBADF (Bad file descriptor)\n");
        passes("0 close(7) = -1\n");
        fails("0 close(7) = -1 EINVAL (Invalid argument)\n", "EBADF");
        fails(ACCEPTED + "+0 getsockopt(4, SOL_TCP, TCP_NODELAY, [1], [4]) = 0\n", "TCP_NODELAY is 0");
        fails(ACCEPTED + "+0 poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLIN}], 1, 0) = 1\n", "ready for POLLOUT");
        fails(ACCEPTED + "+0 ioctl(4, SIOCINQ, [5]) = 0\n", "it is 0");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"what(3) = 0|no system call", "close(3, 4) = 0|arguments", "close(\"x\") = 0|a number expected",
        "bind(3, {sa_family=AF_INET, sin_port=htons(99999), sin_addr=inet_addr(\"1.2.3.4\")}, 16) = 0|a port is",
        "bind(3, {sa_family=AF_INET, sin_port=htons(9), sin_addr=inet_addr(\"1.2.3\")}, 16) = 0|no IP address",
        "bind(3, {sin_port=htons(9)}, 16) = 0|no sa_family", "setsockopt(3, SOL_SOCKET, SO_LINGER, 1, 4) = 0|a structure",
        "socket(..., SOCK_STREAM, 0) = 3|open already", "poll(3, 1, 0) = 0|a list", "read(3, ..., -1) = 0|a length is"})
    void argumentsThatMakeNoSenseAreErrors(String call, String message) throws IOException {
        ScriptResult r = ends(Status.ERROR, "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 " + call + "\n", message);
        assertEquals(2, r.line());
        assertTrue(r.column() >= 4, r::toString);
    }

    // ---- numbers that stand for others

    @Test
    void timestampsOfTheStackStandForThoseOfTheScript() throws IOException {
        passes(STAMPED + "+.1 < . 1:1(0) ack 1 win 30000 <nop,nop,TS val 200 ecr 700>\n+0 accept(3, ..., ...) = 4\n"
                + "+0 %{ assert tcpi_rtt == 100000, tcpi_rtt }%\n");
        ScriptResult r = ends(Status.ERROR, STAMPED + "+.1 < . 1:1(0) ack 1 win 30000 <nop,nop,TS val 200 ecr 701>\n", "TS ecr 701");
        assertEquals(6, r.line());
        fails(LISTEN + "+0 < S 0:0(0) win 30000 <mss 1000,nop,nop,TS val 100 ecr 0>\n+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 700 ecr 101>\n",
                "ecr 100");
    }

    @Test
    void timestampsAreComparedIfTheScriptSaysHowTheyTick() throws IOException {
        String written = STAMPED + "+.1 < . 1:1(0) ack 1 win 30000 <nop,nop,TS val 200 ecr 700>\n+0 accept(3, ..., ...) = 4\n"
                + "+1 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1 <nop,nop,TS val VALUE ecr 200>\n";
        passes("--tcp_ts_tick_usecs=1000\n" + written.replace("VALUE", "1800"));
        passes("--tcp_ts_tick_usecs=10000\n" + written.replace("VALUE", "810"));
        fails("--tcp_ts_tick_usecs=1000\n" + written.replace("VALUE", "1900"), "its timestamp is");
        passes(written.replace("VALUE", "5"));
    }

    @Test
    void echoesThatWereNeverSeenCanBeReckoned() throws IOException {
        String text = STAMPED + "+.1 < . 1:1(0) ack 1 win 30000 <nop,nop,TS val 200 ecr 700>\n+0 accept(3, ..., ...) = 4\n"
                + "+.9 write(4, ..., 10) = 10\n+0 > P. 1:11(10) ack 1 <nop,nop,TS val 1700 ecr 200>\n"
                + "+.3 > P. 1:11(10) ack 1 <nop,nop,TS val 2000 ecr 200>\n"
                + "+.2 < . 1:1(0) ack 11 win 30000 <nop,nop,TS val 300 ecr 2050>\n+0 %{ assert tcpi_rtt == 106250, tcpi_rtt }%\n";
        ends(Status.ERROR, text, "TS ecr 2050");
        passes("--tcp_ts_ecr_scaled\n" + text);
    }

    @Test
    void anotherConnectionHasAnotherInitialSequenceNumber() throws IOException {
        passes(LISTEN + """
                +0  < S 0:0(0) win 30000 <mss 1000>
                +0  > S. 100:100(0) ack 1 <mss 1460>
                +0  < R 1:1(0) win 0
                +0  < S 9000:9000(0) win 30000 <mss 1000>
                +0  > S. 777:777(0) ack 9001 <mss 1460>
                +.1 < . 9001:9001(0) ack 778 win 30000
                +0  accept(3, ..., ...) = 4
                """);
        fails(LISTEN + """
                +0  < S 0:0(0) win 30000 <mss 1000>
                +0  > S. 100:100(0) ack 1 <mss 1460>
                +.1 < S 0:0(0) win 30000 <mss 1000>
                +0  > S. 101:101(0) ack 1 <mss 1460>
                """, "its sequence number is 100");
    }

    // ---- code

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"assert tcpi_state == TCP_ESTABLISHED", "x = 5 * 2 + 1; assert x == 11", "assert 1 <= tcpi_snd_cwnd <= 10",
        "assert abs(tcpi_rtt - 100000) < 10, 'rtt=%d' % tcpi_rtt", "assert (tcpi_options & TCPI_OPT_SACK) == 0 and not tcpi_unacked",
        "print(tcpi_rtt)", "assert tcpi_rtt // 1000 == 100 or False  # a remark", "assert max(1, 2, 3) == 3 and min(2, 1) == 1",
        "assert 7 % 4 == 3 and 1 << 4 == 16 and ~0 == -1 and 6 ^ 3 == 5 and 1 | 6 == 7", "assert 0x10 == 16 and 1.5 * 2 == 3",
        "assert 1 == 1, \"a \\\" %s\" % {1: [2]}.get(1)"})
    void codeIsUnderstood(String code) throws IOException {
        passes(ACCEPTED + "+0 %{ " + code + " }%\n");
    }

    @Test
    void codeThatDoesNotHoldFails() throws IOException {
        ScriptResult r = fails(ACCEPTED + "+0 %{\nassert tcpi_snd_cwnd == 10\nassert tcpi_snd_cwnd == 11, 'why'\n}%\n", "does not hold");
        assertEquals("assert tcpi_snd_cwnd == 11", r.expected());
        assertEquals("tcpi_snd_cwnd = 10", r.actual());
        assertEquals(10, r.line());
        assertEquals(1, r.column());
        fails(ACCEPTED + "+0 %{ cwnd = tcpi_snd_cwnd }%\n+0 %{ assert cwnd == 9 }%\n", "does not hold");
    }

    @Test
    void codeThatIsNotUnderstoodIsNeverRight() throws IOException {
        ends(Status.SKIPPED, ACCEPTED + "+0 %{ if tcpi_rtt > 1: pass }%\n", "Python that is not understood");
        ends(Status.SKIPPED, ACCEPTED + "+0 %{ assert tcpi_delivered == 1 }%\n", "does not tell tcpi_delivered");
        ends(Status.SKIPPED, ACCEPTED + "+0 %{ assert len(5) }%\n", "the function len");
        ends(Status.SKIPPED, ACCEPTED + "+0 %{ assert 'a' == 'a' }%\n", "strings");
        ends(Status.SKIPPED, ACCEPTED + "+0 %{ assert x.y == 1 }%\n", "not understood: x.");
        ends(Status.SKIPPED, ACCEPTED + "+0 %{ assert [1] == [1] }%\n", "lists");
        ends(Status.SKIPPED, ACCEPTED + "+0 %{ x = 1; x += 1 }%\n", "not understood: x += 1");
        ends(Status.SKIPPED, ACCEPTED + "+0 %{ sys.exit(1) }%\n", "not understood: sys.exit");
        assertEquals(14, ends(Status.ERROR, "0 %{\n  assert 1 == \n}%\n", "a value").column());
        ScriptResult r = ends(Status.ERROR, "0 %{ assert nonsense == 1 }%\n", "nonsense is not defined");
        assertEquals(13, r.column());
        ends(Status.ERROR, "0 %{ assert (1 == 1 }%\n", "\")\"");
        ends(Status.ERROR, "0 %{ assert 1 == 1 1 }%\n", "the end of the statement");
        ends(Status.ERROR, "0 %{ 5 }%\n", "assert, print or an assignment");
        ends(Status.ERROR, "0 %{ assert $x }%\n", "\"$\"");
        ends(Status.ERROR, "0 %{ assert tcpi_rtt == 1 }%\n", "there is no connection yet");
    }

    // ---- commands

    @ParameterizedTest
    @ValueSource(strings = {"sysctl -q net.ipv4.tcp_timestamps=0", "sysctl -q -w net.ipv4.tcp_sack=0 net.ipv4.tcp_ecn=1 >/dev/null 2>&1",
        "../common/defaults.sh", "../../common/defaults.sh\n../../common/set_sysctls.py /proc/sys/net/ipv4/tcp_timestamps=0",
        "echo 0 > /proc/sys/net/ipv4/tcp_sack", "sysctl net.ipv4.tcp_rmem=\"4096 540000 15728640\"", "kldload -n cc_newreno",
        "sysctl net.inet.tcp.rfc1323=0; sysctl net.inet.tcp.cc.algorithm=newreno", "tc qdisc replace dev tun0 root pfifo",
        "ip tcp_metrics flush all > /dev/null 2>&1", "true"})
    void commandsThatConfigureAreUnderstood(String command) throws IOException {
        passes("`" + command + "`\n" + ACCEPTED);
        passes("0 `" + command + "`\n+" + ACCEPTED);
        passes("`" + command + "`\n" + ACCEPTED + "`/tmp/sysctl_restore_${PPID}.sh`\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"ls|`ls` is not understood", "sysctl net.ipv4.tcp_nonsense=1|stands for nothing",
        "sysctl net.ipv4.tcp_recovery=0|behaves as with 1", "sysctl -q net.ipv4.tcp_congestion_control=vegas|no such congestion-control",
        "tc qdisc add dev tun0 root netem delay 10ms|is not understood", "sysctl -n net.ipv4.tcp_sack|is not understood",
        "sysctl net.ipv4.tcp_rmem=5|three numbers"})
    void commandsThatAreNotUnderstoodSkipTheScript(String command, String reason) throws IOException {
        ScriptResult r = ends(Status.SKIPPED, "0 `" + command + "`\n+0 close(3) = -1 EBADF (Bad file descriptor)\n", reason);
        assertEquals(1, r.line());
        assertEquals(3, r.column());
        ends(Status.SKIPPED, "0 close(3) = -1 EBADF (Bad file descriptor)\n`" + command + "`\n", reason);
    }

    @Test
    void commandsHaveAnEffect() throws IOException {
        String syn = LISTEN + "+0 < S 0:0(0) win 30000 <mss 1000,sackOK,TS val 1 ecr 0,nop,wscale 7>\n";
        passes("`sysctl net.ipv4.tcp_timestamps=0 net.ipv4.tcp_window_scaling=0`\n" + syn + "+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK>\n");
        passes("`../common/defaults.sh`\n" + syn
                + "+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 5 ecr 1,nop,wscale 8>\n");
        passes("`sysctl millrace.tcp.sack=false`\n" + syn + "+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,TS val 5 ecr 1,nop,wscale 10>\n");
        ends(Status.ERROR, "`sysctl millrace.tcp.nonsense=1`\n" + LISTEN, "nonsense");
        ends(Status.ERROR, "`sysctl millrace.nonsense.sack=1`\n" + LISTEN, "nonsense");
        ends(Status.ERROR, "`sysctl millrace.tcp.min-rto=long`\n" + LISTEN, "long");
        ends(Status.ERROR, "--local_ip=224.0.0.1\n" + LISTEN, "224.0.0.1");
        ends(Status.SKIPPED, ACCEPTED + "+0 `sysctl net.ipv4.tcp_sack=0`\n", "cannot change that while it runs");
        passes(ACCEPTED + "+0 `sleep 0.5`\n0.6 close(4) = 0\n");
    }

    // ---- what the stack lacks

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"socket(..., SOCK_STREAM, IPPROTO_SCTP) = 4|protocol 132", "socket(..., SOCK_RAW, 1) = 4|type 3",
        "pipe(...) = 0|pipe", "setsockopt(3, SOL_TCP, TCP_FASTOPEN_KEY, [1], 4) = 0|TCP_FASTOPEN_KEY", "setsockopt(3, SOL_SOCKET, 99, [1], 4) = 0|by number",
        "sendto(3, ..., 10, MSG_ZEROCOPY, ..., ...) = 10|ZEROCOPY", "recv(3, ..., 10, MSG_ERRQUEUE) = 0|MSG_ERRQUEUE",
        "getsockopt(3, SOL_TCP, TCP_INFO, [1], [4]) = 0|TCP_INFO", "fcntl(3, 99) = 0|fcntl", "setsockopt(3, SOL_TCP, TCP_CONGESTION, \"vegas\", 5) = 0|no congestion control \"vegas\"",
        "setsockopt(3, SOL_IP, IP_MTU_DISCOVER, [IP_PMTUDISC_DONT], 4) = 0|without discovery",
        "setsockopt(3, SOL_TCP, TCP_FUNCTION_BLK, {function_set_name=\"rack\", pcbcnt=0}, 36) = 0|rack", "listen(3, WHAT) = 0|WHAT"})
    void callsOfWhatTheStackLacksSkipTheScript(String call, String reason) throws IOException {
        ScriptResult r = ends(Status.SKIPPED, "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 " + call + "\n", reason);
        assertEquals(2, r.line());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"> S. 0:0(0) ack 1 <mss 1460,FOEXP 1122334455667788>|experiment of TCP Fast Open", "> SA. 0:0(0) ack 1 <mss 1460>|Accurate ECN",
        "> S.4 0:0(0) ack 1 <mss 1460>|Accurate ECN", "> . 1:1(0) ack 1 <ECN e0b 1 ceb 0 e1b 0>|Accurate ECN",
        "> . 1:1(0) ack 1 <md5 00112233445566778899aabbccddeeff,nop,nop>|MD5"})
    void packetsOfWhatTheStackLacksSkipTheScript(String packet, String reason) throws IOException {
        ends(Status.SKIPPED, LISTEN + "+0 < S 0:0(0) win 30000 <mss 1000>\n+0 " + packet + "\n", reason);
    }

    @Test
    void packetsInPacketsSkipTheScript() throws IOException {
        ends(Status.SKIPPED, "0 > gre: . 1:1(0)\n", "packets in other packets: gre");
        ends(Status.SKIPPED, "--udp_encapsulation=9899\n0 nonsense\n", "TCP in UDP");
        ends(Status.ERROR, "--nonsense=1\n0 close(3) = 0\n", "--nonsense is no option");
        ends(Status.ERROR, "--mtu=5\n0 close(3) = 0\n", "--mtu is a number from 68");
    }

    @Test
    void packetsToTheStackThatCannotBeAreErrors() throws IOException {
        ends(Status.ERROR, "0 < S 0:0(0) win 1 <wscale 7>\n", "words of 4");
        ends(Status.ERROR, "0 < . 1:100001(100000) win 1\n", "at most");
        ends(Status.SKIPPED, "0 < icmp packet_too_big mtu 1000\n", "has no packet_too_big");
        ends(Status.SKIPPED, "0 > icmp unreachable no_route\n", "has no unreachable no_route");
    }

    // ---- variants

    @Test
    void variantsAreTheScriptsOrAll() {
        assertEquals(List.of(IpVariant.values()), ScriptFiles.variants("a.pkt", ACCEPTED));
        assertEquals(List.of(IpVariant.IPV6), ScriptFiles.variants("a-v6.pkt", ACCEPTED));
        assertEquals(List.of(IpVariant.MAPPED), ScriptFiles.variants("a.pkt", "--ip_version=ipv4-mapped-ipv6\n" + ACCEPTED));
    }

    @Test
    void aScriptOfOneVersionIsSkippedWithAnother() throws IOException {
        Packetdrill v4 = Packetdrill.create().variant(IpVariant.IPV4);
        assertEquals(Status.SKIPPED, v4.run("x-v6", ACCEPTED).status());
        assertEquals(Status.SKIPPED, v4.run("x", "--ip_version=ipv6\n" + ACCEPTED).status());
        assertEquals(Status.SKIPPED, v4.run("x", "0 socket(AF_INET6, SOCK_STREAM, 0) = 3\n").status());
        assertEquals(Status.PASSED, Packetdrill.create().variant(IpVariant.MAPPED).run("x", "0 socket(AF_INET6, SOCK_STREAM, 0) = 3\n").status());
        assertEquals(IpVariant.IPV6, Packetdrill.create().run("x-v6", ACCEPTED).variant());
    }

    @Test
    void theMssIsThatOfIpv4OverIpv6() throws IOException {
        assertEquals(Status.PASSED, Packetdrill.create().variant(IpVariant.IPV6).run("x", ACCEPTED).status());
        passes("--mtu=1400\n" + ACCEPTED.replace("1460", "1360"));
        passes("--mss=1200\n" + ACCEPTED.replace("1460", "1200"));
    }

    @Test
    void aProfileThatTheStackDoesNotKnowIsSaidSo() {
        var e = assertThrows(ConfigurationException.class, () -> Packetdrill.create().profile("plan9").run("x", ACCEPTED));
        assertTrue(e.getMessage().contains("plan9"), e::getMessage);
    }

    @Test
    void aStackThatThrowsFailsTheScript() throws IOException {
        ScriptResult r = Packetdrill.create().stack(b -> {
            throw new IllegalStateException("no such luck");
        }).run("x", ACCEPTED);
        assertEquals(Status.FAILED, r.status());
        assertTrue(r.message().contains("no such luck"), r::toString);
    }
}
