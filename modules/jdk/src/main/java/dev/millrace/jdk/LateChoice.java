package dev.millrace.jdk;

import dev.millrace.Readiness;
import dev.millrace.Stack;
import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/// The channel, of a stack or the kernel's, that one that chooses late ([LateBinding]) has become, and what was asked of it before.
/// Any thread may call any method.
///
/// @param <C> its class
final class LateChoice<C extends SelectableChannel & NetworkChannel> {
    private static final Map<SocketOption<?>, Object> DEFAULTS = defaults();

    private final SelectableChannel channel;
    private final Audience audience;
    private final Set<SocketOption<?>> supported;
    /// Guarded by this.
    private final Map<SocketOption<?>, Object> asked = new LinkedHashMap<>();
    /// Guarded by this: who wants to hear of readiness.
    private Consumer<Readiness> listener;
    /// Guarded by this, for the channel's own says it a moment too late or too early.
    private boolean blocking = true;
    /// Guarded by this.
    private boolean closed;
    /// Guarded by this where it is set: whether it was bound to any address and port. That decides nothing: where it connects, does.
    private volatile boolean anywhere;
    /// Guarded by this where it is set, once.
    private volatile C chosen;

    /// Makes what was chosen.
    interface Maker<C> {
        C make() throws IOException;
    }

    /// @param channel the one that chooses
    LateChoice(SelectableChannel channel, Audience audience, Set<SocketOption<?>> supported) {
        this(channel, audience, supported, Map.of());
    }

    /// @param others the defaults that differ from most channels'
    LateChoice(SelectableChannel channel, Audience audience, Set<SocketOption<?>> supported, Map<SocketOption<?>, Object> others) {
        asked.putAll(others);
        this.channel = channel;
        this.audience = audience;
        this.supported = supported;
    }

    private static Map<SocketOption<?>, Object> defaults() {
        var all = new HashMap<SocketOption<?>, Object>();
        all.put(StandardSocketOptions.SO_LINGER, -1);
        all.put(StandardSocketOptions.SO_SNDBUF, 64 * 1024);
        all.put(StandardSocketOptions.SO_RCVBUF, 64 * 1024);
        all.put(StandardSocketOptions.IP_TOS, 0);
        all.put(StandardSocketOptions.IP_MULTICAST_TTL, 1);
        all.put(StandardSocketOptions.IP_MULTICAST_LOOP, true);
        return all;
    }

    /// What it has become, or `null`.
    C chosen() {
        return chosen;
    }

    /// What it is or becomes now.
    C choose(Maker<C> maker) throws IOException {
        return choose(maker, _ -> {
        });
    }

    /// The same, where something is done with it before anybody else has it; if that fails, nothing is chosen.
    C choose(Maker<C> maker, Step<C> first) throws IOException {
        C c = chosen;
        return c != null ? c : chooseNow(maker, first);
    }

    /// What is done with what was chosen.
    interface Step<C> {
        void take(C chosen) throws IOException;
    }

    private C chooseNow(Maker<C> maker, Step<C> first) throws IOException {
        C made;
        synchronized (this) {
            if (chosen != null) {
                return chosen;
            }
            if (closed) {
                throw new AsynchronousCloseException();
            }
            made = maker.make();
            try {
                made.configureBlocking(blocking);
                for (Map.Entry<SocketOption<?>, Object> e : asked.entrySet()) {
                    set(made, e.getKey(), e.getValue());
                }
                first.take(made);
                become(made);
            } catch (Throwable t) {
                chosen = null;
                made.close();
                throw t;
            }
        }
        try {
            tellAudience();
        } catch (Throwable t) {
            // Who has registered it would never hear of it.
            takeBack(made);
            throw t;
        }
        return made;
    }

    /// Binds or connects what it is or becomes now. What cannot be is not chosen: the next address may be another's.
    void chooseBy(Maker<C> maker, Step<C> step) throws IOException {
        var taken = new AtomicBoolean();
        C c = choose(maker, made -> {
            step.take(made);
            taken.set(true);
        });
        if (!taken.get()) {
            step.take(c);
        }
    }

