package dev.millrace.jdk;

import dev.millrace.spi.OpenStacks;
import java.io.IOException;
import java.net.ProtocolFamily;
import java.net.StandardProtocolFamily;
import java.nio.channels.DatagramChannel;
import java.nio.channels.Pipe;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Objects;

/// All channels and selectors of a JVM, for libraries that take no provider and ask for the JVM's own, as the JDK's HTTP client and
/// server do:
///
/// ```
/// java -Djava.nio.channels.spi.SelectorProvider=dev.millrace.jdk.JvmSelectorProvider \
///      --add-exports java.base/sun.nio.ch=ALL-UNNAMED ...
/// ```
///
/// A channel chooses when it is bound, connected or first used, but not yet when it is bound to any address and port by no program. An address of a stack or of a simulated
/// host that it is bound to decides; else the host or stack of the running program, or of the one that opened it; else an address of a
/// stack that it connects to; else `-Ddev.millrace.jdk.stack=NAME`; and else it is one of the kernel's, which can be reached with the
/// second of these options only. Selectors watch both at once. A JVM cannot undo this.
public final class JvmSelectorProvider extends SelectorProvider {
    /// For sockets that choose late though the JVM's provider is another.
    static final JvmSelectorProvider ANY = new JvmSelectorProvider();

    /// Called by the JDK.
    public JvmSelectorProvider() {
    }

    private static Waiting waiting() {
        return OpenStacks.running().map(Waiting::of).orElseGet(Waiting::real);
    }

    @Override
    public AbstractSelector openSelector() {
        return new StackSelector(this, waiting(), LateBinding::kernelSide);
    }

    @Override
    public SocketChannel openSocketChannel() {
        return new LateSocketChannel(this, null, waiting(), OpenStacks.running());
    }

    @Override
    public SocketChannel openSocketChannel(ProtocolFamily family) throws IOException {
        if (isLocal(family)) {
            return LateBinding.kernel().openSocketChannel(family);
        }
        return new LateSocketChannel(this, StackSelectorProvider.checked(family), waiting(), OpenStacks.running());
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() {
        return new LateServerSocketChannel(this, null, waiting(), OpenStacks.running());
    }

    @Override
    public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
        if (isLocal(family)) {
            return LateBinding.kernel().openServerSocketChannel(family);
        }
        return new LateServerSocketChannel(this, StackSelectorProvider.checked(family), waiting(), OpenStacks.running());
    }

    /// Those of UNIX are the kernel's, and not for the selectors of this provider.
    private static boolean isLocal(ProtocolFamily family) {
        return Objects.requireNonNull(family, "'family' is null") == StandardProtocolFamily.UNIX;
    }

    @Override
    public DatagramChannel openDatagramChannel() {
        return new LateDatagramChannel(this, null, waiting(), OpenStacks.running());
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) {
        return new LateDatagramChannel(this, StackSelectorProvider.checked(family), waiting(), OpenStacks.running());
    }

    @Override
    public Pipe openPipe() {
        return new MemoryPipe(this, waiting());
    }
}
