package dev.millrace.packetdrill.code;

import dev.millrace.TcpInfo;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;

/// The fields of `tcp_info`, with Linux's names and units: segments where it counts segments, microseconds and milliseconds.
final class InfoVariables {
    private static final long UNBOUNDED = 0x7fff_ffff;
    /// From here on a slow-start threshold is none.
    private static final long NO_THRESHOLD = 1 << 30;
    private static final Map<String, ToLongFunction<TcpInfo>> FIELDS = fields();
    private static final Map<String, Long> CONSTANTS = constants();
    /// There are such fields, and the stack does not tell them.
    static final Set<String> MISSING_PREFIXES = Set.of("tcpi_", "cc_", "tcpv_", "vegas_", "bbr_", "dctcp_", "sk_meminfo");

    private InfoVariables() {
    }

    /// The value of a field or constant, or `null`.
    ///
    /// @param info of the connection, or `null` if there is none
    static Long value(String name, TcpInfo info) {
        Long constant = CONSTANTS.get(name);
        if (constant != null) {
            return constant;
        }
        ToLongFunction<TcpInfo> field = FIELDS.get(name);
        return field == null || info == null ? null : field.applyAsLong(info);
    }

    static boolean isField(String name) {
        return FIELDS.containsKey(name);
    }

    private static Map<String, ToLongFunction<TcpInfo>> fields() {
        Map<String, ToLongFunction<TcpInfo>> f = new HashMap<>();
        f.put("tcpi_state", i -> state(i.state()));
        f.put("tcpi_ca_state", InfoVariables::congestionState);
        f.put("tcpi_retransmits", i -> i.recovery().retransmissions());
        f.put("tcpi_probes", i -> i.recovery().probes());
        f.put("tcpi_backoff", i -> i.roundTrip().backOffs());
        f.put("tcpi_options", InfoVariables::options);
        f.put("tcpi_snd_wscale", i -> i.agreed().sendWindowScale());
        f.put("tcpi_rcv_wscale", i -> i.agreed().receiveWindowScale());
        f.put("tcpi_rto", i -> i.roundTrip().rtoNs() / 1000);
        f.put("tcpi_ato", i -> i.receiving().ackDelayNs() / 1000);
        f.put("tcpi_snd_mss", i -> i.sending().mss());
        f.put("tcpi_rcv_mss", i -> i.receiving().mss());
        f.put("tcpi_unacked", i -> segments(i, i.sending().bytesInFlight()));
        f.put("tcpi_sacked", i -> segments(i, i.recovery().bytesSacked()));
        f.put("tcpi_lost", i -> segments(i, i.recovery().bytesLost()));
        f.put("tcpi_retrans", i -> segments(i, i.recovery().bytesResent()));
        f.put("tcpi_last_data_sent", i -> i.ages().sentNs() / 1_000_000);
        f.put("tcpi_last_data_recv", i -> i.ages().receivedNs() / 1_000_000);
        f.put("tcpi_last_ack_recv", i -> i.ages().segmentNs() / 1_000_000);
        f.put("tcpi_pmtu", i -> i.sending().pathMtu());
        f.put("tcpi_rtt", i -> i.roundTrip().srttNs() / 1000);
        f.put("tcpi_rttvar", i -> i.roundTrip().rttvarNs() / 1000);
        f.put("tcpi_snd_ssthresh", i -> i.sending().ssthresh() >= NO_THRESHOLD ? UNBOUNDED : whole(i, i.sending().ssthresh()));
        f.put("tcpi_snd_cwnd", i -> whole(i, i.sending().cwnd()));
        f.put("tcpi_advmss", i -> i.agreed().advertisedMss());
        f.put("tcpi_total_retrans", i -> i.totals().retransmittedSegments());
        f.put("tcpi_pacing_rate", i -> i.sending().pacingRate());
        f.put("tcpi_bytes_acked", i -> i.totals().bytesAcked());
        f.put("tcpi_bytes_received", i -> i.totals().bytesReceived());
        f.put("tcpi_segs_out", i -> i.totals().segmentsSent());
        f.put("tcpi_segs_in", i -> i.totals().segmentsReceived());
        f.put("tcpi_notsent_bytes", i -> i.sending().bytesUnsent());
        f.put("tcpi_min_rtt", i -> i.roundTrip().minNs() / 1000);
        f.put("tcpi_data_segs_in", i -> i.totals().dataSegmentsReceived());
        f.put("tcpi_data_segs_out", i -> i.totals().dataSegmentsSent());
        f.put("tcpi_delivery_rate", i -> i.sending().deliveryRate());
        f.put("tcpi_busy_time", i -> i.limits().busyNs() / 1000);
        f.put("tcpi_rwnd_limited", i -> i.limits().receiveWindowNs() / 1000);
        f.put("tcpi_sndbuf_limited", i -> i.limits().sendBufferNs() / 1000);
        f.put("tcpi_bytes_sent", i -> i.totals().bytesSent() + i.totals().bytesRetransmitted());
        f.put("tcpi_bytes_retrans", i -> i.totals().bytesRetransmitted());
        f.put("tcpi_dsack_dups", i -> i.recovery().duplicatesReported());
        f.put("tcpi_reord_seen", i -> i.recovery().reorderingSeen() ? 1 : 0);
        f.put("tcpi_rcv_ooopack", i -> i.receiving().segmentsOutOfOrder());
        f.put("tcpi_snd_wnd", i -> i.sending().window());
        f.put("tcpi_rcv_wnd", i -> i.receiving().window());
        f.put("tcpi_total_rto", i -> i.totals().timeouts());
        return Map.copyOf(f);
    }

