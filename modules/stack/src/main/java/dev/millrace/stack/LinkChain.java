package dev.millrace.stack;

import dev.millrace.ConfigurationException;
import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.LinkDriver;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/// The drivers that a link's URI names, the outermost first, with what each is asked for.
///
/// @param driver the driver
/// @param target what stands behind its scheme
/// @param values the values of its options
/// @param inner the link that it stands on, or `null`
record LinkChain(LinkDriver driver, String target, OptionValues values, LinkChain inner) {
    /// More than anybody wraps on purpose.
    private static final int MAX_DEPTH = 8;

    /// Finds the drivers of a link.
    ///
    /// @param key the NIC's key, for errors
    /// @param given the NIC's options, whose names have been checked
    /// @param find finds a driver by its scheme, or throws
    static LinkChain of(String key, String uri, Map<String, String> given, Function<String, LinkDriver> find) {
        return of(key, uri, new HashMap<>(given), find, 1);
    }

    private static LinkChain of(String key, String uri, Map<String, String> left, Function<String, LinkDriver> find,
            int depth) {
        int colon = uri.indexOf(':');
        if (colon < 1) {
            throw new ConfigurationException(key + ".link",
                    "\"" + uri + "\" names no driver; it must look like loopback: or tun:mr0");
        }
        if (depth > MAX_DEPTH) {
            throw new ConfigurationException(key + ".link", "more than " + MAX_DEPTH + " drivers, one around the other");
        }
        LinkDriver driver = find.apply(uri.substring(0, colon));
        String target = uri.substring(colon + 1);
        var own = new LinkedHashMap<String, String>();
        for (OptionSpec spec : driver.options()) {
            String value = left.remove(spec.name());
            if (value != null) {
                own.put(spec.name(), value);
            }
        }
        OptionValues values = OptionValues.check(key, driver.options(), own);
        Optional<String> inner = driver.inner(target);
        return new LinkChain(driver, target, values, inner.isEmpty() ? null : of(key, inner.get(), left, find, depth + 1));
    }

    /// The options that its drivers understand.
    List<OptionSpec> options() {
        var all = new ArrayList<>(driver.options());
        if (inner != null) {
            all.addAll(inner.options());
        }
        return all;
    }
}
