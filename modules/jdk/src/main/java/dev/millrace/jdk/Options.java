package dev.millrace.jdk;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
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

    /// What to set where this value is asked for.
    ///
    /// @throws IllegalArgumentException if the option has no such value; the message is the JDK's
    static <T> T checked(Set<SocketOption<?>> supported, SocketOption<T> option, T value) {
        check(supported, option);
        if (!option.type().isInstance(value)) {
            throw new IllegalArgumentException("Invalid value '" + value + "'");
        }
        if (value instanceof Integer number) {
            checkRange(option, number);
            // As kernels: a buffer of no size is the smallest there is.
            return isBuffer(option) && number == 0 ? option.type().cast(1) : value;
        }
        return value;
    }

    private static boolean isBuffer(SocketOption<?> option) {
        return option == StandardSocketOptions.SO_RCVBUF || option == StandardSocketOptions.SO_SNDBUF;
    }

    private static void checkRange(SocketOption<?> option, int value) {
        if (isBuffer(option) && value < 0) {
            throw new IllegalArgumentException("Invalid send/receive buffer size");
        }
        if (option == StandardSocketOptions.IP_TOS && (value < 0 || value > 255)) {
            throw new IllegalArgumentException("Invalid IP_TOS value");
        }
        if (option == StandardSocketOptions.IP_MULTICAST_TTL && (value < 0 || value > 255)) {
            throw new IllegalArgumentException("Invalid TTL/hop value");
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
