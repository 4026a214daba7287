package dev.millrace.jdk;

import dev.millrace.ErrorCode;
import dev.millrace.Stack;
import dev.millrace.TcpOptions;
import dev.millrace.spi.SocketErrors;
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

/// Channels and selectors of a stack.
final class StackSelectorProvider extends SelectorProvider {
    private final Stack stack;
    private final Waiting waiting;
    /// Whom channels tell as their provider.
    private final SelectorProvider known;

    StackSelectorProvider(Stack stack) {
        this.stack = stack;
        waiting = Waiting.of(stack);
        known = this;
    }

    /// @param known whom its channels tell as their provider
    StackSelectorProvider(Stack stack, SelectorProvider known) {
        this.stack = stack;
        this.known = known;
        waiting = Waiting.of(stack);
    }

    @Override
    public AbstractSelector openSelector() {
        return new StackSelector(this, waiting, null);
    }

    @Override
    public SocketChannel openSocketChannel() throws IOException {
        // As the kernel's: the last byte of urgent data is no part of the stream unless the program asks for it.
        return new StackSocketChannel(known, stack.tcp().open().setOption(TcpOptions.URGENT_INLINE, false), waiting);
    }

    @Override
    public SocketChannel openSocketChannel(ProtocolFamily family) throws IOException {
        checked(family);
        return openSocketChannel();
    }

    @Override
    public ServerSocketChannel openServerSocketChannel() throws IOException {
        return new StackServerSocketChannel(known, new ListeningPort(stack.tcp()), waiting);
    }

    @Override
    public ServerSocketChannel openServerSocketChannel(ProtocolFamily family) throws IOException {
        checked(family);
        return openServerSocketChannel();
    }

    @Override
    public DatagramChannel openDatagramChannel() throws IOException {
        if (!stack.isOpen()) {
            throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
        }
        return new StackDatagramChannel(known, new DatagramPort(stack.udp()), waiting);
    }

    @Override
    public DatagramChannel openDatagramChannel(ProtocolFamily family) throws IOException {
        checked(family);
        return openDatagramChannel();
    }

    /// A stack's sockets are of both versions: who asks for one has what he asks for.
    static ProtocolFamily checked(ProtocolFamily family) {
        Objects.requireNonNull(family, "'family' is null");
        if (family != StandardProtocolFamily.INET && family != StandardProtocolFamily.INET6) {
            throw new UnsupportedOperationException("Protocol family not supported");
        }
        return family;
    }

    @Override
    public Pipe openPipe() {
        return new MemoryPipe(this, waiting);
    }
}
