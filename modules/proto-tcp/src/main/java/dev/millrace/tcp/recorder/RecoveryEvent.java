package dev.millrace.tcp.recorder;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/// Loss recovery has begun, changed or ended.
@Name("dev.millrace.TcpRecovery")
@Label("TCP Loss Recovery")
@Description("Loss recovery has begun, changed or ended")
public final class RecoveryEvent extends ConnectionEvent {
    @Label("From")
    public String from;
    @Label("To")
    public String to;
    @Label("Congestion Window")
    @DataAmount
    public long cwnd;
    @Label("Slow-Start Threshold")
    @DataAmount
    public long ssthresh;
    @Label("In Flight")
    @DataAmount
    public long inFlight;
    @Label("Lost")
    @DataAmount
    public long lost;

    /// Nothing is known yet.
    public RecoveryEvent() {
    }
}
