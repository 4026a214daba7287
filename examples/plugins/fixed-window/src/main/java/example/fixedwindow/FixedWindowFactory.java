package example.fixedwindow;

import dev.millrace.OptionSpec;
import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;
import java.util.List;

/// `congestion-control = "fixed"` and a table `[fixed]`: for links whose capacity is known, and for nothing else.
public final class FixedWindowFactory implements CongestionControlFactory {
    @Override
    public String name() {
        return "fixed";
    }

    @Override
    public String description() {
        return "a window that never changes";
    }

    @Override
    public List<OptionSpec> options() {
        return List.of(new OptionSpec("window", OptionSpec.Type.NUMBER, "10", "segments in flight, 1 to 10000"));
    }

    @Override
    public CongestionControl create(Request request) {
        long window = request.options().number("window", 1, 10_000) * request.mss();
        return new FixedWindow(window);
    }
}
