package dev.millrace.jdk;

import dev.millrace.Readiness;
import dev.millrace.Stack;
import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NotYetBoundException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// A server's channel that becomes one of a stack, or of the kernel, when it is bound.
final class LateServerSocketChannel extends ServerSocketChannel implements Watched {
    private static final Set<SocketOption<?>> OPTIONS = Set.of(StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_REUSEADDR);

    /// The version of IP that was asked for, or `null`: a stack's are of both all the same.
    private final ProtocolFamily family;
    /// The stack of the program that has opened it.
    private final Optional<Stack> opener;
    private final Audience audience;
    private final LateChoice<ServerSocketChannel> choice;
    /// Guarded by this.
    private ServerSocket adaptor;

    LateServerSocketChannel(SelectorProvider provider, ProtocolFamily family, Waiting waiting, Optional<Stack> opener) {
        super(provider);
        this.family = family;
        this.opener = opener;
        audience = new Audience(this, waiting);
        // As the JDK's on every system but Windows.
        choice = new LateChoice<>(this, audience, OPTIONS, Map.of(StandardSocketOptions.SO_REUSEADDR, true));
    }

    private ServerSocketChannel open(SelectorProvider chosen) throws IOException {
        return family == null ? chosen.openServerSocketChannel() : chosen.openServerSocketChannel(family);
    }

    private void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    ServerSocketChannel chosen() {
        return choice.chosen();
    }

    @Override
    public ServerSocketChannel bind(SocketAddress local, int backlog) throws IOException {
        checkOpen();
        choice.chooseBy(() -> open(LateBinding.forBinding(ChannelExceptions.local(local), opener, provider())), c -> c.bind(local, backlog));
        return this;
    }

    @Override
    public SocketChannel accept() throws IOException {
        checkOpen();
        ServerSocketChannel c = choice.chosen();
        if (c == null) {
            if (isBlocking()) {
                ChannelExceptions.checkInterrupt(this);
            }
            throw new NotYetBoundException();
        }
        try {
            return selectable(c.accept());
        } finally {
            if (!c.isOpen()) {
                close();
            }
        }
    }

    /// One that was accepted, for selectors of this provider.
    SocketChannel selectable(SocketChannel accepted) throws IOException {
        if (accepted == null || accepted instanceof Watched) {
            return accepted;
        }
        try {
            return new LateSocketChannel(provider(), audience.waiting(), accepted);
        } catch (Throwable t) {
            accepted.close();
            throw t;
        }
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        checkOpen();
        ServerSocketChannel c = choice.chosen();
        return c == null ? null : c.getLocalAddress();
    }

    @Override
    public <T> ServerSocketChannel setOption(SocketOption<T> name, T value) throws IOException {
        Options.check(choice.supportedOptions(), name);
        checkOpen();
        choice.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        Options.check(choice.supportedOptions(), name);
        checkOpen();
        return choice.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return choice.supportedOptions();
    }

    @Override
    public ServerSocket socket() {
        synchronized (this) {
            if (adaptor == null) {
                adaptor = LateServerSocket.of(this);
            }
            return adaptor;
        }
    }

    // ---- selection

    @Override
    public int readyOps() {
        return choice.readyOps(0);
    }

    @Override
    public Audience audience() {
        return audience;
    }

    @Override
    public SelectableChannel kernelChannel() {
        return choice.kernelChannel();
    }

    @Override
    public boolean mayBeKernels() {
        return choice.mayBeKernels();
    }

    @Override
    public void onReady(Consumer<Readiness> listener) {
        choice.onReady(listener);
    }

    @Override
    protected void implConfigureBlocking(boolean block) throws IOException {
        choice.configureBlocking(block);
    }

    @Override
    protected void implCloseSelectableChannel() throws IOException {
        choice.close();
    }

    /// For who has been forgotten.
    void closeIfKernels() {
        choice.closeIfKernels();
    }

    @Override
    public String toString() {
        ServerSocketChannel c = choice.chosen();
        return c != null ? c.toString() : ServerSocketChannel.class.getName() + (isOpen() ? "[unbound]" : "[closed]");
    }
}
