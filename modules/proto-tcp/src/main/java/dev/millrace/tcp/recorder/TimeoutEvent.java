package dev.millrace.tcp.recorder;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;

/// The retransmission timer has run out.
@Name("dev.millrace.TcpTimeout")
@Label("TCP Retransmission Timeout")
@Description("The retransmission timer has run out")
public final class TimeoutEvent extends ConnectionEvent {
    @Label("Retransmissions")
    @Description("Timeouts of the oldest data since something was last acknowledged")
    public int retransmissions;
    @Label("Next Timeout")
    @Timespan(Timespan.NANOSECONDS)
    public long rto;
    @Label("In Flight")
    @DataAmount
    public long inFlight;

    /// Nothing is known yet.
    public TimeoutEvent() {
    }
}
