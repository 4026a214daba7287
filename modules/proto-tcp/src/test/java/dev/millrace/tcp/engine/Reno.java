package dev.millrace.tcp.engine;

import dev.millrace.OptionValues;
import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.tcp.cc.NewRenoFactory;
import java.util.List;
import java.util.Map;

/// NewReno as a stack would have chosen it, for tests without one.
public final class Reno implements CongestionControlFactory.Chosen {
    public static final CongestionControlFactory.Chosen CHOSEN = new Reno();

    private final CongestionControlFactory factory = new NewRenoFactory();
    private final OptionValues values = OptionValues.check("newreno", List.of(), Map.of());

    private Reno() {
    }

    @Override
    public String name() {
        return factory.name();
    }

    @Override
    public CongestionControl create(int mss, int initialWindow) {
        return factory.create(new CongestionControlFactory.Request(null, values, mss, initialWindow));
    }
}
