package dev.millrace.jdk;

import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// The same for [ServerSocket].
@Timeout(120)
class ServerSocketParityTest extends Parity {
    ServerSocketParityTest() {
        servers();
        waits();
    }

    private void servers() {
        add("a new server", w -> {
            ServerSocket s = w.server();
            return List.of(s.isBound(), s.isClosed(), s.getLocalPort(), "" + s.getInetAddress(), "" + s.getLocalSocketAddress(),
                    "" + s.getChannel(), s.toString(), s.getReuseAddress(), s.getSoTimeout(), outcome(_ -> s.accept(), w));
        });
        add("a listening server", w -> {
            ServerSocket s = w.listening();
            return List.of(s.isBound(), s.isClosed(), s.getLocalPort() > 0, "" + s.getInetAddress(),
                    s.toString().replaceAll("localport=[0-9]+", "P"));
        });
        add("a closed server", w -> {
            ServerSocket s = w.listening();
            int port = s.getLocalPort();
            s.close();
            s.close();
            return List.of(s.isBound(), s.isClosed(), s.getLocalPort() == port, outcome(_ -> s.accept(), w), outcome(_ -> {
                s.bind(null);
                return "";
            }, w), outcome(_ -> s.getSoTimeout(), w), outcome(_ -> s.getReuseAddress(), w));
        });
        add("bind a server twice", w -> {
            w.listening().bind(null);
            return "";
        });
        add("two servers on one port", w -> {
            w.server().bind(w.listening().getLocalSocketAddress());
            return "";
        });
        add("a server on an address of others", w -> {
            w.server().bind(new InetSocketAddress("203.0.113.9", 0));
            return "";
        });
        add("a server on another kind of address", w -> {
            w.server().bind(new OtherAddress());
            return "";
        });
        add("a server on a name that is none", w -> {
            w.server().bind(InetSocketAddress.createUnresolved("no.such.invalid", 0));
            return "";
        });
        add("a server on any address", w -> {
            ServerSocket s = w.server();
            s.bind(new InetSocketAddress(0), -5);
            Socket c = w.socket();
            c.connect(w.there.at(s.getLocalPort()));
            return List.of(s.getInetAddress().isAnyLocalAddress(), s.accept().getLocalAddress().getHostAddress());
        });
        add("values of servers that are none", w -> {
            ServerSocket s = w.server();
            return each(w, _ -> {
                s.setSoTimeout(-1);
                return "";
            }, _ -> {
                s.setReceiveBufferSize(0);
                return "";
            }, _ -> s.setOption(null, 1), _ -> s.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
        });
        add("IPv6", w -> {
            ServerSocket s = w.server();
            s.bind(w.there.at6(0));
            Socket c = w.socket();
            c.connect(s.getLocalSocketAddress());
            return List.of("" + c.getInetAddress(), "" + s.accept().getInetAddress());
        });
    }

    private void waits() {
        add("close while another accepts", w -> {
            ServerSocket s = w.listening();
            CompletableFuture<Socket> accepted = World.waiting(() -> s.accept());
            s.close();
            return outcome(_ -> World.of(accepted), w);
        });
        add("accept in time", w -> {
            ServerSocket s = w.listening();
            s.setSoTimeout(20);
            return List.of(outcome(_ -> s.accept(), w), s.isClosed(), s.getSoTimeout());
        });
    }
}
