package dev.millrace.jdk;

import dev.millrace.testkit.Await;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// The same for [ServerSocketChannel].
@Timeout(120)
class ServerSocketChannelParityTest extends Parity {
    ServerSocketChannelParityTest() {
        states();
        binding();
        accepting();
        ends();
        options();
    }

    private void states() {
        add("a new server", w -> facts(w.serverChannel(), w));
        add("a listening server", w -> facts(w.listeningChannel(), w));
        add("a server on any address", w -> {
            ServerSocketChannel s = w.serverChannel().bind(null);
            InetSocketAddress at = (InetSocketAddress) s.getLocalAddress();
            return List.of(at.getAddress().isAnyLocalAddress(), at.getPort() > 0, s.isOpen());
        });
        add("a closed server", w -> {
            ServerSocketChannel s = w.listeningChannel();
            s.close();
            s.close();
            return facts(s, w);
        });
        add("calls on a closed server", w -> {
            ServerSocketChannel s = w.listeningChannel();
            s.close();
            return each(w, _ -> s.accept(), _ -> s.bind(null), _ -> s.bind(new OtherAddress()), _ -> s.getLocalAddress(),
                    _ -> s.configureBlocking(false), _ -> s.getOption(StandardSocketOptions.SO_RCVBUF),
                    _ -> s.setOption(StandardSocketOptions.SO_REUSEADDR, true), _ -> s.getOption(null),
                    _ -> s.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, true), _ -> s.socket().isClosed(), _ -> s.isBlocking());
        });
        add("calls on a server that was closed before it was bound", w -> {
            ServerSocketChannel s = w.serverChannel();
            s.close();
            return List.of(facts(s, w), each(w, _ -> s.accept(), _ -> s.bind(null)));
        });
        add("the channel's socket is one", w -> {
            ServerSocketChannel s = w.serverChannel();
            return List.of(s.socket() == s.socket(), s.socket().getChannel() == s, s.provider() == w.there.provider(), s.validOps());
        });
    }

    private static List<Object> facts(ServerSocketChannel s, World w) {
        return List.of(s.isOpen(), s.isBlocking(), s.isRegistered(), World.hide(outcome(_ -> s.getLocalAddress(), w)));
    }

    private void binding() {
        add("bind twice", w -> {
            ServerSocketChannel s = w.listeningChannel();
            return each(w, _ -> s.bind(null), _ -> s.bind(w.nobody()), _ -> s.bind(new OtherAddress()),
                    _ -> s.bind(InetSocketAddress.createUnresolved("no.such.invalid", 0)));
        });
        add("bind to what is no address", w -> {
            ServerSocketChannel s = w.serverChannel();
            return List.of(each(w, _ -> s.bind(new OtherAddress()), _ -> s.bind(InetSocketAddress.createUnresolved("no.such.invalid", 0)),
                    _ -> s.bind(new InetSocketAddress("203.0.113.9", 0))), facts(s, w),
                    s.bind(w.there.at(0), -3) == s, s.isOpen());
        });
        add("two servers on one port", w -> {
            ServerSocketChannel s = w.serverChannel();
            return List.of(outcome(_ -> s.bind(w.listeningChannel().getLocalAddress()), w), s.isOpen());
        });
        add("a port again after close", w -> {
            ServerSocketChannel s = w.listeningChannel();
            var at = s.getLocalAddress();
            s.close();
            return w.serverChannel().bind(at).getLocalAddress().equals(at);
        });
        add("IPv6", w -> {
            ServerSocketChannel s = w.serverChannel().bind(w.there.at6(0));
            w.channel().connect(s.getLocalAddress());
            return List.of(World.hide(w.keep(s.accept()).getLocalAddress()), facts(s, w));
        });
    }

    private void accepting() {
        add("accept before it is bound", w -> {
            ServerSocketChannel s = w.serverChannel();
            String blocking = outcome(_ -> s.accept(), w);
            s.configureBlocking(false);
            return List.of(blocking, outcome(_ -> s.accept(), w), s.isOpen());
        });
        add("nobody there, without blocking", w -> {
            ServerSocketChannel s = w.listeningChannel();
            s.configureBlocking(false);
            return "" + s.accept();
        });
        add("accept", w -> {
            ServerSocketChannel s = w.listeningChannel();
            SocketChannel c = w.channel();
            c.connect(s.getLocalAddress());
            SocketChannel a = w.keep(s.accept());
            return List.of(a.isBlocking(), a.isConnected(), a.getRemoteAddress().equals(c.getLocalAddress()), a.provider() == w.there.provider());
        });
        add("accept without blocking", w -> {
            ServerSocketChannel s = w.listeningChannel();
            s.configureBlocking(false);
            w.channel().connect(s.getLocalAddress());
            SocketChannel[] got = new SocketChannel[1];
            Await.until(() -> (got[0] = s.accept()) != null, s::toString);
            w.keep(got[0]);
            return List.of(got[0].isBlocking(), got[0].isConnected(), "" + s.accept());
        });
        add("accept what was there before others waited", w -> {
            ServerSocketChannel s = w.listeningChannel();
            List<CompletableFuture<SocketChannel>> waiting = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                waiting.add(World.waiting(() -> w.keep(s.accept())));
            }
            for (int i = 0; i < 3; i++) {
                w.channel().connect(s.getLocalAddress());
            }
            List<Boolean> all = new ArrayList<>();
            for (var a : waiting) {
                all.add(World.of(a).isConnected());
            }
            return all;
        });
        add("a peer that went before it was accepted", w -> {
            ServerSocketChannel s = w.listeningChannel();
            SocketChannel c = w.channel();
            c.connect(s.getLocalAddress());
            c.close();
            SocketChannel a = w.keep(s.accept());
            return List.of(a.isConnected(), a.read(java.nio.ByteBuffer.allocate(1)));
        });
    }

    private void ends() {
        add("close while another accepts", w -> {
            ServerSocketChannel s = w.listeningChannel();
            CompletableFuture<SocketChannel> accepted = World.waiting(s::accept);
            s.close();
            return outcome(_ -> World.of(accepted), w);
        });
        add("interrupt who accepts", w -> {
            ServerSocketChannel s = w.listeningChannel();
            var accepted = new CompletableFuture<SocketChannel>();
            Thread t = World.waiting(s::accept, accepted);
            t.interrupt();
            return List.of(outcome(_ -> World.of(accepted), w), s.isOpen());
        });
        add("interrupted before accepting who is there", w -> {
            ServerSocketChannel s = w.listeningChannel();
            w.channel().connect(s.getLocalAddress());
            return interruptedBefore(s::accept, s, w);
        });
        add("interrupted before accepting without blocking", w -> {
            ServerSocketChannel s = w.listeningChannel();
            s.configureBlocking(false);
            return interruptedBefore(s::accept, s, w);
        });
        add("interrupted before accepting from what is not bound", w -> {
            ServerSocketChannel s = w.serverChannel();
            return interruptedBefore(s::accept, s, w);
        });
        add("a connection that nobody accepted is reset", w -> {
            ServerSocketChannel s = w.listeningChannel();
            SocketChannel c = w.channel();
            c.connect(s.getLocalAddress());
            s.close();
            return outcome(_ -> c.read(java.nio.ByteBuffer.allocate(1)), w);
        });
    }

    private static List<Object> interruptedBefore(Callable<?> call, ServerSocketChannel s, World w) throws Exception {
        CompletableFuture<Object> result = World.waiting(() -> {
            Thread.currentThread().interrupt();
            return "" + call.call();
        });
        return List.of(outcome(_ -> World.of(result), w), s.isOpen());
    }

    private void options() {
        add("options of a new server", w -> {
            ServerSocketChannel s = w.serverChannel();
            return List.of(s.getOption(StandardSocketOptions.SO_REUSEADDR), s.getOption(StandardSocketOptions.SO_RCVBUF) > 0,
                    s.setOption(StandardSocketOptions.SO_REUSEADDR, false) == s, s.getOption(StandardSocketOptions.SO_REUSEADDR));
        });
        add("values that are none", w -> {
            ServerSocketChannel s = w.serverChannel();
            return each(w, _ -> s.setOption(null, 1), _ -> s.getOption(null), _ -> s.getOption(StandardSocketOptions.IP_MULTICAST_LOOP),
                    _ -> s.setOption(StandardSocketOptions.SO_BROADCAST, true), _ -> s.setOption(StandardSocketOptions.SO_RCVBUF, null));
        });
        add("options that a server has none of", w -> {
            ServerSocketChannel s = w.serverChannel();
            return each(w, _ -> s.getOption(StandardSocketOptions.TCP_NODELAY), _ -> s.setOption(StandardSocketOptions.SO_LINGER, 1),
                    _ -> s.getOption(StandardSocketOptions.SO_KEEPALIVE), _ -> s.getOption(StandardSocketOptions.SO_SNDBUF),
                    _ -> s.getOption(StandardSocketOptions.IP_TOS));
        });
        add("the usual options are supported", w -> {
            Set<SocketOption<?>> all = w.serverChannel().supportedOptions();
            return all.containsAll(List.of(StandardSocketOptions.SO_RCVBUF, StandardSocketOptions.SO_REUSEADDR));
        });
    }
}
