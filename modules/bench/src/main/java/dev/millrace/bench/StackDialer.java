package dev.millrace.bench;

import dev.millrace.Readiness;
import dev.millrace.Stack;
import dev.millrace.TcpSocket;
import dev.millrace.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.function.Consumer;

/// Sockets of a stack of ours.
final class StackDialer implements Dialer {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Stack stack;

    StackDialer(Stack stack) {
        this.stack = stack;
    }

    private TcpSocket open(InetSocketAddress remote) throws IOException {
        TcpSocket socket = stack.tcp().connect(remote, PATIENCE);
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return socket;
    }

    @Override
    public Network.Connection connect(InetSocketAddress remote) throws IOException {
        return new StackNetwork.Stream(open(remote));
    }

    @Override
    public Network.Datagrams datagrams(InetSocketAddress remote) throws IOException {
        UdpSocket socket = stack.udp().connect(remote);
        return new Network.Datagrams() {
            @Override
            public void send(ByteBuffer src) throws IOException {
                socket.send(src, null);
            }

            @Override
            public void receive(ByteBuffer dst) throws IOException {
                socket.receive(dst);
            }

            @Override
            public Network.Datagrams peer() {
                throw new UnsupportedOperationException("the peer is another process");
            }

            @Override
            public void close() {
                socket.close();
            }
        };
    }

    @Override
    public AutoCloseable pingPong(InetSocketAddress remote, Runnable onByte) throws IOException {
        TcpSocket socket = open(remote);
        var turn = new Turn(socket, onByte);
        // The first byte, whole, before anything is called back.
        socket.write(ByteBuffer.allocateDirect(1));
        socket.onReady(turn);
        return socket;
    }

    /// Runs when the byte is back, or when there is room to send it again.
    private static final class Turn implements Consumer<Readiness> {
        private final TcpSocket socket;
        private final Runnable onByte;
        private final ByteBuffer one = ByteBuffer.allocateDirect(1);
        private boolean toSend;

        Turn(TcpSocket socket, Runnable onByte) {
            this.socket = socket;
            this.onByte = onByte;
        }

        @Override
        public void accept(Readiness readiness) {
            try {
                while (true) {
                    if (!toSend) {
                        one.clear();
                        if (socket.tryRead(one) <= 0) {
                            return;
                        }
                        onByte.run();
                        one.flip();
                        toSend = true;
                    }
                    if (socket.tryWrite(one) == 0) {
                        return;
                    }
                    toSend = false;
                }
            } catch (IOException e) {
                // The end of the benchmark, or of the peer, which then shows as a standstill.
                socket.abort();
            }
        }
    }

    @Override
    public boolean hasCallbacks() {
        return true;
    }

    @Override
    public long packets() {
        return stack.nics().stream()
                .mapToLong(n -> stack.counters().get(n.name()).getOrDefault("packets-out", 0L)).sum();
    }

    @Override
    public String variant() {
        return "millrace";
    }
}
