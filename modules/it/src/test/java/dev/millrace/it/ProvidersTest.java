package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
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
            if (d.name().matches("dev\\.millrace\\.(ip|udp|tcp|stack|link\\..*)")) {
                Set<String> required = d.requires().stream().map(ModuleDescriptor.Requires::name)
                        .filter(n -> n.startsWith("dev.millrace")).collect(Collectors.toSet());
                assertEquals(Set.of("dev.millrace"), required, d.name());
            }
            if (d.name().equals("dev.millrace.wire")) {
                assertEquals(Set.of("java.base"), d.requires().stream().map(ModuleDescriptor.Requires::name)
                        .collect(Collectors.toSet()));
            }
        }
    }
}
