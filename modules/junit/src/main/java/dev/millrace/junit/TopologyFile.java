package dev.millrace.junit;

import dev.millrace.internet.Internet;
import dev.millrace.internet.InternetBuilder;
import dev.millrace.internet.config.InternetFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.ExtensionConfigurationException;

/// Opens topologies from files, if the module that reads them is present.
final class TopologyFile {
    private TopologyFile() {
    }

    static Internet open(String name, Class<?> test, Consumer<InternetBuilder> settings) throws IOException {
        try {
            return read(name, test).open(settings);
        } catch (NoClassDefFoundError e) {
            throw new ExtensionConfigurationException("@VirtualInternet(file = \"" + name + "\") needs "
                    + "dev.millrace:millrace-internet-config (module dev.millrace.internet.config): add it to the tests", e);
        }
    }

    private static InternetFile read(String name, Class<?> test) throws IOException {
        try (InputStream resource = test.getResourceAsStream(name)) {
            return resource == null ? InternetFile.load(Path.of(name))
                    : InternetFile.parse(new String(resource.readAllBytes(), StandardCharsets.UTF_8), name);
        }
    }
}
