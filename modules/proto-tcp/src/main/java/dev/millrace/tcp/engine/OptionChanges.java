package dev.millrace.tcp.engine;

/// What a running connection does when its program has changed an option.
final class OptionChanges {
    private OptionChanges() {
    }

    static void apply(TcpConnection c, long nowNs) {
        if (!c.options.cork && !c.moreToCome) {
            uncork(c);
        }
        if (c.options.quickAck && c.timers.isSet(ConnectionTimers.DELAYED_ACK)) {
            c.acks.now();
        }
        UserTimeout.onOptions(c);
        if (c.state.isSynchronized()) {
            KeepAlive.start(c);
            c.timers.cancel(ConnectionTimers.USER);
            if (c.snd.flight() > 0 || c.timers.isSet(ConnectionTimers.PERSIST)) {
                c.startUserTimer(nowNs);
            }
        }
    }

    static void moreToCome(TcpConnection c, boolean more) {
        if (c.moreToCome && !more && !c.options.cork) {
            uncork(c);
        }
        c.moreToCome = more;
    }

    private static void uncork(TcpConnection c) {
        c.timers.cancel(ConnectionTimers.CORK);
        c.corkExpired = false;
    }
}
