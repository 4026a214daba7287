package dev.millrace.spi;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Function;

/// Finds the providers of a service wherever they may be: beside Millrace itself, by its class loader and in its module
/// layer, and where the calling thread's context class loader sees them. A server, a plug-in system or a build tool may
/// have set the context class loader to one that sees nothing of Millrace, or to none, and what is present must be found
/// nevertheless.
public final class Providers {
    private Providers() {
    }

    /// All providers, each class once, those beside `owner` first. The caller does the loading, because a module must itself
    /// say that it uses a service.
    ///
    /// A provider that the context class loader alone sees and that cannot be used, such as one that implements another copy
    /// of the service, is passed over.
    ///
    /// @param owner a class of Millrace's, whose surroundings are searched
    /// @param byLoader `loader -> ServiceLoader.load(Service.class, loader)`
    /// @param byLayer `layer -> ServiceLoader.load(layer, Service.class)`
    /// @throws ServiceConfigurationError if a provider beside `owner` cannot be used
    public static <S> List<S> find(Class<?> owner, Function<ClassLoader, ServiceLoader<S>> byLoader,
            Function<ModuleLayer, ServiceLoader<S>> byLayer) {
        Map<Class<?>, S> found = new LinkedHashMap<>();
        ClassLoader own = owner.getClassLoader();
        byLoader.apply(own).forEach(s -> found.putIfAbsent(s.getClass(), s));
        ModuleLayer layer = owner.getModule().getLayer();
        if (layer != null) {
            byLayer.apply(layer).forEach(s -> found.putIfAbsent(s.getClass(), s));
        }
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        if (context != null && context != own) {
            addUsable(byLoader.apply(context).iterator(), found);
        }
        return new ArrayList<>(found.values());
    }

    private static <S> void addUsable(Iterator<S> all, Map<Class<?>, S> found) {
        while (true) {
            try {
                if (!all.hasNext()) {
                    return;
                }
                S s = all.next();
                found.putIfAbsent(s.getClass(), s);
            } catch (ServiceConfigurationError e) {
                // The iterator goes on behind it.
                continue;
            }
        }
    }
}
