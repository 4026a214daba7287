package dev.millrace.linux;

import java.io.IOException;
import java.util.Set;

/// Whether this JVM can make the calls of this package.
public final class Platform {
    /// Processors whose ioctl numbers and open flags are those of asm-generic, as written in this package.
    private static final Set<String> ARCHITECTURES = Set.of("amd64", "x86_64", "aarch64", "riscv64", "loongarch64");

    private Platform() {
    }

    /// @param what in words, such as "TUN devices"
    /// @throws IOException if it cannot; the message says why
    public static void check(String what) throws IOException {
        String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
        if (!System.getProperty("os.name").equals("Linux")
                || !ARCHITECTURES.contains(System.getProperty("os.arch"))) {
            throw new IOException(what + " work on Linux with 64-bit x86, ARM, RISC-V or LoongArch, not on " + system);
        }
        try {
            loadLibc();
        } catch (IllegalCallerException e) {
            throw new IOException("native access is denied to " + what + ": start java with --enable-native-access="
                    + moduleName(), e);
        }
    }

    private static String moduleName() {
        String name = Platform.class.getModule().getName();
        return name == null ? "ALL-UNNAMED" : name;
    }

    /// The class initialiser of [Libc] makes the restricted calls; what it throws is unwrapped here.
    private static void loadLibc() {
        try {
            Class.forName(Libc.class.getName());
        } catch (ExceptionInInitializerError e) {
            if (e.getCause() instanceof IllegalCallerException denied) {
                throw denied;
            }
            throw e;
        } catch (NoClassDefFoundError e) {
            // A second attempt after a first that was denied.
            throw new IllegalCallerException(e.getMessage(), e);
        } catch (ClassNotFoundException e) {
            throw new IllegalStateException(e);
        }
    }
}
