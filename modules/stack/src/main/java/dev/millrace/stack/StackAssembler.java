package dev.millrace.stack;

import dev.millrace.ConfigurationException;
import dev.millrace.ManualStack;
import dev.millrace.OptionSpec;
import dev.millrace.Stack;
import dev.millrace.StackConfig;
import dev.millrace.spi.StackProvider;
import dev.millrace.spi.Surroundings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/// Assembles stacks from the plug-ins that are present.
public final class StackAssembler implements StackProvider {
    private final Plugins given;
    /// Those that are present, once somebody has asked: whoever opens many stacks keeps the provider.
    private volatile Plugins found;

    /// Called by [java.util.ServiceLoader].
    public StackAssembler() {
        this(null);
    }

    /// With these plug-ins instead of those that are present, for tests.
    StackAssembler(Plugins given) {
        this.given = given;
    }

    private Plugins present() {
        if (given != null) {
            return given;
        }
        Plugins present = found;
        if (present == null) {
            present = Plugins.find();
            found = present;
        }
        return present;
    }

    @Override
    public Stack open(StackConfig config) throws IOException {
        return assemble(config, RealSurroundings::new);
    }

    @Override
    public ManualStack openManual(StackConfig config, long seed) throws IOException {
        return assemble(config, () -> new ManualSurroundings(seed));
    }

    @Override
    public Stack open(StackConfig config, Surroundings surroundings) throws IOException {
        return assemble(config, () -> surroundings);
    }

    private AssembledStack assemble(StackConfig config, Supplier<Surroundings> surroundings) throws IOException {
        Plugins plugins = present();
        var check = new ConfigurationCheck(config, plugins);
        return AssembledStack.open(check, plugins, surroundings.get());
    }

    @Override
    public List<OptionSpec> options() {
        return StackOptions.SPECS;
    }

    @Override
    public List<OptionSpec> ethernetOptions() {
        return ConfigurationCheck.ethernetSpecs(present().networks(), present().addressSources());
    }

    @Override
    public Optional<String> artifactOf(String nicOption) {
        boolean here = ethernetOptions().stream().anyMatch(o -> o.name().equals(nicOption));
        return here ? Optional.empty() : Optional.ofNullable(ConfigurationCheck.artifactForOption(nicOption));
    }

    @Override
    public Optional<List<OptionSpec>> nicOptions(String link) {
        try {
            LinkChain chain = LinkChain.of("nic", link, Map.of(), scheme -> present().links().stream()
                    .filter(d -> d.scheme().equals(scheme)).findFirst()
                    .orElseThrow(() -> new ConfigurationException("nic.link", "no driver " + scheme)));
            var all = new ArrayList<>(chain.options());
            all.addAll(ethernetOptions());
            return Optional.of(all);
        } catch (ConfigurationException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<PluginInfo> plugins() {
        return present().infos();
    }
}
