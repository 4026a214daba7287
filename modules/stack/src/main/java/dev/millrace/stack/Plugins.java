package dev.millrace.stack;

import dev.millrace.OptionSpec;
import dev.millrace.spi.CongestionControlFactory;
import dev.millrace.spi.LinkDriver;
import dev.millrace.spi.NetworkProtocolFactory;
import dev.millrace.spi.StackProvider.PluginInfo;
import dev.millrace.spi.TransportProtocolFactory;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/// The plug-ins that are present: those that [ServiceLoader] finds for the class loader of this class and for that of the
/// calling thread, each once.
record Plugins(
        List<LinkDriver> links,
        List<NetworkProtocolFactory> networks,
        List<TransportProtocolFactory> transports,
        List<CongestionControlFactory> congestionControls) {
    static Plugins find() {
        return new Plugins(
                merge(ServiceLoader.load(LinkDriver.class, Plugins.class.getClassLoader()),
                        ServiceLoader.load(LinkDriver.class)),
                merge(ServiceLoader.load(NetworkProtocolFactory.class, Plugins.class.getClassLoader()),
                        ServiceLoader.load(NetworkProtocolFactory.class)),
                merge(ServiceLoader.load(TransportProtocolFactory.class, Plugins.class.getClassLoader()),
                        ServiceLoader.load(TransportProtocolFactory.class)),
                merge(ServiceLoader.load(CongestionControlFactory.class, Plugins.class.getClassLoader()),
                        ServiceLoader.load(CongestionControlFactory.class)));
    }

    /// Sorted by class name, so that the order does not depend on the path.
    private static <S> List<S> merge(ServiceLoader<S> own, ServiceLoader<S> callers) {
        Map<Class<?>, S> found = new LinkedHashMap<>();
        own.forEach(s -> found.putIfAbsent(s.getClass(), s));
        callers.forEach(s -> found.putIfAbsent(s.getClass(), s));
        var sorted = new ArrayList<>(found.values());
        sorted.sort(Comparator.comparing((S s) -> s.getClass().getName()));
        return List.copyOf(sorted);
    }

    List<PluginInfo> infos() {
        var infos = new ArrayList<PluginInfo>();
        links.forEach(d -> infos.add(info("link", d.scheme(), d, d.description(), d.options())));
        networks.forEach(f -> infos.add(info("network", f.name(), f, f.description(), f.options())));
        transports.forEach(f -> infos.add(info("transport", f.name(), f, f.description(), f.options())));
        congestionControls.forEach(
                f -> infos.add(info("congestion-control", f.name(), f, f.description(), List.of())));
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
