package dev.millrace.stack;

import dev.millrace.OptionSpec;
import dev.millrace.spi.AddressSourceFactory;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.LinkDriver;
import dev.millrace.spi.NetworkProtocolFactory;
import dev.millrace.spi.Providers;
import dev.millrace.spi.StackProvider.PluginInfo;
import dev.millrace.spi.TransportProtocolFactory;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.Function;

/// The plug-ins that are present, as [Providers] finds them.
record Plugins(
        List<LinkDriver> links,
        List<NetworkProtocolFactory> networks,
        List<TransportProtocolFactory> transports,
        List<CongestionControlFactory> congestionControls,
        List<AddressSourceFactory> addressSources) {
    static Plugins find() {
        return new Plugins(
                sorted(LinkDriver.class, l -> ServiceLoader.load(LinkDriver.class, l), y -> ServiceLoader.load(y, LinkDriver.class)),
                sorted(NetworkProtocolFactory.class, l -> ServiceLoader.load(NetworkProtocolFactory.class, l),
                        y -> ServiceLoader.load(y, NetworkProtocolFactory.class)),
                sorted(TransportProtocolFactory.class, l -> ServiceLoader.load(TransportProtocolFactory.class, l),
                        y -> ServiceLoader.load(y, TransportProtocolFactory.class)),
                sorted(CongestionControlFactory.class, l -> ServiceLoader.load(CongestionControlFactory.class, l),
                        y -> ServiceLoader.load(y, CongestionControlFactory.class)),
                sorted(AddressSourceFactory.class, l -> ServiceLoader.load(AddressSourceFactory.class, l),
                        y -> ServiceLoader.load(y, AddressSourceFactory.class)));
    }

    /// Sorted by class name, so that the order does not depend on the path.
    private static <S> List<S> sorted(Class<S> service, Function<ClassLoader, ServiceLoader<S>> byLoader,
            Function<ModuleLayer, ServiceLoader<S>> byLayer) {
        List<S> found = Providers.find(service, Plugins.class, byLoader, byLayer);
        found.sort(Comparator.comparing((S s) -> s.getClass().getName()));
        return List.copyOf(found);
    }

    List<PluginInfo> infos() {
        var infos = new ArrayList<PluginInfo>();
        links.forEach(d -> infos.add(info("link", d.scheme(), d, d.description(), d.options())));
        networks.forEach(f -> infos.add(info("network", f.name(), f, f.description(), f.options())));
        transports.forEach(f -> infos.add(info("transport", f.name(), f, f.description(), f.options())));
        congestionControls.forEach(
                f -> infos.add(info("congestion-control", f.name(), f, f.description(), f.options())));
        addressSources.forEach(f -> infos.add(info("address-source", f.name(), f, f.description(), f.options())));
        return List.copyOf(infos);
    }

    private static PluginInfo info(String kind, String name, Object plugin, String description,
            List<OptionSpec> options) {
        return new PluginInfo(kind, name, origin(plugin.getClass()), description, options);
    }

    /// The module's name, or on the class path the jar or folder.
    private static String origin(Class<?> type) {
        if (type.getModule().isNamed()) {
            return type.getModule().getName();
        }
        CodeSource source = type.getProtectionDomain().getCodeSource();
        return source == null || source.getLocation() == null ? "unknown" : source.getLocation().getPath();
    }
}
