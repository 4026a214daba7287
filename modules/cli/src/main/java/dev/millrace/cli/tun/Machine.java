package dev.millrace.cli.tun;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// The system as the set-up sees it: programs to run, and files of `/proc` and `/sys` to read.
public interface Machine {
    /// How a program ended.
    ///
    /// @param exit its exit code; 127 if there is no such program
    /// @param out what it wrote to its standard output
    /// @param err what it wrote to its standard error
    record Result(int exit, String out, String err) {
        public boolean ok() {
            return exit == 0;
        }
    }

    /// Runs a program and waits for its end, for a bounded time.
    Result run(List<String> command);

    /// Whether there is such a program.
    boolean has(String program);

    /// The text of a file without white space around it, or nothing if it cannot be read.
    Optional<String> read(Path file);

    /// The names in a folder, sorted; none if it cannot be read.
    List<String> list(Path folder);

    /// Which network namespace this is, as the kernel names it, such as `net:[4026531840]`.
    String namespace();

    /// The network namespace of the first process; the same as [#namespace()] where that cannot be read.
    String firstNamespace();

    /// Whether a network namespace, by the name that [#namespace()] gave it, is still there as far as can be seen.
    boolean namespaceExists(String namespace);

    /// A device file, or nothing if there is no such file.
    Optional<DeviceFile> deviceFile(Path file);

    /// A file that may be a device.
    ///
    /// @param isCharacter whether it is a character device
    /// @param major its major number
    /// @param minor its minor number
    /// @param isAccessible whether this process may read and write it
    record DeviceFile(boolean isCharacter, int major, int minor, boolean isAccessible) {
    }

    /// The value of a key of `/proc/sys`, such as `net/ipv4/ip_forward`.
    default Optional<String> sysctl(String key) {
        return read(Path.of("/proc/sys", key));
    }

    /// Whether this process may change the network (CAP_NET_ADMIN is bit 12 of capabilities(7)).
    default boolean mayAdministerNetwork() {
        return read(Path.of("/proc/self/status")).stream().flatMap(String::lines).filter(l -> l.startsWith("CapEff:"))
                .anyMatch(l -> (Long.parseUnsignedLong(l.substring(7).strip(), 16) & 1L << 12) != 0);
    }
}
