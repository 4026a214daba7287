package dev.millrace.packetdrill.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.packetdrill.Packetdrill;
import dev.millrace.packetdrill.ScriptResult;
import dev.millrace.packetdrill.ScriptResult.Status;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Each name that a kernel has for something is an option that the stack has, with a value that it takes.
class SysctlsTest {
    private static Status status(String setting) throws Exception {
        ScriptResult r = Packetdrill.create().run("test", "`sysctl -q " + setting + "`\n0 close(3) = -1 EBADF (Bad file descriptor)\n");
        return r.status();
    }

    @ParameterizedTest
    @ValueSource(strings = {"net.ipv4.tcp_timestamps=0", "net.ipv4.tcp_sack=1", "net.ipv4.tcp_window_scaling=0",
        "net.ipv4.tcp_slow_start_after_idle=0", "net.ipv4.tcp_syncookies=0", "net.ipv4.tcp_ecn=2", "net.ipv4.tcp_congestion_control=reno",
        "net.ipv4.tcp_congestion_control=bbr", "net.ipv4.tcp_early_retrans=0", "net.ipv4.tcp_mtu_probing=2", "net.ipv4.tcp_base_mss=1024",
        "net.ipv4.tcp_probe_interval=600", "net.ipv4.tcp_syn_retries=5", "net.ipv4.tcp_synack_retries=5", "net.ipv4.tcp_retries2=15",
        "net.ipv4.tcp_fin_timeout=60", "net.ipv4.tcp_keepalive_time=7200", "net.ipv4.tcp_keepalive_intvl=75",
        "net.ipv4.tcp_keepalive_probes=9", "net.ipv4.tcp_rto_min_us=200000", "net.ipv4.tcp_rto_max_ms=120000",
        "net.ipv4.tcp_max_syn_backlog=128", "net.ipv4.ip_default_ttl=64", "'net.ipv4.tcp_rmem=4096 131072 6291456'",
        "'net.ipv4.tcp_wmem=4096 16384 4194304'", "net.inet.tcp.rfc1323=1", "net.inet.tcp.sack.enable=1", "net.inet.tcp.ecn.enable=2",
        "net.inet.tcp.cc.algorithm=cubic", "net.inet.tcp.msl=30000", "net.inet.tcp.syncookies=1", "net.inet.tcp.syncache.rexmtlimit=3",
        "net.inet.tcp.delayed_ack=0", "net.inet.tcp.delayed_ack=1", "net.inet.tcp.delacktime=40", "net.inet.tcp.keepidle=7200000",
        "net.inet.tcp.keepintvl=75000", "net.inet.tcp.keepcnt=8", "net.inet.tcp.keepinit=75000", "net.inet.tcp.always_keepalive=1",
        "net.inet.tcp.rexmit_min=230", "net.inet.tcp.rexmit_initial=1000", "net.inet.tcp.initcwnd_segments=10",
        "net.inet.tcp.finwait2_timeout=60000", "net.inet.tcp.pmtud_blackhole_detection=1", "net.inet.tcp.sendspace=32768",
        "net.inet.tcp.recvspace=65536", "net.inet.ip.ttl=64", "/proc/sys/net/ipv4/tcp_sack=1", "net/ipv4/tcp_sack=0",
        "net.ipv4.tcp_dsack=1", "net.ipv4.tcp_fastopen=0x70403", "net.ipv4.tcp_fastopen=3", "kern.timecounter.alloweddeviation=0", "millrace.tcp.time-wait=2s",
        "millrace.udp.receive-buffer=64KiB"})
    void areUnderstood(String setting) throws Exception {
        assertEquals(Status.PASSED, status(setting));
    }

    @ParameterizedTest
    @CsvSource({"net.ipv4.tcp_sack=2", "net.ipv4.tcp_ecn=7", "net.ipv4.tcp_fastopen=0x204", "net.ipv4.tcp_fastopen=much", "net.ipv4.tcp_early_retrans=1", "net.ipv4.tcp_dsack=0", "net.ipv4.tcp_recovery=0",
        "net.ipv4.tcp_retries2=many", "net.ipv4.tcp_syn_retries=99", "net.ipv4.no_such_thing=1", "net.inet.tcp.functions_default=rack"})
    void whatTheStackCannotHaveSkips(String setting) throws Exception {
        assertEquals(Status.SKIPPED, status(setting));
    }
}
