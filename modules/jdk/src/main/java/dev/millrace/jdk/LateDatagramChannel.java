package dev.millrace.jdk;

import dev.millrace.Readiness;
import dev.millrace.Stack;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ProtocolFamily;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.MembershipKey;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.spi.SelectorProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// A channel for datagrams that becomes one of a stack, or of the kernel, when it is bound or connected or first used. To be bound to any
/// address and port decides nothing, and neither does to look for what has come: to whom it is connected or sends, does. Who joins a group
/// or waits has no peer that could decide, and becomes what one is that is bound.
final class LateDatagramChannel extends DatagramChannel implements Watched {
    private static final Set<SocketOption<?>> OPTIONS = Set.of(StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_SNDBUF,
            StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.SO_BROADCAST, StandardSocketOptions.IP_TOS,
            StandardSocketOptions.IP_MULTICAST_TTL, StandardSocketOptions.IP_MULTICAST_LOOP);

    /// The version of IP that was asked for, or `null`: a stack's are of both all the same.
    private final ProtocolFamily family;
    /// The stack of the program that has opened it.
    private final Optional<Stack> opener;
    private final Audience audience;
    private final LateChoice<DatagramChannel> choice;
    /// Guarded by this.
    private DatagramSocket adaptor;
    /// Guarded by itself: those that are in force.
    private final List<LateMembership> memberships = new ArrayList<>();

    LateDatagramChannel(SelectorProvider provider, ProtocolFamily family, Waiting waiting, Optional<Stack> opener) {
        super(provider);
        this.family = family;
        this.opener = opener;
        audience = new Audience(this, waiting);
        choice = new LateChoice<>(this, audience, OPTIONS);
    }

    private DatagramChannel open(SelectorProvider chosen) throws IOException {
        return family == null ? chosen.openDatagramChannel() : chosen.openDatagramChannel(family);
    }

    private void checkOpen() throws ClosedChannelException {
        if (!isOpen()) {
            throw new ClosedChannelException();
        }
    }

    /// What it has become, or `null`.
    DatagramChannel chosen() {
        return choice.chosen();
    }

    private DatagramChannel forBinding(InetSocketAddress local) throws IOException {
        return open(LateBinding.forBinding(local, opener, provider()));
    }

    boolean wasBoundAnywhere() {
        return choice.wasBoundAnywhere();
    }

    /// What it is, or becomes for who wants to know where it is bound; `null` if it is not.
    DatagramChannel bound() throws IOException {
        return choice.bound(() -> forBinding(new InetSocketAddress(0)), c -> c.bind(null));
    }

    /// Connects what it is or becomes.
    void connect(InetSocketAddress remote, LateChoice.Step<DatagramChannel> connect) throws IOException {
        checkOpen();
        choice.chooseBy(() -> open(LateBinding.forConnecting(remote, opener, provider())), connect);
    }

    /// What it is or becomes in order to send there.
    DatagramChannel forSending(InetSocketAddress to) throws IOException {
        checkOpen();
        return choice.choose(() -> open(LateBinding.forConnecting(to, opener, provider())));
    }

    /// What it is or becomes in order to receive from whoever sends.
    DatagramChannel forReceiving() throws IOException {
        checkOpen();
        return choice.choose(() -> forBinding(new InetSocketAddress(0)));
    }

    private DatagramChannel connected() throws IOException {
        checkOpen();
        DatagramChannel c = choice.chosen();
        if (c == null) {
            throw new NotYetConnectedException();
        }
        return c;
    }

    private <T> T ask(DatagramChannel c, Call<T> call) throws IOException {
        try {
            return call.of(c);
        } finally {
            if (!c.isOpen()) {
                close();
            }
        }
    }

    private interface Call<T> {
        T of(DatagramChannel chosen) throws IOException;
    }

    @Override
    public DatagramChannel bind(SocketAddress local) throws IOException {
        checkOpen();
        if (!choice.bindsAnywhere(local, opener, family)) {
            choice.chooseBy(() -> forBinding(ChannelExceptions.local(local)), c -> c.bind(local));
        }
        return this;
    }

