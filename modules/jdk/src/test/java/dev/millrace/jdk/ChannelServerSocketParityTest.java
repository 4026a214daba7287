package dev.millrace.jdk;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// The same for the sockets of channels of servers: [ServerSocketChannel#socket()].
@Timeout(120)
class ChannelServerSocketParityTest extends Parity {
    ChannelServerSocketParityTest() {
        servers();
        serversWait();
    }

    private void servers() {
        add("a new server", w -> serverFacts(w.serverChannel().socket(), w));
        add("a listening server", w -> serverFacts(w.listeningChannel().socket(), w));
        add("a closed server", w -> {
            ServerSocket s = w.listeningChannel().socket();
            s.close();
            s.close();
            return List.of(serverFacts(s, w), s.getChannel().isOpen());
        });
        add("a server that was closed before it was bound", w -> {
            ServerSocket s = w.serverChannel().socket();
            s.close();
            return serverFacts(s, w);
        });
        add("calls on a closed server", w -> {
            ServerSocket s = w.listeningChannel().socket();
            s.close();
            return each(w, _ -> s.accept(), done(() -> s.bind(null)), _ -> s.getSoTimeout(), done(() -> s.setSoTimeout(1)),
                    _ -> s.getReuseAddress(), _ -> s.getReceiveBufferSize(), done(() -> s.setReceiveBufferSize(0)),
                    _ -> s.getOption(StandardSocketOptions.SO_RCVBUF), _ -> s.setOption(StandardSocketOptions.SO_REUSEADDR, true));
        });
        add("bind a server", w -> {
            ServerSocket s = w.serverChannel().socket();
            SocketAddress at = w.nobody();
            s.bind(at, 3);
            return List.of(s.getLocalSocketAddress().equals(at), s.getChannel().getLocalAddress().equals(at),
                    each(w, done(() -> s.bind(at)), done(() -> s.bind(null)), done(() -> s.bind(new OtherAddress()))));
        });
        add("bind a server to what is no address", w -> {
            ServerSocket s = w.serverChannel().socket();
            return each(w, done(() -> s.bind(new OtherAddress())),
                    done(() -> s.bind(InetSocketAddress.createUnresolved("no.such.invalid", 0))),
                    done(() -> s.bind(new InetSocketAddress("203.0.113.9", 0))), done(() -> s.bind(w.listeningChannel().getLocalAddress())),
                    done(() -> s.bind(null, -1)), _ -> s.isBound());
        });
        add("accept before it is bound", w -> {
            ServerSocket s = w.serverChannel().socket();
            String blocking = outcome(_ -> s.accept(), w);
            s.setSoTimeout(1);
            String inTime = outcome(_ -> s.accept(), w);
            s.getChannel().configureBlocking(false);
            return List.of(blocking, inTime, outcome(_ -> s.accept(), w));
        });
        add("accept", w -> {
            ServerSocket s = w.listeningChannel().socket();
            w.channel().connect(s.getLocalSocketAddress());
            Socket a = w.keep(s.accept());
            return List.of(a.getChannel().isBlocking(), a.isConnected(), a.getChannel().socket() == a, World.hide(a));
        });
        add("values of servers that are none", w -> {
            ServerSocket s = w.serverChannel().socket();
            return each(w, done(() -> s.setSoTimeout(-1)), done(() -> s.setReceiveBufferSize(0)), _ -> s.setOption(null, 1),
                    _ -> s.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
        });
    }

    private static List<Object> serverFacts(ServerSocket s, World w) {
        return List.of(s.isBound(), s.isClosed(), World.hide(s.getLocalPort()), "" + s.getInetAddress(),
                World.hide(s.getLocalSocketAddress()), World.hide(s), s.getChannel().socket() == s,
                outcome(_ -> s.getReuseAddress(), w), outcome(_ -> s.getSoTimeout(), w));
    }

    private void serversWait() {
        add("accept in 1 ms", w -> {
            ServerSocket s = w.listeningChannel().socket();
            s.setSoTimeout(1);
            List<String> late = each(w, _ -> s.accept(), _ -> s.accept());
            w.channel().connect(s.getLocalSocketAddress());
            s.setSoTimeout(60_000);
            return List.of(late, s.isClosed(), w.keep(s.accept()).isConnected());
        });
        add("accept without blocking", w -> {
            ServerSocket s = w.listeningChannel().socket();
            s.getChannel().configureBlocking(false);
            String nobody = outcome(_ -> s.accept(), w);
            w.channel().connect(s.getLocalSocketAddress());
            s.setSoTimeout(10);
            return List.of(nobody, outcome(_ -> s.accept(), w));
        });
        add("a channel accepts whatever the time-out", w -> {
            ServerSocketChannel s = w.listeningChannel();
            s.socket().setSoTimeout(1);
            CompletableFuture<SocketChannel> accepted = World.waiting(() -> w.keep(s.accept()));
            w.channel().connect(s.getLocalAddress());
            return World.of(accepted).isConnected();
        });
        add("close while another accepts", w -> {
            ServerSocket s = w.listeningChannel().socket();
            CompletableFuture<Socket> accepted = World.waiting(s::accept);
            s.close();
            return outcome(_ -> World.of(accepted), w);
        });
        add("close while another accepts in time", w -> {
            ServerSocket s = w.listeningChannel().socket();
            s.setSoTimeout(60_000);
            CompletableFuture<Socket> accepted = World.waiting(s::accept);
            s.close();
            return outcome(_ -> World.of(accepted), w);
        });
        add("interrupt who accepts", w -> {
            ServerSocket s = w.listeningChannel().socket();
            var accepted = new CompletableFuture<Socket>();
            World.waiting(s::accept, accepted).interrupt();
            return List.of(outcome(_ -> World.of(accepted), w), s.isClosed());
        });
        add("interrupt who accepts in time", w -> {
            ServerSocket s = w.listeningChannel().socket();
            s.setSoTimeout(60_000);
            var accepted = new CompletableFuture<Socket>();
            World.waiting(s::accept, accepted).interrupt();
            return List.of(outcome(_ -> World.of(accepted), w), s.isClosed());
        });
    }
}
