package dev.millrace.tcp.cc;

import dev.millrace.OptionSpec;
import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;
import java.util.List;

/// Provides [Cubic] under the name `cubic`.
public final class CubicFactory implements CongestionControlFactory {
    /// For [java.util.ServiceLoader].
    public CubicFactory() {
    }

    @Override
    public String name() {
        return "cubic";
    }

    @Override
    public String description() {
        return "CUBIC (RFC 9438), with HyStart++ (RFC 9406)";
    }

    @Override
    public List<OptionSpec> options() {
        return List.of(new OptionSpec("hystart", OptionSpec.Type.FLAG, "true",
                "leave slow start when round trips take longer (HyStart++, RFC 9406)"),
                new OptionSpec("pacing", OptionSpec.Type.FLAG, "false",
                        "spread what is sent over the round trip: shorter queues, and a timer each millisecond"));
    }

    @Override
    public CongestionControl create(Request request) {
        return new Cubic(request.mss(), request.initialWindow(), request.options().flag("hystart"),
                request.options().flag("pacing") ? Math.max(1_000_000, request.srttNs()) : 0);
    }
}
