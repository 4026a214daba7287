package dev.millrace.testkit;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// The programs that tests run, and where to get those that a fresh machine has not. A test that needs one begins with
/// `assumeTrue(missing == null, missing)` on what [#missing] returns, so that it is skipped, with the reason, and does not
/// fail; CI installs them all and counts such a skip as a failure.
public final class Programs {
    /// Debian's names of the packages; a program that is not here has its own name.
    private static final Map<String, String> PACKAGES = Map.ofEntries(Map.entry("arping", "iputils-arping"),
            Map.entry("bridge", "iproute2"), Map.entry("dnsmasq", "dnsmasq-base"), Map.entry("ip", "iproute2"),
            Map.entry("ip6tables", "iptables"), Map.entry("mariadb-install-db", "mariadb-server-core"),
            Map.entry("mariadbd", "mariadb-server-core"), Map.entry("my_print_defaults", "mariadb-client-core"),
            Map.entry("nft", "nftables"), Map.entry("nginx", "nginx-light"),
            Map.entry("ping", "iputils-ping"), Map.entry("setpriv", "util-linux"), Map.entry("sysctl", "procps"),
            Map.entry("tc", "iproute2"), Map.entry("tracepath", "iputils-tracepath"));
    /// Where programs for root are that an ordinary PATH leaves out.
    private static final List<String> FOR_ROOT = List.of("/usr/sbin", "/sbin");

    private Programs() {
    }

    /// Which of these programs are missing and how to get them, in words for a report, or empty if all are there.
    public static Optional<String> missing(String... programs) {
        List<String> absent = new ArrayList<>();
        for (String program : programs) {
            if (find(program).isEmpty()) {
                absent.add("needs the program " + program + ": apt-get install " + PACKAGES.getOrDefault(program, program));
            }
        }
        return absent.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", absent));
    }

    /// Where a program is.
    public static Optional<Path> find(String program) {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("/usr/bin:/bin");
        return Stream.concat(Stream.of(path.split(File.pathSeparator)), FOR_ROOT.stream()).filter(f -> !f.isEmpty())
                .map(folder -> Path.of(folder, program)).filter(Programs::canRun).findFirst();
    }

    /// Whether it is a file that can be executed and is not empty: a container may hide a program behind an empty one.
    private static boolean canRun(Path file) {
        try {
            return Files.isRegularFile(file) && Files.isExecutable(file) && Files.size(file) > 0;
        } catch (IOException e) {
            return false;
        }
    }
}
