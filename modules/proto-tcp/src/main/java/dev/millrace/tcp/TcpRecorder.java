package dev.millrace.tcp;

import dev.millrace.TcpInfo;
import dev.millrace.tcp.engine.TcpConnection;
import dev.millrace.tcp.engine.TcpState;
import dev.millrace.tcp.recorder.ConnectionEvent;
import dev.millrace.tcp.recorder.RecoveryEvent;
import dev.millrace.tcp.recorder.SampleEvent;
import dev.millrace.tcp.recorder.StateEvent;
import dev.millrace.tcp.recorder.TimeoutEvent;
import dev.millrace.tcp.recorder.WindowEvent;
import dev.millrace.wire.IpAddress;

/// Tells Java Flight Recorder of connections. While nobody records, that is some comparisons each time that a connection comes
/// to rest; where there is no module `jdk.jfr`, which nobody else needs, it is nothing at all.
final class TcpRecorder {
    private static final boolean PRESENT = isPresent();
    private static final String[] PHASES = {"OPEN", "FAST_RECOVERY", "SACK_RECOVERY", "RTO_RECOVERY"};

    private TcpRecorder() {
    }

    private static boolean isPresent() {
        try {
            Class.forName("jdk.jfr.Event", false, TcpRecorder.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError _) {
            return false;
        }
    }

    /// A connection has come to rest; with the gate's lock held. Does not throw.
    ///
    /// @param before the bits of [Wakeups] until now
    /// @param after those from now on
    /// @param events of the engine, those that it has had since
    static void onRest(ConnectionEndpoint e, int before, int after, int events, long nowNs) {
        if (PRESENT) {
            try {
                Events.onRest(e, before, after, events, nowNs);
            } catch (Throwable t) {
                e.protocol.ctx.failed("flight-recorder", t);
            }
        }
    }

    /// All that knows the recorder: not loaded without it.
    private static final class Events {
        /// Only asked whether anybody wants its kind, so that none has to be made for that.
        private static final SampleEvent SAMPLE = new SampleEvent();

        private Events() {
        }

        static void onRest(ConnectionEndpoint e, int before, int after, int events, long nowNs) {
            if (Wakeups.state(before) != Wakeups.state(after)) {
                state(e, before, after, events);
            }
            if ((events & TcpConnection.EVENT_TIMEOUT) != 0) {
                timeout(e, nowNs);
            }
            if (Wakeups.phase(before) != Wakeups.phase(after)) {
                recovery(e, before, after, nowNs);
            }
            if ((events & TcpConnection.EVENT_PROGRESS) != 0 && SAMPLE.isEnabled()) {
                sample(e, nowNs);
            }
        }

        private static void state(ConnectionEndpoint e, int before, int after, int events) {
            var event = new StateEvent();
            if (event.isEnabled()) {
                event.from = Wakeups.state(before).name();
                // What is in TIME-WAIT from here on is a record, and the engine is closed.
                event.to = ((events & TcpConnection.EVENT_TIME_WAIT) != 0 ? TcpState.TIME_WAIT : Wakeups.state(after)).name();
                var error = e.gate.failureLocked();
                event.error = error == null ? null : error.name();
                commit(event, e);
            }
        }

        private static void timeout(ConnectionEndpoint e, long nowNs) {
            var event = new TimeoutEvent();
            if (event.isEnabled()) {
                TcpInfo info = e.gate.engine().info(nowNs);
                event.retransmissions = info.recovery().retransmissions();
                event.rto = info.roundTrip().rtoNs();
                event.inFlight = info.sending().bytesInFlight();
                commit(event, e);
            }
        }

        private static void recovery(ConnectionEndpoint e, int before, int after, long nowNs) {
            var event = new RecoveryEvent();
            if (event.isEnabled()) {
                TcpInfo info = e.gate.engine().info(nowNs);
                event.from = PHASES[Wakeups.phase(before)];
                event.to = PHASES[Wakeups.phase(after)];
                window(event, info);
                event.lost = info.recovery().bytesLost();
                commit(event, e);
            }
        }

        private static void sample(ConnectionEndpoint e, long nowNs) {
            var event = new SampleEvent();
            if (event.shouldCommit()) {
                TcpInfo info = e.gate.engine().info(nowNs);
                window(event, info);
                event.unsent = info.sending().bytesUnsent();
                event.window = info.sending().window();
                event.srtt = info.roundTrip().srttNs();
                event.rttvar = info.roundTrip().rttvarNs();
                event.minRtt = info.roundTrip().minNs();
                commit(event, e);
            }
        }

        private static void window(WindowEvent event, TcpInfo info) {
            event.cwnd = info.sending().cwnd();
            event.ssthresh = info.sending().ssthresh();
            event.inFlight = info.sending().bytesInFlight();
        }

        private static void commit(ConnectionEvent event, ConnectionEndpoint e) {
            event.stack = e.protocol.ctx.stackName();
            event.local = name(e.local, e.localPort());
            event.remote = name(e.remote, e.remotePort);
            event.commit();
        }

        private static String name(IpAddress address, int port) {
            return (address.isV4() ? address + ":" : "[" + address + "]:") + port;
        }
    }
}
