package dev.millrace.spi;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.ManualStack;
import dev.millrace.OptionSpec;
import dev.millrace.Stack;
import dev.millrace.StackConfig;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/// Assembles stacks; the module `dev.millrace.stack` provides the one there is.
public interface StackProvider {
    /// The provider that is present.
    ///
    /// @throws ConfigurationException with [ErrorCode#MISSING_PLUGIN] if there is none
    static StackProvider find() {
        return present().orElseThrow(() -> new ConfigurationException(
                ErrorCode.MISSING_PLUGIN, "",
                "no stack assembler is present: add dev.millrace:millrace-stack (module dev.millrace.stack), "
                        + "or dev.millrace:millrace for all of it", null));
    }

    /// The provider that is present, if there is one: beside this class, or for the context class loader of the calling thread.
    static Optional<StackProvider> present() {
        return Providers.find(StackProvider.class, StackProvider.class, loader -> ServiceLoader.load(StackProvider.class, loader),
                layer -> ServiceLoader.load(layer, StackProvider.class)).stream().findFirst();
    }

    /// Opens a stack; see [Stack#open].
    Stack open(StackConfig config) throws IOException;

    /// Opens a stack that its caller steps; see [Stack.Builder#manual].
    ManualStack openManual(StackConfig config, long seed) throws IOException;

    /// Opens a stack whose time, chance and waiting are the caller's: a simulation's. The stack closes them when it is closed
    /// or cannot be opened; if the configuration is wrong it has not touched them.
    Stack open(StackConfig config, Surroundings surroundings) throws IOException;

    /// The options of the stack itself: its limits.
    List<OptionSpec> options();

    /// The options of every NIC on Ethernet, whatever its driver: the stack's own, and those of the sources of addresses that are
    /// present.
    List<OptionSpec> ethernetOptions();

    /// The options that a NIC on this link understands: those of its drivers, the outermost first, and those of every Ethernet
    /// NIC. Empty if one of the drivers is not present.
    ///
    /// @param link the link's URI
    Optional<List<OptionSpec>> nicOptions(String link);

    /// The artifact that brings an option of NICs which nothing that is present understands, if it is known.
    ///
    /// @param nicOption the option's name
    default Optional<String> artifactOf(String nicOption) {
        return Optional.empty();
    }

    /// The plug-ins that are present, in the order in which they were found.
    List<PluginInfo> plugins();

    /// A plug-in that was found.
    ///
    /// @param kind `link`, `network`, `transport`, `congestion-control` or `address-source`
    /// @param name the scheme or the protocol's name
    /// @param module the module, or the jar or folder on the class path, that it came from
    /// @param description one line
    /// @param options what it understands
    record PluginInfo(String kind, String name, String module, String description, List<OptionSpec> options) {
    }
}
