package dev.millrace.cli.tun;

import java.util.Optional;

/// What the doctor asks of the JVM.
///
/// @param feature the version of Java
/// @param nativeAccess whether the links of Linux may call native code; nothing if it is not there as a module
record Jvm(int feature, Optional<Boolean> nativeAccess) {
    static final String MODULE = "dev.millrace.linux";

    static Jvm current() {
        ModuleLayer layer = Jvm.class.getModule().getLayer();
        return new Jvm(Runtime.version().feature(), Optional.ofNullable(layer).flatMap(l -> l.findModule(MODULE))
                .map(Module::isNativeAccessEnabled));
    }
}
