package dev.millrace.packetdrill.run;

import dev.millrace.packetdrill.script.Position;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/// The names that kernels have for what a stack's configuration says, Linux's and FreeBSD's. A name that is not here, and a
/// value that the stack cannot have, are reasons to skip a script.
final class Sysctls {
    /// What any value of which changes nothing that a packet shows: memory of the whole machine, queues, metrics, rates of others.
    private static final Set<String> WITHOUT_EFFECT = Set.of("net.ipv4.tcp_no_metrics_save", "net.ipv4.tcp_mem", "net.ipv4.tcp_moderate_rcvbuf",
            "net.ipv4.tcp_autocorking", "net.ipv4.tcp_tso_win_divisor", "net.ipv4.tcp_min_tso_segs", "net.ipv4.tcp_tso_rtt_log",
            "net.ipv4.tcp_limit_output_bytes", "net.ipv4.tcp_max_orphans", "net.ipv4.tcp_max_tw_buckets", "net.ipv4.tcp_fack",
            "net.ipv4.tcp_early_demux", "net.ipv4.tcp_fastopen_key", "net.ipv4.tcp_fastopen_blackhole_timeout_sec",
            "net.ipv4.ip_local_port_range", "net.core.rmem_max", "net.core.wmem_max", "net.core.rmem_default", "net.core.wmem_default",
            "net.core.default_qdisc", "net.core.netdev_max_backlog", "net.ipv4.tcp_pacing_ss_ratio", "net.ipv4.tcp_pacing_ca_ratio",
            "net.ipv4.tcp_allowed_congestion_control", "net.ipv4.tcp_ehash_entries", "kern.timecounter.alloweddeviation",
            "net.inet.tcp.hostcache.purgenow", "net.inet.tcp.hostcache.purge", "net.inet.tcp.hostcache.enable", "kern.ipc.maxsockbuf",
            "net.inet.tcp.sendbuf_max", "net.inet.tcp.recvbuf_max", "net.inet.tcp.tso", "net.inet.tcp.log_in_vain", "net.inet.tcp.nolocaltimewait",
            "net.inet.ip.portrange.first", "net.inet.ip.portrange.last");
    /// What the stack does in one way only, by the value that means it.
    private static final Map<String, Set<String>> FIXED = Map.ofEntries(Map.entry("net.ipv4.tcp_dsack", Set.of("1")),
            Map.entry("net.ipv4.tcp_recovery", Set.of("1")), Map.entry("net.ipv4.tcp_reordering", Set.of("3")),
            Map.entry("net.ipv4.tcp_frto", Set.of("1", "2")), Map.entry("net.ipv4.tcp_retries1", Set.of("3")),
            Map.entry("net.ipv4.tcp_rfc1337", Set.of("1")), Map.entry("net.ipv4.tcp_abort_on_overflow", Set.of("0")),
            Map.entry("net.ipv4.tcp_stdurg", Set.of("0")), Map.entry("net.ipv4.tcp_shrink_window", Set.of("0")),
            Map.entry("net.ipv4.tcp_thin_linear_timeouts", Set.of("0")), Map.entry("net.ipv4.tcp_ecn_fallback", Set.of("1")),
            Map.entry("net.ipv4.tcp_workaround_signed_windows", Set.of("0")), Map.entry("net.ipv4.ip_no_pmtu_disc", Set.of("0")),
            Map.entry("net.inet.tcp.functions_default", Set.of("freebsd")), Map.entry("net.inet.tcp.insecure_rst", Set.of("0")),
            Map.entry("net.inet.tcp.insecure_syn", Set.of("0")), Map.entry("net.inet.tcp.insecure_ack", Set.of("0")),
            Map.entry("net.inet.tcp.rfc3042", Set.of("1")), Map.entry("net.inet.tcp.rfc3390", Set.of("1")),
            Map.entry("net.inet.tcp.tolerate_missing_ts", Set.of("1")), Map.entry("net.inet.tcp.blackhole", Set.of("0")),
            Map.entry("net.inet.udp.blackhole", Set.of("0")), Map.entry("net.inet.tcp.path_mtu_discovery", Set.of("1")),
            Map.entry("net.inet.tcp.drop_synfin", Set.of("1")), Map.entry("net.inet.tcp.rfc6675_pipe", Set.of("1")));
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,12}");
    /// Not a kernel's: the stack's own options, `millrace.tcp.time-wait=2s`.
    private static final String OWN = "millrace.";

    private static final Map<String, Rule> RULES = rules();

    private final StackSetup setup;

    Sysctls(StackSetup setup) {
        this.setup = setup;
    }

    /// An option of a protocol, and what it is for a value; `null` if it cannot be.
    private record Rule(String protocol, String option, Function<String, String> value) {
    }

    /// Does what setting a name to a value means.
    void set(Position at, String name, String value) throws SkipException {
        String key = name.replace('/', '.').toLowerCase(Locale.ROOT);
        String shown = key + "=" + value;
        if (key.startsWith(OWN)) {
            String[] parts = key.split("\\.", 3);
            setup.set(at, shown, parts[1], parts.length == 3 ? parts[2] : "", value);
            return;
        }
        if (WITHOUT_EFFECT.contains(key)) {
            return;
        }
        if (FIXED.containsKey(key)) {
            if (!FIXED.get(key).contains(value)) {
                throw new SkipException(at, shown + ": the stack behaves as with " + String.join(" or ", FIXED.get(key)));
            }
            return;
        }
        switch (key) {
            case "net.ipv4.tcp_rmem" -> buffers(at, shown, "receive-buffer", value);
            case "net.ipv4.tcp_wmem" -> buffers(at, shown, "send-buffer", value);
            case "net.inet.tcp.rfc1323" -> {
                setup.set(at, shown, "tcp", "timestamps", flag(value));
                setup.set(at, shown, "tcp", "window-scaling", flag(value));
            }
            default -> byRule(at, shown, key, value);
        }
    }

    private void byRule(Position at, String shown, String key, String value) throws SkipException {
        Rule rule = RULES.get(key);
        if (rule == null) {
            throw new SkipException(at, "the sysctl " + key + " stands for nothing of the stack");
        }
        String set = rule.value().apply(value);
        if (set == null) {
            throw new SkipException(at, shown + ": the stack has no such " + rule.option());
        }
        setup.set(at, shown, rule.protocol(), rule.option(), set);
    }

    /// Three numbers: the least, what sockets begin with, the most.
    private void buffers(Position at, String shown, String option, String value) throws SkipException {
        List<String> sizes = List.of(value.strip().split("[\\s,]+"));
        if (sizes.size() != 3 || !sizes.stream().allMatch(s -> NUMBER.matcher(s).matches())) {
            throw new SkipException(at, shown + ": three numbers are needed");
        }
        long begin = Math.clamp(Long.parseLong(sizes.get(1)), 2048, 1 << 30);
        setup.set(at, shown, "tcp", option, "" + begin);
        setup.set(at, shown, "tcp", option + "-max", "" + Math.clamp(Long.parseLong(sizes.get(2)), begin, 1 << 30));
    }

    /// Linux's bits: 1 and 2 let clients and servers that ask for it, as is always so here; 0x400 and 2 is servers that say nothing.
    /// Without cookies (4 and 0x200) there is none here.
    private static String fastOpen(String value) {
        if (!value.matches("0x[0-9a-fA-F]{1,7}|[0-9]{1,7}")) {
            return null;
        }
        int bits = Integer.decode(value.matches("0[0-9]+") ? value.replaceFirst("^0+(?=.)", "") : value);
        return (bits & 0x204) != 0 ? null : (bits & 0x402) == 0x402 ? "server" : "off";
    }

    private static String flag(String value) {
        return value.equals("0") ? "false" : "true";
    }

    private static Function<String, String> number(Function<Long, String> f) {
        return v -> NUMBER.matcher(v).matches() ? f.apply(Long.parseLong(v)) : null;
    }

    private static Function<String, String> unit(String unit) {
        return number(n -> n + unit);
    }

    private static Function<String, String> oneOf(Map<String, String> values) {
        return values::get;
    }

    private static Map<String, Rule> rules() {
        Map<String, Rule> r = new HashMap<>();
        Function<String, String> same = number(n -> "" + n);
        Function<String, String> yesOrNo = oneOf(Map.of("0", "false", "1", "true"));
        Map<String, String> controls = Map.of("cubic", "cubic", "reno", "newreno", "newreno", "newreno", "bbr", "bbr");
        rule(r, "net.ipv4.tcp_timestamps", "timestamps", yesOrNo);
        rule(r, "net.ipv4.tcp_sack", "sack", yesOrNo);
        rule(r, "net.ipv4.tcp_window_scaling", "window-scaling", yesOrNo);
        rule(r, "net.ipv4.tcp_slow_start_after_idle", "slow-start-after-idle", yesOrNo);
        rule(r, "net.ipv4.tcp_syncookies", "syn-cookies", yesOrNo);
        rule(r, "net.ipv4.tcp_ecn", "ecn", oneOf(Map.of("0", "off", "1", "request", "2", "accept")));
        rule(r, "net.ipv4.tcp_congestion_control", "congestion-control", oneOf(controls));
        rule(r, "net.ipv4.tcp_fastopen", "fast-open", Sysctls::fastOpen);
        rule(r, "net.ipv4.tcp_early_retrans", "tail-loss-probe", oneOf(Map.of("0", "false", "3", "true", "4", "true")));
        rule(r, "net.ipv4.tcp_mtu_probing", "mtu-probing", oneOf(Map.of("0", "off", "1", "black-hole", "2", "always")));
        rule(r, "net.ipv4.tcp_base_mss", "base-mss", same);
        rule(r, "net.ipv4.tcp_probe_interval", "mtu-probe-interval", unit("s"));
        // N retransmissions of a SYN, the first after a second, and the wait behind the last.
        rule(r, "net.ipv4.tcp_syn_retries", "syn-timeout", number(n -> n > 10 ? null : (1L << n + 1) - 1 + "s"));
        rule(r, "net.ipv4.tcp_synack_retries", "syn-answers", number(n -> n > 9 ? null : "" + (n + 1)));
        rule(r, "net.ipv4.tcp_retries2", "max-retransmissions", same);
        rule(r, "net.ipv4.tcp_fin_timeout", "fin-wait-2", unit("s"));
        rule(r, "net.ipv4.tcp_keepalive_time", "keep-alive-idle", unit("s"));
        rule(r, "net.ipv4.tcp_keepalive_intvl", "keep-alive-interval", unit("s"));
        rule(r, "net.ipv4.tcp_keepalive_probes", "keep-alive-count", same);
        rule(r, "net.ipv4.tcp_rto_min_us", "min-rto", unit("us"));
        rule(r, "net.ipv4.tcp_rto_max_ms", "max-rto", unit("ms"));
        rule(r, "net.ipv4.tcp_max_syn_backlog", "backlog", same);
        r.put("net.ipv4.ip_default_ttl", new Rule("ipv4", "ttl", same));
        rule(r, "net.inet.tcp.sack.enable", "sack", yesOrNo);
        rule(r, "net.inet.tcp.ecn.enable", "ecn", oneOf(Map.of("0", "off", "1", "request", "2", "accept")));
        rule(r, "net.inet.tcp.cc.algorithm", "congestion-control", oneOf(controls));
        rule(r, "net.inet.tcp.msl", "time-wait", number(n -> 2 * n + "ms"));
        rule(r, "net.inet.tcp.syncookies", "syn-cookies", yesOrNo);
        rule(r, "net.inet.tcp.syncache.rexmtlimit", "syn-answers", number(n -> n > 9 ? null : "" + (n + 1)));
        rule(r, "net.inet.tcp.delayed_ack", "delayed-ack", v -> v.equals("0") ? "0" : v.equals("1") ? "100ms" : null);
        rule(r, "net.inet.tcp.delacktime", "delayed-ack", unit("ms"));
        rule(r, "net.inet.tcp.keepidle", "keep-alive-idle", unit("ms"));
        rule(r, "net.inet.tcp.keepintvl", "keep-alive-interval", unit("ms"));
        rule(r, "net.inet.tcp.keepcnt", "keep-alive-count", same);
        rule(r, "net.inet.tcp.keepinit", "syn-timeout", unit("ms"));
        rule(r, "net.inet.tcp.always_keepalive", "keep-alive", yesOrNo);
        rule(r, "net.inet.tcp.rexmit_min", "min-rto", unit("ms"));
        rule(r, "net.inet.tcp.rexmit_initial", "initial-rto", unit("ms"));
        rule(r, "net.inet.tcp.initcwnd_segments", "initial-window", same);
        rule(r, "net.inet.tcp.finwait2_timeout", "fin-wait-2", unit("ms"));
        rule(r, "net.inet.tcp.pmtud_blackhole_detection", "mtu-probing", oneOf(Map.of("0", "off", "1", "black-hole")));
        rule(r, "net.inet.tcp.sendspace", "send-buffer", same);
        rule(r, "net.inet.tcp.recvspace", "receive-buffer", same);
        r.put("net.inet.ip.ttl", new Rule("ipv4", "ttl", same));
        return Map.copyOf(r);
    }

    private static void rule(Map<String, Rule> rules, String name, String option, Function<String, String> value) {
        rules.put(name, new Rule("tcp", option, value));
    }
}
