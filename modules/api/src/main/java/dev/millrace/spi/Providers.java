package dev.millrace.spi;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.ServiceLoader.Provider;
import java.util.WeakHashMap;
import java.util.function.Function;

/// Finds the providers of a service wherever they may be: beside Millrace itself, by its class loader and in its module
/// layer, and where the calling thread's context class loader sees them. A server, a plug-in system or a build tool may
/// have set the context class loader to one that sees nothing of Millrace, or to none, and what is present must be found
/// nevertheless.
public final class Providers {
    /// What was found, by context class loader, which may be `null`: whoever opens many stacks would read the same files
    /// of all jars each time. Held weakly, so that no class loader lives longer for it: after a garbage collection they are
    /// read again.
    private static final Map<ClassLoader, WeakReference<Map<Key, Found<?>>>> KNOWN = new WeakHashMap<>();

    private Providers() {
    }

    private record Key(Class<?> service, Class<?> owner) {
    }

    /// @param beside those beside the owner, which must be usable
    private record Found<S>(List<Provider<S>> beside, List<Provider<S>> others) {
    }

    /// All providers, each class once, those beside `owner` first; new ones with each call. The caller does the loading,
    /// because a module must itself say that it uses a service.
    ///
    /// A provider that the context class loader alone sees and that cannot be used, such as one that implements another copy
    /// of the service, is passed over.
    ///
    /// @param owner a class of Millrace's, whose surroundings are searched
    /// @param byLoader `loader -> ServiceLoader.load(Service.class, loader)`
    /// @param byLayer `layer -> ServiceLoader.load(layer, Service.class)`
    /// @throws ServiceConfigurationError if a provider beside `owner` cannot be used
    public static <S> List<S> find(Class<S> service, Class<?> owner, Function<ClassLoader, ServiceLoader<S>> byLoader,
            Function<ModuleLayer, ServiceLoader<S>> byLayer) {
        Found<S> found = found(new Key(service, owner), byLoader, byLayer);
        var made = new ArrayList<S>(found.beside.size() + found.others.size());
        found.beside.forEach(p -> made.add(p.get()));
        for (Provider<S> p : found.others) {
            try {
                made.add(p.get());
            } catch (ServiceConfigurationError e) {
                // As if it were not there.
                continue;
            }
        }
        return made;
    }

    private static <S> Found<S> found(Key key, Function<ClassLoader, ServiceLoader<S>> byLoader,
            Function<ModuleLayer, ServiceLoader<S>> byLayer) {
        ClassLoader context = Thread.currentThread().getContextClassLoader();
        Map<Key, Found<?>> known;
        synchronized (KNOWN) {
            WeakReference<Map<Key, Found<?>>> held = KNOWN.get(context);
            known = held == null ? null : held.get();
            if (known == null) {
                known = Collections.synchronizedMap(new HashMap<>());
                KNOWN.put(context, new WeakReference<>(known));
            }
        }
        @SuppressWarnings("unchecked") // a service's providers are under its class
        var before = (Found<S>) known.get(key);
        if (before != null) {
            return before;
        }
        Found<S> now = search(key.owner, context, byLoader, byLayer);
        known.put(key, now);
        return now;
    }

    private static <S> Found<S> search(Class<?> owner, ClassLoader context, Function<ClassLoader, ServiceLoader<S>> byLoader,
            Function<ModuleLayer, ServiceLoader<S>> byLayer) {
        Map<Class<?>, Provider<S>> beside = new LinkedHashMap<>();
        ClassLoader own = owner.getClassLoader();
        byLoader.apply(own).stream().forEach(p -> beside.putIfAbsent(p.type(), p));
        ModuleLayer layer = owner.getModule().getLayer();
        if (layer != null) {
            byLayer.apply(layer).stream().forEach(p -> beside.putIfAbsent(p.type(), p));
        }
        Map<Class<?>, Provider<S>> others = new LinkedHashMap<>();
        if (context != null && context != own) {
            addUsable(byLoader.apply(context).stream().iterator(), others);
            others.keySet().removeAll(beside.keySet());
        }
        return new Found<>(List.copyOf(beside.values()), List.copyOf(others.values()));
    }

    private static <S> void addUsable(Iterator<Provider<S>> all, Map<Class<?>, Provider<S>> found) {
        while (true) {
            try {
                if (!all.hasNext()) {
                    return;
                }
                Provider<S> p = all.next();
                found.putIfAbsent(p.type(), p);
            } catch (ServiceConfigurationError e) {
                // The iterator goes on behind it.
                continue;
            }
        }
    }
}
