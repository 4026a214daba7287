package dev.millrace.tcp.recorder;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/// A connection has come to rest in another state.
@Name("dev.millrace.TcpState")
@Label("TCP State")
@Description("A connection has come to rest in another state")
public final class StateEvent extends ConnectionEvent {
    @Label("From")
    @Description("The state before; steps in between that took no time are left out")
    public String from;
    @Label("To")
    public String to;
    @Label("Error")
    @Description("Why the connection failed, if it did")
    public String error;

    /// Nothing is known yet.
    public StateEvent() {
    }
}
