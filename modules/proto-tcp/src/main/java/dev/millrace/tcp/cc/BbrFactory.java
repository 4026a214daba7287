package dev.millrace.tcp.cc;

import dev.millrace.OptionSpec;
import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;
import java.util.List;

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
    public List<OptionSpec> options() {
        return List.of(new OptionSpec("loss-threshold", OptionSpec.Type.NUMBER, "2",
                "how many of 100 packets may be lost in a round trip before that is a sign of congestion (BBR.LossThresh), 1 to 50"));
    }

    @Override
    public CongestionControl create(Request request) {
        return new Bbr(request.mss(), request.initialWindow(), request.srttNs(),
                request.options().number("loss-threshold", 1, 50) / 100.0, request.stack() == null
                ? new java.util.SplittableRandom(1) : request.stack().random());
    }
}
