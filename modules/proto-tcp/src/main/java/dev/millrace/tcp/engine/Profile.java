package dev.millrace.tcp.engine;

import java.util.Map;

/// Whose habits a TCP has where the RFCs leave a choice: what others see of it, and when.
public enum Profile {
    /// The RFCs', as the options say.
    DEFAULT(Map.of()),
    /// Those of Linux 6.5 and later: its timers, as far as options say them; a first window as its own buffers allow
    /// ([WindowAdvertiser]); PSH at the end of each burst ([BurstEnds]); what begins is acknowledged segment by segment, whatever
    /// its size, until the program answers ([AckPolicy]); a tail loss probe waits for a delayed acknowledgement if one segment is
    /// in flight ([TailLossProbe]); a closed window is probed as seldom as data is sent again ([PersistTimer]). The order of
    /// options is Linux's in any case.
    LINUX(Map.of(
            // tcp_syn_linear_timeouts = 4 and tcp_syn_retries = 6: 1, 2, 3, 4, 5, 7, 11, 19, 35, 67 and 131 s.
            "syn-linear-timeouts", "4",
            "syn-timeout", "131s",
            // tcp_orphan_retries.
            "closed-retransmissions", "8",
            // tcp_rmem and tcp_wmem: the first has a window scale of 7.
            "receive-buffer-max", "6MiB",
            "send-buffer-max", "4MiB"));

    /// The values of options that were not given.
    final Map<String, String> defaults;

    Profile(Map<String, String> defaults) {
        this.defaults = defaults;
    }
}
