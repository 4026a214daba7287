package dev.millrace.stack;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Throttle;

/// A packet was let go. Named by [DropRecorder] only, so that it is not loaded where there is no module `jdk.jfr`.
@Name("dev.millrace.Drop")
@Label("Drop")
@Description("A packet was let go; at most a hundred a second of all stacks together")
@Category("Millrace")
@StackTrace(false)
@Throttle("100/s")
final class DropEvent extends Event {
    @Label("Stack")
    @Description("The name of the stack")
    String stack;
    @Label("Reason")
    @Description("The name of the reason, as that of the counter")
    String reason;
    @Label("Source")
    @Description("The address that it came from, if that was known already")
    String source;
    @Label("Destination")
    @Description("The address that it went to, if that was known already")
    String destination;
    @Label("Size")
    @Description("What was left of it when it was dropped, headers that were taken off not included")
    @DataAmount
    int size;
}
