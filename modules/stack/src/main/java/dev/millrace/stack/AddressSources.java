package dev.millrace.stack;

import dev.millrace.OptionValues;
import dev.millrace.spi.AddressSource;
import dev.millrace.spi.AddressSourceFactory;
import dev.millrace.stack.Failures.Place;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/// The sources of addresses of a stack, and the NICs that asked for them. Filled before packets come.
final class AddressSources {
    private final AssembledStack stack;
    private final Map<AddressSourceFactory, AddressSource> all = new LinkedHashMap<>();
    /// The NICs on which each has begun.
    private volatile Map<StackNic, List<AddressSource>> begun = Map.of();

    AddressSources(AssembledStack stack) {
        this.stack = stack;
    }

    /// Makes those that a NIC asks for.
    void create(ConfigurationCheck check) {
        for (int i = 0; i < check.config().nics().size(); i++) {
            for (AddressSourceFactory f : check.sources(i).keySet()) {
                if (!all.containsKey(f)) {
                    all.put(f, f.create(new PluginContext(stack, 0, f.name()), check.values(f.name())));
                }
            }
        }
    }

    /// Packets can come and go.
    void begin(ConfigurationCheck check, List<StackNic> nics) {
        var more = new LinkedHashMap<StackNic, List<AddressSource>>();
        for (int i = 0; i < nics.size(); i++) {
            StackNic nic = nics.get(i);
            Map<AddressSourceFactory, OptionValues> asked = check.sources(i);
            for (Map.Entry<AddressSourceFactory, OptionValues> e : asked.entrySet()) {
                all.get(e.getKey()).begin(nic, e.getValue());
            }
            more.put(nic, asked.keySet().stream().map(all::get).toList());
            begun = Map.copyOf(more);
        }
    }

    void stateChanged(StackNic nic, boolean up) {
        for (AddressSource s : begun.getOrDefault(nic, List.of())) {
            s.stateChanged(nic, up);
        }
    }

    <T> Optional<T> service(Class<T> type) {
        return all.values().stream().map(s -> s.service(type)).flatMap(Optional::stream).findFirst();
    }

    /// One that cannot close must not keep the others open.
    void close() {
        for (AddressSource s : all.values()) {
            try {
                s.close();
            } catch (Throwable t) {
                stack.failures().add(Place.CLOSE, t);
            }
        }
    }
}
