package dev.millrace.tcp.cc;

import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;

/// Provides [NewReno] under the name `newreno`.
public final class NewRenoFactory implements CongestionControlFactory {
    /// For [java.util.ServiceLoader].
    public NewRenoFactory() {
    }

    @Override
    public String name() {
        return "newreno";
    }

    @Override
    public String description() {
        return "slow start and congestion avoidance of RFC 5681, with NewReno's recovery (RFC 6582)";
    }

    @Override
    public CongestionControl create(Request request) {
        return new NewReno(request.mss(), request.initialWindow());
    }
}
