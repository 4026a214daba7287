package dev.millrace.jdk;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;

/// The options of a socket, behind the setters that `java.net` has for some and the method that it has for all.
final class Options {
    private final Supplier<Set<SocketOption<?>>> supported;
    private final Setter setter;
    private final Getter getter;

    interface Setter {
        <T> Object set(SocketOption<T> option, T value) throws IOException;
    }

    interface Getter {
        <T> T get(SocketOption<T> option) throws IOException;
    }

    Options(Supplier<Set<SocketOption<?>>> supported, Setter setter, Getter getter) {
        this.supported = supported;
        this.setter = setter;
        this.getter = getter;
    }

    /// What the JDK's channels find wrong before they look whether they are open.
    static void check(Set<SocketOption<?>> supported, SocketOption<?> option) {
        if (!supported.contains(Objects.requireNonNull(option))) {
            throw new UnsupportedOperationException("'" + option + "' not supported");
        }
    }

    static void check(Set<SocketOption<?>> supported, SocketOption<?> option, Object value) {
        check(supported, option);
        if (!option.type().isInstance(value)) {
            throw new IllegalArgumentException("Invalid value '" + value + "'");
        }
    }

    Set<SocketOption<?>> supported() {
        return supported.get();
    }

    <T> void set(SocketOption<T> option, T value) throws SocketException {
        try {
            setter.set(option, value);
        } catch (IOException e) {
            throw SocketExceptions.ofSocket(e);
        }
    }

    <T> T get(SocketOption<T> option) throws SocketException {
        try {
            return getter.get(option);
        } catch (IOException e) {
            throw SocketExceptions.ofSocket(e);
        }
    }
}