    /// How many segments so many bytes are, the last perhaps not full.
    private static long segments(TcpInfo i, long bytes) {
        int mss = Math.max(1, i.sending().mss());
        return (bytes + mss - 1) / mss;
    }

    /// How many full segments fit.
    private static long whole(TcpInfo i, long bytes) {
        return bytes / Math.max(1, i.sending().mss());
    }

    private static long state(String state) {
        return List.of("", "ESTABLISHED", "SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSED", "CLOSE_WAIT",
                "LAST_ACK", "LISTEN", "CLOSING").indexOf(state);
    }

    private static long congestionState(TcpInfo i) {
        return switch (i.recovery().phase()) {
            case "FAST_RECOVERY", "SACK_RECOVERY" -> 3;
            case "RTO_RECOVERY" -> 4;
            default -> i.recovery().bytesSacked() > 0 ? 1 : 0;
        };
    }

    private static long options(TcpInfo i) {
        TcpInfo.Agreed a = i.agreed();
        boolean scaled = a.sendWindowScale() > 0 || a.receiveWindowScale() > 0;
        return (a.timestamps() ? 1 : 0) | (a.sack() ? 2 : 0) | (scaled ? 4 : 0) | (a.ecn() ? 8 : 0)
                | (i.fastOpen().synBytesAcknowledged() > 0 ? 32 : 0);
    }

    private static Map<String, Long> constants() {
        Map<String, Long> c = new HashMap<>();
        String[] linux = {"ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE", "CLOSE_WAIT", "LAST_ACK",
            "LISTEN", "CLOSING"};
        for (int i = 0; i < linux.length; i++) {
            c.put("TCP_" + linux[i], i + 1L);
        }
        // FreeBSD numbers its states otherwise; that a name is compared with a name is all that scripts need.
        String[] bsd = {"ESTABLISHED", "SYN_SENT", "SYN_RECEIVED", "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT", "CLOSED", "CLOSE_WAIT", "LAST_ACK",
            "LISTEN", "CLOSING"};
        for (int i = 0; i < bsd.length; i++) {
            c.put("TCPI_" + bsd[i], i + 1L);
            c.put("TCPS_" + bsd[i], i + 1L);
        }
        String[] congestion = {"Open", "Disorder", "CWR", "Recovery", "Loss"};
        for (int i = 0; i < congestion.length; i++) {
            c.put("TCP_CA_" + congestion[i], (long) i);
        }
        String[] options = {"TIMESTAMPS", "SACK", "WSCALE", "ECN", "ECN_SEEN", "SYN_DATA", "USEC_TS", "TFO_CHILD"};
        for (int i = 0; i < options.length; i++) {
            c.put("TCPI_OPT_" + options[i], 1L << i);
        }
        c.put("TCP_INFINITE_SSTHRESH", UNBOUNDED);
        c.put("True", 1L);
        c.put("False", 0L);
        c.put("None", 0L);
        return Map.copyOf(c);
    }
}
