package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.config.StackConfigFile;
import dev.millrace.spi.StackProvider;
import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// What the descriptors of all our modules promise: the same providers on the class path as on the module path, no
/// `opens`, no qualified exports, and arrows that only point down.
class ProvidersTest {
    private static List<ModuleReference> ours() {
        return ModuleFinder.of(Artifacts.all().toArray(Path[]::new)).findAll().stream()
                .filter(m -> m.descriptor().name().startsWith("dev.millrace")).toList();
    }

    @Test
    void serviceFilesSayWhatTheDescriptorsSay() throws IOException {
        int providers = 0;
        for (ModuleReference module : ours()) {
            Map<String, Set<String>> declared = new TreeMap<>();
            for (ModuleDescriptor.Provides p : module.descriptor().provides()) {
                declared.put(p.service(), new TreeSet<>(p.providers()));
                providers += p.providers().size();
            }
            assertEquals(declared, serviceFiles(module), module.descriptor().name());
        }
        assertTrue(providers >= 8, "found only " + providers + " providers");
    }

    private static Map<String, Set<String>> serviceFiles(ModuleReference module) throws IOException {
        Map<String, Set<String>> files = new TreeMap<>();
        try (var reader = module.open()) {
            for (String name : reader.list().filter(n -> n.startsWith("META-INF/services/") && !n.endsWith("/"))
                    .collect(Collectors.toList())) {
                try (InputStream in = reader.open(name).orElseThrow()) {
                    files.put(name.substring("META-INF/services/".length()),
                            new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(String::strip)
                                    .filter(l -> !l.isEmpty() && !l.startsWith("#"))
                                    .collect(Collectors.toCollection(TreeSet::new)));
                }
            }
        }
        return files;
    }

    @Test
    void nothingIsOpenedOrExportedToSomeOnly() {
        for (ModuleReference module : ours()) {
            ModuleDescriptor d = module.descriptor();
            assertFalse(d.isOpen(), d.name());
            assertTrue(d.opens().isEmpty(), d.name() + " opens " + d.opens());
            assertTrue(d.exports().stream().noneMatch(ModuleDescriptor.Exports::isQualified), d.name());
        }
    }

    @Test
    void protocolsAndLinksSeeTheApiOnly() {
        for (ModuleReference module : ours()) {
            ModuleDescriptor d = module.descriptor();
            if (d.name().matches("dev\\.millrace\\.(ip|udp|tcp|stack|neighbors|dhcp|linux|link\\..*)")) {
                Set<String> required = d.requires().stream().map(ModuleDescriptor.Requires::name)
                        .filter(n -> n.startsWith("dev.millrace")).collect(Collectors.toCollection(TreeSet::new));
                if (Set.of("dev.millrace.link.tun", "dev.millrace.link.packet").contains(d.name())) {
                    assertTrue(required.remove("dev.millrace.linux"), d.name() + " makes its system calls itself");
                }
                assertEquals(Set.of("dev.millrace"), required, d.name());
            }
            if (d.name().equals("dev.millrace.wire")) {
                assertEquals(Set.of("java.base"), d.requires().stream().map(ModuleDescriptor.Requires::name)
                        .collect(Collectors.toSet()));
            }
        }
    }

    /// As in servers, plug-in systems and build tools, which set the context class loader to one of theirs, or to none.
    @Test
    void whatIsPresentIsFoundWhateverTheContextClassLoaderIs() throws Exception {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        var names = StackProvider.find().plugins().stream().map(StackProvider.PluginInfo::name).sorted().toList();
        assertTrue(names.contains("tcp") && names.contains("tun"), names.toString());
        // One that sees nothing, one that sees another copy of everything, and none.
        URL[] all = Artifacts.all().stream().map(p -> {
            try {
                return p.toUri().toURL();
            } catch (java.net.MalformedURLException e) {
                throw new IllegalStateException(e);
            }
        }).toArray(URL[]::new);
        try (var blind = new URLClassLoader(new URL[0], ClassLoader.getPlatformClassLoader());
                var copy = new URLClassLoader(all, ClassLoader.getPlatformClassLoader())) {
            for (ClassLoader foreign : new ClassLoader[] {blind, copy, null}) {
                thread.setContextClassLoader(foreign);
                assertEquals(names, StackProvider.find().plugins().stream().map(StackProvider.PluginInfo::name).sorted().toList(),
                        "under " + foreign);
                try (Stack stack = StackConfigFile.parse("[[nic]]\nname = \"lo\"\nlink = \"loopback:\"\naddresses = [\"127.0.0.1/8\"]\n"
                        + "[tcp]\nsack = false\n", "test").open()) {
                    assertTrue(stack.isOpen());
                }
            }
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /// The fluent interface came with SLF4J 2; who has 1.7 on the class path, as many libraries bring it, gets 1.7.
    @Test
    void librariesCallWhatSlf4j17Has() throws IOException {
        int classes = 0;
        for (ModuleReference module : ours()) {
            try (var reader = module.open()) {
                for (String name : reader.list().filter(n -> n.endsWith(".class")).toList()) {
                    classes++;
                    try (InputStream in = reader.open(name).orElseThrow()) {
                        // Names of classes stand in the constant pool as they are.
                        String bytes = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
                        assertFalse(bytes.contains("org/slf4j/event/") || bytes.contains("org/slf4j/spi/"),
                                name + " of " + module.descriptor().name() + " uses what SLF4J has since version 2");
                    }
                }
            }
        }
        assertTrue(classes > 200, "found only " + classes + " classes");
    }
}
