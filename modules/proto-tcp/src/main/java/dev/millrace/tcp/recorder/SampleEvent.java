package dev.millrace.tcp.recorder;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Throttle;
import jdk.jfr.Timespan;

/// What a connection was like when new data was acknowledged; at most a hundred a second of all connections together.
@Name("dev.millrace.TcpSample")
@Label("TCP Sample")
@Description("What a connection was like when new data was acknowledged; at most a hundred a second of all connections together")
@Throttle("100/s")
public final class SampleEvent extends WindowEvent {
    @Label("Unsent")
    @DataAmount
    public long unsent;
    @Label("Peer Window")
    @DataAmount
    public long window;
    @Label("Smoothed Round Trip")
    @Timespan(Timespan.NANOSECONDS)
    public long srtt;
    @Label("Round Trip Variation")
    @Timespan(Timespan.NANOSECONDS)
    public long rttvar;
    @Label("Least Round Trip")
    @Timespan(Timespan.NANOSECONDS)
    public long minRtt;

    /// Nothing is known yet.
    public SampleEvent() {
    }
}
