/// What Java Flight Recorder is told of TCP: the events, one class each. Named by [dev.millrace.tcp.TcpRecorder] only, so that nothing
/// here is loaded where there is no module `jdk.jfr`.
package dev.millrace.tcp.recorder;
