package example.delay;

import dev.millrace.ConfigurationException;
import dev.millrace.OptionSpec;
import dev.millrace.Units;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import java.util.List;
import java.util.Optional;

/// `delay:50ms,tun:mr0` is `tun:mr0` with 50 ms on the way out and 50 ms on the way in.
public final class DelayDriver implements LinkDriver {
    @Override
    public String scheme() {
        return "delay";
    }

    @Override
    public String description() {
        return "delays what another link carries: delay:50ms,LINK";
    }

    @Override
    public List<OptionSpec> options() {
        return List.of(new OptionSpec("delay-queue", OptionSpec.Type.NUMBER, "1000", "packets under way in each direction"));
    }

    @Override
    public Optional<String> inner(String target) {
        return Optional.of(target.substring(comma(target) + 1));
    }

    @Override
    public Link open(Request request) {
        String delay = request.target().substring(0, comma(request.target()));
        try {
            return new DelayLink(request.inner(), Units.duration(delay).toNanos(),
                    (int) request.options().number("delay-queue", 1, 1_000_000), request.stack());
        } catch (IllegalArgumentException e) {
            throw new ConfigurationException("delay", e.getMessage());
        }
    }

    private static int comma(String target) {
        int comma = target.indexOf(',');
        if (comma < 1) {
            throw new ConfigurationException("delay", "\"delay:" + target + "\" must look like delay:50ms,tun:mr0");
        }
        return comma;
    }
}
