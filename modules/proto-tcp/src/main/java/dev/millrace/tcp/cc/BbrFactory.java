package dev.millrace.tcp.cc;

import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;

/// Provides [Bbr] under the name `bbr`.
public final class BbrFactory implements CongestionControlFactory {
    /// For [java.util.ServiceLoader].
    public BbrFactory() {
    }

    @Override
    public String name() {
        return "bbr";
    }

    @Override
    public String description() {
        return "BBR version 3 (draft-ietf-ccwg-bbr): paced at the rate that the path delivers";
    }

    @Override
    public CongestionControl create(Request request) {
        return new Bbr(request.mss(), request.initialWindow(), request.srttNs(), request.stack() == null
                ? new java.util.SplittableRandom(1) : request.stack().random());
    }
}
