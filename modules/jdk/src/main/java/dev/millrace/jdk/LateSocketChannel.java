package dev.millrace.jdk;

import dev.millrace.Readiness;
import dev.millrace.Stack;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ProtocolFamily;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.NoConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// A channel that becomes one of a stack, or of the kernel, when it is bound or connected.
final class LateSocketChannel extends SocketChannel implements Watched {
    private static final Set<SocketOption<?>> OPTIONS = Set.of(StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_SNDBUF,
            StandardSocketOptions.SO_KEEPALIVE, StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.SO_LINGER,
            StandardSocketOptions.TCP_NODELAY, StandardSocketOptions.IP_TOS);

    /// The version of IP that was asked for, or `null`: a stack's are of both all the same.
    private final ProtocolFamily family;
    /// The stack of the program that has opened it.
    private final Optional<Stack> opener;
    private final Audience audience;
    private final LateChoice<SocketChannel> choice;
    /// Guarded by this.
    private LateSocket adaptor;

    LateSocketChannel(SelectorProvider provider, ProtocolFamily family, Waiting waiting, Optional<Stack> opener) {
        super(provider);
        this.family = family;
        this.opener = opener;
        audience = new Audience(this, waiting);
        choice = new LateChoice<>(this, audience, OPTIONS);
    }

    /// One of the kernel's that was accepted.
    LateSocketChannel(SelectorProvider provider, Waiting waiting, SocketChannel accepted) {
        this(provider, null, waiting, Optional.empty());
        choice.is(accepted);
    }

    private SocketChannel open(SelectorProvider chosen) throws IOException {
        SocketChannel made = family == null ? chosen.openSocketChannel() : chosen.openSocketChannel(family);
        try {
            prepare(made);
        } catch (Throwable t) {
            made.close();
            throw t;
        }
        return made;
    }

    private void prepare(SocketChannel made) throws IOException {
        LateSocket s;
        synchronized (this) {
            s = adaptor;
        }
        if (s != null) {
            s.prepare(made);
        }
    }

    private void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    /// Asks what it has become, which closes itself when an attempt fails or a thread is interrupted.
    private <T> T ask(Call<T> call) throws IOException {
        checkOpen();
        SocketChannel c = choice.chosen();
        if (c == null) {
            throw new NotYetConnectedException();
        }
        return ask(c, call);
    }

    private <T> T ask(SocketChannel c, Call<T> call) throws IOException {
        try {
            return call.of(c);
        } finally {
            if (!c.isOpen()) {
                close();
            }
        }
    }

    private interface Call<T> {
        T of(SocketChannel chosen) throws IOException;
    }

    SocketChannel chosen() {
        return choice.chosen();
    }

    @Override
    public SocketChannel bind(SocketAddress local) throws IOException {
        checkOpen();
        if (!choice.bindsAnywhere(local, opener, family)) {
            choice.chooseBy(() -> forBinding(ChannelExceptions.local(local)), c -> c.bind(local));
        }
        return this;
    }

    private SocketChannel forBinding(InetSocketAddress local) throws IOException {
        return open(LateBinding.forBinding(local, opener, provider()));
    }

    boolean wasBoundAnywhere() {
        return choice.wasBoundAnywhere();
    }

    /// What it is, or becomes for who wants to know where it is bound; `null` if it is not.
    SocketChannel bound() throws IOException {
        return choice.bound(() -> forBinding(new InetSocketAddress(0)), c -> c.bind(null));
    }

    @Override
    public boolean connect(SocketAddress remote) throws IOException {
        boolean stands = ask(forConnecting(ChannelExceptions.checked(remote)), c -> c.connect(remote));
        // Its own audience hears of it, and this one not.
        audience.tell();
        return stands;
    }

    /// What it is or becomes in order to connect there.
    SocketChannel forConnecting(InetSocketAddress to) throws IOException {
        checkOpen();
        try {
            return choice.choose(() -> open(LateBinding.forConnecting(to, opener, provider())));
        } catch (IOException | RuntimeException e) {
            // As any attempt that has failed.
            close();
            throw e;
        }
    }

    @Override
    public boolean finishConnect() throws IOException {
        checkOpen();
        if (choice.chosen() == null) {
            if (isBlocking()) {
                ChannelExceptions.checkInterrupt(this);
            }
            throw new NoConnectionPendingException();
        }
        boolean stands = ask(SocketChannel::finishConnect);
        audience.tell();
        return stands;
    }

    @Override
    public boolean isConnected() {
        SocketChannel c = choice.chosen();
        return c != null && c.isConnected();
    }

    @Override
    public boolean isConnectionPending() {
        SocketChannel c = choice.chosen();
        return c != null && c.isConnectionPending();
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        checkOpen();
        SocketChannel c = choice.chosen();
        return c == null ? null : c.getRemoteAddress();
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        checkOpen();
        SocketChannel c = bound();
        return c == null ? null : c.getLocalAddress();
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        Objects.requireNonNull(dst);
        return ask(c -> c.read(dst));
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        return ask(c -> c.read(dsts, offset, length));
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        Objects.requireNonNull(src);
        return ask(c -> c.write(src));
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        return ask(c -> c.write(srcs, offset, length));
    }

    @Override
    public SocketChannel shutdownInput() throws IOException {
        ask(SocketChannel::shutdownInput);
        return this;
    }

    @Override
    public SocketChannel shutdownOutput() throws IOException {
        ask(SocketChannel::shutdownOutput);
        return this;
    }

    @Override
    public <T> SocketChannel setOption(SocketOption<T> name, T value) throws IOException {
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
    public Socket socket() {
        synchronized (this) {
            if (adaptor == null) {
                adaptor = LateSocket.of(this);
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
        SocketChannel c = choice.chosen();
        return c != null ? c.toString() : SocketChannel.class.getName() + (isOpen() ? "[unconnected]" : "[closed]");
    }
}
