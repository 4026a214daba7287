package dev.millrace.tcp.recorder;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/// Loss recovery has begun, changed or ended.
@Name("dev.millrace.TcpRecovery")
@Label("TCP Loss Recovery")
@Description("Loss recovery has begun, changed or ended")
public final class RecoveryEvent extends WindowEvent {
    @Label("From")
    public String from;
    @Label("To")
    public String to;
    @Label("Lost")
    @DataAmount
    public long lost;

    /// Nothing is known yet.
    public RecoveryEvent() {
    }
}
