package dev.millrace.tcp.recorder;

import jdk.jfr.DataAmount;
import jdk.jfr.Label;

/// What events tell that are about what congestion control allows.
public abstract class WindowEvent extends ConnectionEvent {
    @Label("Congestion Window")
    @DataAmount
    public long cwnd;
    @Label("Slow-Start Threshold")
    @DataAmount
    public long ssthresh;
    @Label("In Flight")
    @DataAmount
    public long inFlight;

    /// Nothing is known yet.
    protected WindowEvent() {
    }
}
