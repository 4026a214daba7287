package dev.millrace.tcp.engine;

import dev.millrace.OptionValues;
import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.tcp.cc.BbrFactory;
import dev.millrace.tcp.cc.CubicFactory;
import dev.millrace.tcp.cc.NewRenoFactory;
import java.util.Map;

/// NewReno as a stack would have chosen it, for tests without one.
public final class Reno implements CongestionControlFactory.Chosen {
    public static final CongestionControlFactory.Chosen CHOSEN = new Reno(new NewRenoFactory());

    /// CUBIC likewise.
    public static final CongestionControlFactory.Chosen CUBIC = new Reno(new CubicFactory());

    /// CUBIC, paced.
    public static final CongestionControlFactory.Chosen PACED_CUBIC = new Reno(new CubicFactory(), "pacing", "true");

    /// BBR likewise.
    public static final CongestionControlFactory.Chosen BBR = new Reno(new BbrFactory());

    /// BBR that bears the loss of a fifth.
    public static final CongestionControlFactory.Chosen HARDY_BBR = new Reno(new BbrFactory(), "loss-threshold", "20");

    private final CongestionControlFactory factory;
    private final OptionValues values;

    private Reno(CongestionControlFactory factory) {
        this(factory, Map.of());
    }

    private Reno(CongestionControlFactory factory, String option, String value) {
        this(factory, Map.of(option, value));
    }

    private Reno(CongestionControlFactory factory, Map<String, String> options) {
        this.factory = factory;
        values = OptionValues.check(factory.name(), factory.options(), options);
    }

    @Override
    public String name() {
        return factory.name();
    }

    @Override
    public CongestionControl create(int mss, int initialWindow, long srttNs) {
        return factory.create(new CongestionControlFactory.Request(null, values, mss, initialWindow, srttNs));
    }
}