    @Override
    public DatagramChannel connect(SocketAddress remote) throws IOException {
        connect(ChannelExceptions.checked(remote), chosen -> ask(chosen, c -> c.connect(remote)));
        return this;
    }

    @Override
    public DatagramChannel disconnect() throws IOException {
        DatagramChannel c = choice.chosen();
        if (c != null) {
            c.disconnect();
        }
        return this;
    }

    @Override
    public boolean isConnected() {
        DatagramChannel c = choice.chosen();
        return c != null && c.isConnected();
    }

    @Override
    public SocketAddress getRemoteAddress() throws IOException {
        checkOpen();
        DatagramChannel c = choice.chosen();
        return c == null ? null : c.getRemoteAddress();
    }

    @Override
    public SocketAddress getLocalAddress() throws IOException {
        checkOpen();
        DatagramChannel c = bound();
        return c == null ? null : c.getLocalAddress();
    }

    @Override
    public SocketAddress receive(ByteBuffer dst) throws IOException {
        ChannelExceptions.checkRoom(dst);
        checkOpen();
        if (!isBlocking() && choice.isAnywhere(opener, family)) {
            // Nobody knows a port yet to which something could have come.
            return null;
        }
        return ask(forReceiving(), c -> c.receive(dst));
    }

    @Override
    public int send(ByteBuffer src, SocketAddress target) throws IOException {
        Objects.requireNonNull(src);
        return ask(forSending(ChannelExceptions.checked(target)), c -> c.send(src, target));
    }

    @Override
    public int read(ByteBuffer dst) throws IOException {
        Objects.requireNonNull(dst);
        return ask(connected(), c -> c.read(dst));
    }

    @Override
    public long read(ByteBuffer[] dsts, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, dsts.length);
        return ask(connected(), c -> c.read(dsts, offset, length));
    }

    @Override
    public int write(ByteBuffer src) throws IOException {
        Objects.requireNonNull(src);
        return ask(connected(), c -> c.write(src));
    }

    @Override
    public long write(ByteBuffer[] srcs, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, srcs.length);
        return ask(connected(), c -> c.write(srcs, offset, length));
    }

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface nic) throws IOException {
        return membership(ask(forReceiving(), c -> c.join(group, nic)));
    }

    @Override
    public MembershipKey join(InetAddress group, NetworkInterface nic, InetAddress source) throws IOException {
        return membership(ask(forReceiving(), c -> c.join(group, nic, source)));
    }

    /// The same one each time, as of any channel.
    private MembershipKey membership(MembershipKey chosens) {
        synchronized (memberships) {
            memberships.removeIf(m -> !m.isValid());
            for (LateMembership m : memberships) {
                if (m.isFor(chosens)) {
                    return m;
                }
            }
            var m = new LateMembership(this, chosens);
            memberships.add(m);
            return m;
        }
    }

    /// Of one that is bound somewhere more can be asked than all have: then it chooses.
    private void chooseFor(SocketOption<?> option) throws IOException {
        if (!OPTIONS.contains(option)) {
            bound();
        }
    }

    @Override
    public <T> DatagramChannel setOption(SocketOption<T> name, T value) throws IOException {
        chooseFor(name);
        Options.check(choice.supportedOptions(), name);
        checkOpen();
        choice.setOption(name, value);
        return this;
    }

    @Override
    public <T> T getOption(SocketOption<T> name) throws IOException {
        chooseFor(name);
        Options.check(choice.supportedOptions(), name);
        checkOpen();
        return choice.getOption(name);
    }

    @Override
    public Set<SocketOption<?>> supportedOptions() {
        return choice.supportedOptions();
    }

    @Override
    public DatagramSocket socket() {
        synchronized (this) {
            if (adaptor == null) {
                adaptor = new LateDatagramSocket(this);
            }
            return adaptor;
        }
    }

    // ---- selection

    @Override
    public int readyOps() {
        return choice.readyOps(SelectionKey.OP_WRITE);
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

    @Override
    public String toString() {
        DatagramChannel c = choice.chosen();
        return c != null ? c.toString() : DatagramChannel.class.getName() + (!isOpen() ? "[closed]" : wasBoundAnywhere() ? "[undecided]" : "[unbound]");
    }
}
