package dev.millrace.it.schedule;

import dev.millrace.spi.CongestionControl;
import dev.millrace.spi.CongestionControlFactory;

/// A congestion control that throws when it is told to.
public final class WovenControl implements CongestionControlFactory {
    /// The next call throws.
    static volatile boolean throwing;

    /// For ServiceLoader.
    public WovenControl() {
    }

    @Override
    public String name() {
        return "throwing";
    }

    @Override
    public String description() {
        return "throws when it is told to";
    }

    @Override
    public CongestionControl create(Request request) {
        return (CongestionControl) java.lang.reflect.Proxy.newProxyInstance(WovenControl.class.getClassLoader(),
                new Class<?>[] {CongestionControl.class}, (_, method, _) -> {
                    if (throwing && method.getName().startsWith("on")) {
                        throwing = false;
                        throw new IllegalArgumentException("as the schedule wants it");
                    }
                    return switch (method.getReturnType().getName()) {
                        case "long" -> method.getName().equals("cwnd") ? 20L * request.mss() : Long.MAX_VALUE;
                        case "boolean" -> false;
                        case "int" -> 0;
                        default -> null;
                    };
                });
    }
}
