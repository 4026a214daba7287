package dev.millrace.tcp;

import dev.millrace.tcp.engine.TcpState;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/// How many connections there are now, by state; counted out when somebody looks, so that nothing has to be kept right
/// meanwhile. It takes no lock: a connection counts in the state that it came to rest in last.
final class OpenConnections implements Supplier<Map<String, Long>> {
    private static final TcpState[] STATES = TcpState.values();

    private final TcpProtocol protocol;

    OpenConnections(TcpProtocol protocol) {
        this.protocol = protocol;
    }

    @Override
    public Map<String, Long> get() {
        var count = new Count();
        protocol.endpoints.forEach(count);
        var all = new TreeMap<String, Long>();
        for (TcpState state : STATES) {
            if (state != TcpState.CLOSED) {
                all.put(name(state), count.states[state.ordinal()]);
            }
        }
        all.put("waiting-to-be-accepted", count.waiting);
        return all;
    }

    private static String name(TcpState state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static final class Count implements Consumer<TcpEndpoint> {
        final long[] states = new long[STATES.length];
        long waiting;

        @Override
        public void accept(TcpEndpoint endpoint) {
            switch (endpoint) {
                case ConnectionEndpoint c -> states[c.wakeups.state().ordinal()]++;
                case TimeWaitEndpoint _ -> states[TcpState.TIME_WAIT.ordinal()]++;
                case ListenEndpoint l -> {
                    states[TcpState.LISTEN.ordinal()]++;
                    states[TcpState.SYN_RECEIVED.ordinal()] += l.handshakes();
                    waiting += l.waiting();
                }
                case BoundPort _ -> {
                    // Neither listens nor is connected.
                }
            }
        }
    }
}
