package dev.millrace.bench;

/// What a benchmark does.
public enum Work {
    /// One TCP connection, data in one direction: Gbit/s.
    STREAM("stream"),
    /// One byte to and fro on one TCP connection: latency.
    RR("rr"),
    /// Connect and close, one after another: connections a second.
    CONNECT("connect"),
    /// 64 bytes to and fro over UDP: latency.
    UDP_RR("udp-rr"),
    /// 64-byte datagrams as fast as they go: datagrams received a second.
    UDP_FLOOD("udp-flood"),
    /// Established connections that do nothing: heap for each pair.
    IDLE("idle");

    private final String label;

    Work(String label) {
        this.label = label;
    }

    /// The name on a command line.
    public String label() {
        return label;
    }
}
