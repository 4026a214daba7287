package dev.millrace.tcp.recorder;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;

/// What all events of connections tell.
@Category({"Millrace", "TCP"})
@StackTrace(false)
public abstract class ConnectionEvent extends Event {
    @Label("Stack")
    @Description("The name of the stack")
    public String stack;
    @Label("Local Address")
    public String local;
    @Label("Remote Address")
    public String remote;

    /// Nothing is known yet.
    protected ConnectionEvent() {
    }
}