    /// Notes what one is to be bound to that may have a peer later, if that decides nothing ([LateBinding#decidesNothing]).
    ///
    /// @return `false` if it does, or something was chosen
    synchronized boolean bindsAnywhere(SocketAddress local, Optional<Stack> opener, ProtocolFamily family) {
        if (chosen != null) {
            return false;
        }
        if (anywhere) {
            throw new AlreadyBoundException();
        }
        anywhere = LateBinding.decidesNothing(ChannelExceptions.local(local), opener, family);
        return anywhere;
    }

    /// The same for who is bound by being used, and may have been bound before.
    synchronized boolean isAnywhere(Optional<Stack> opener, ProtocolFamily family) {
        return chosen == null && (anywhere || bindsAnywhere(null, opener, family));
    }

    boolean wasBoundAnywhere() {
        return anywhere;
    }

    /// What it is, or becomes for who wants to know where it is bound; `null` if it is not.
    C bound(Maker<C> maker, Step<C> bind) throws IOException {
        return anywhere ? choose(maker, bind) : chosen;
    }

    private void takeBack(C c) throws IOException {
        synchronized (this) {
            if (chosen == c) {
                chosen = null;
            }
        }
        audience.forgetKernels();
        c.close();
    }

    /// Stands from the beginning for one that was accepted, and is a blocking one as all that are new.
    synchronized void is(C accepted) {
        become(accepted);
    }

    private void become(C made) {
        chosen = made;
        if (listener != null && made instanceof Watched w) {
            w.onReady(listener);
        }
    }

    private void tellAudience() throws IOException {
        if (kernelChannel() != null) {
            audience.becameKernels();
        }
        audience.tell();
    }

    private static <T> void set(NetworkChannel made, SocketOption<T> option, Object value) throws IOException {
        if (made.supportedOptions().contains(option)) {
            made.setOption(option, option.type().cast(value));
        }
    }

    // ---- options

    <T> void setOption(SocketOption<T> option, T value) throws IOException {
        C c = chosen;
        if (c == null) {
            T checked = Options.checked(supported, option, value);
            synchronized (this) {
                c = chosen;
                if (c == null) {
                    asked.put(option, checked);
                    return;
                }
            }
        }
        c.setOption(option, value);
    }

    <T> T getOption(SocketOption<T> option) throws IOException {
        C c = chosen;
        if (c != null) {
            return c.getOption(option);
        }
        Options.check(supported, option);
        Object value;
        synchronized (this) {
            value = asked.get(option);
        }
        if (value == null) {
            value = DEFAULTS.getOrDefault(option, option.type() == Boolean.class ? false : null);
        }
        return option.type().cast(value);
    }

    Set<SocketOption<?>> supportedOptions() {
        C c = chosen;
        return c == null ? supported : c.supportedOptions();
    }

    // ---- selection

    /// The kernel's, or `null`.
    SelectableChannel kernelChannel() {
        C c = chosen;
        return c instanceof Watched ? null : c;
    }

    boolean mayBeKernels() {
        return !(chosen instanceof Watched);
    }

    /// @param before for which operations one is ready that has not chosen
    int readyOps(int before) {
        if (!channel.isOpen()) {
            return channel.validOps();
        }
        C c = chosen;
        return c == null ? before : c instanceof Watched w ? w.readyOps() : 0;
    }

    synchronized void onReady(Consumer<Readiness> told) {
        listener = told;
        if (chosen instanceof Watched w) {
            w.onReady(told);
        }
    }

    void configureBlocking(boolean block) throws IOException {
        C c;
        synchronized (this) {
            blocking = block;
            c = chosen;
        }
        // Without the lock: the kernel's waits for who reads, whom a close that needs it is to end.
        if (c != null) {
            if (block) {
                audience.leaveKernels();
            }
            c.configureBlocking(block);
        }
    }

    /// A stack's is left as it is: a simulation is to see nothing of what the collector of garbage does.
    void closeIfKernels() {
        if (kernelChannel() != null) {
            try {
                channel.close();
            } catch (IOException e) {
                // Nobody is left to be told.
            }
        }
    }

    void close() throws IOException {
        C c;
        synchronized (this) {
            closed = true;
            c = chosen;
        }
        try {
            if (c != null) {
                c.close();
            }
        } finally {
            audience.tell();
        }
    }
}
