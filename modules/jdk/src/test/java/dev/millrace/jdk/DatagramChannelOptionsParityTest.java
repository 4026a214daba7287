package dev.millrace.jdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// Channels for datagrams as the kernel's: options, selection, groups, and as a socket.
@Timeout(60)
class DatagramChannelOptionsParityTest extends DatagramChannelParity {
    DatagramChannelOptionsParityTest() {
        options();
        selection();
        adaptor();
        groups();
    }

    private void options() {
        add("before it is bound, and after", w -> {
            DatagramChannel c = w.datagramChannel();
            var all = new ArrayList<Object>();
            for (int i = 0; i < 2; i++) {
                all.add(c.getOption(StandardSocketOptions.SO_BROADCAST));
                all.add(c.getOption(StandardSocketOptions.SO_REUSEADDR));
                all.add(c.getOption(StandardSocketOptions.IP_TOS));
                all.add(c.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
                all.add(c.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
                all.add(c.setOption(StandardSocketOptions.SO_BROADCAST, true) == c);
                c.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                c.setOption(StandardSocketOptions.IP_TOS, 0x10 + 8 * i);
                c.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 5 + i);
                c.setOption(StandardSocketOptions.IP_MULTICAST_LOOP, i == 1);
                all.add("" + c.getLocalAddress());
                if (i == 0) {
                    c.bind(null);
                    all.add(port(c) > 0);
                    break;
                }
            }
            all.add(c.getOption(StandardSocketOptions.SO_BROADCAST));
            all.add(c.getOption(StandardSocketOptions.SO_REUSEADDR));
            all.add(c.getOption(StandardSocketOptions.IP_TOS));
            all.add(c.getOption(StandardSocketOptions.IP_MULTICAST_TTL));
            all.add(c.getOption(StandardSocketOptions.IP_MULTICAST_LOOP));
            return all;
        });
        add("which there are", w -> w.datagramChannel().supportedOptions().containsAll(Set.of(StandardSocketOptions.SO_RCVBUF,
                StandardSocketOptions.SO_SNDBUF, StandardSocketOptions.SO_REUSEADDR, StandardSocketOptions.SO_BROADCAST,
                StandardSocketOptions.IP_TOS, StandardSocketOptions.IP_MULTICAST_TTL, StandardSocketOptions.IP_MULTICAST_LOOP)));
        add("which there are once it is closed", w -> {
            DatagramChannel c = w.datagramChannel();
            Set<SocketOption<?>> before = c.supportedOptions();
            c.close();
            return c.supportedOptions().equals(before);
        });
        add("options that are none", w -> {
            DatagramChannel c = w.datagramChannel();
            return each(w, _ -> c.getOption(null), _ -> c.setOption(null, 1), _ -> c.getOption(StandardSocketOptions.TCP_NODELAY),
                    _ -> c.setOption(StandardSocketOptions.TCP_NODELAY, true), _ -> c.setOption(StandardSocketOptions.SO_KEEPALIVE, true),
                    _ -> c.getOption(StandardSocketOptions.SO_LINGER));
        });
        add("values that are none", w -> {
            DatagramChannel c = w.datagramChannel();
            return each(w, _ -> c.setOption(StandardSocketOptions.SO_RCVBUF, null), _ -> c.setOption(StandardSocketOptions.SO_RCVBUF, -1),
                    _ -> c.setOption(StandardSocketOptions.SO_SNDBUF, -1), _ -> c.setOption(StandardSocketOptions.SO_SNDBUF, null),
                    _ -> c.setOption(StandardSocketOptions.SO_REUSEADDR, null), _ -> c.setOption(StandardSocketOptions.SO_BROADCAST, null),
                    _ -> c.setOption(StandardSocketOptions.IP_TOS, 256).equals(c),
                    _ -> c.setOption(StandardSocketOptions.IP_TOS, -1).equals(c),
                    _ -> c.setOption(StandardSocketOptions.IP_MULTICAST_TTL, -1),
                    _ -> c.setOption(StandardSocketOptions.IP_MULTICAST_TTL, 256));
        });
        add("buffers of no size", w -> {
            DatagramChannel c = w.datagramChannel();
            c.setOption(StandardSocketOptions.SO_RCVBUF, 0);
            c.setOption(StandardSocketOptions.SO_SNDBUF, 0);
            return c.getOption(StandardSocketOptions.SO_RCVBUF) > 0 && c.getOption(StandardSocketOptions.SO_SNDBUF) > 0;
        });
        add("two channels share a port", w -> {
            DatagramChannel a = w.datagramChannel().setOption(StandardSocketOptions.SO_REUSEADDR, true);
            DatagramChannel b = w.datagramChannel().setOption(StandardSocketOptions.SO_REUSEADDR, true);
            DatagramChannel c = w.datagramChannel();
            a.bind(new InetSocketAddress(0));
            b.bind(new InetSocketAddress(port(a)));
            return List.of(port(a) == port(b), outcome(_ -> c.bind(new InetSocketAddress(port(a))), w));
        });
    }

    private void selection() {
        add("ready to write, and to read once there is a datagram", w -> {
            DatagramChannel c = w.receivingChannel();
            Selector s = w.selector();
            c.configureBlocking(false);
            SelectionKey key = c.register(s, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            int first = s.selectNow();
            int ready = key.readyOps();
            s.selectedKeys().clear();
            key.interestOps(SelectionKey.OP_READ);
            int none = s.selectNow();
            c.send(bytes("x"), c.getLocalAddress());
            int some = s.select();
            int readable = key.readyOps();
            c.receive(room(1));
            s.selectedKeys().clear();
            return List.of(first, ready, none, some, readable, s.selectNow());
        });
        add("a channel that is not bound", w -> {
            DatagramChannel c = w.datagramChannel();
            Selector s = w.selector();
            c.configureBlocking(false);
            SelectionKey key = c.register(s, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            int first = s.select();
            String unbound = key.readyOps() + " " + c.getLocalAddress();
            s.selectedKeys().clear();
            c.bind(w.here.at(0));
            key.interestOps(SelectionKey.OP_READ);
            c.send(bytes("x"), c.getLocalAddress());
            return List.of(first, unbound, s.select(), key.readyOps());
        });
        add("wakes who selects", w -> {
            DatagramChannel c = w.receivingChannel();
            Selector s = w.selector();
            c.configureBlocking(false);
            c.register(s, SelectionKey.OP_READ);
            CompletableFuture<Integer> selected = World.waiting(s::select);
            w.peerChannel().send(bytes("x"), c.getLocalAddress());
            return World.of(selected);
        });
        add("an error is readable", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.nobodyReceives());
            Selector s = w.selector();
            c.configureBlocking(false);
            SelectionKey key = c.register(s, SelectionKey.OP_READ);
            c.write(bytes("x"));
            int found = s.select();
            return List.of(found, key.readyOps(), outcome(_ -> c.read(room(1)), w), s.selectedKeys().remove(key), s.selectNow());
        });
        add("operations that are none", w -> {
            DatagramChannel c = w.receivingChannel();
            Selector s = w.selector();
            return each(w, _ -> c.register(s, SelectionKey.OP_READ), _ -> c.configureBlocking(false) == c,
                    _ -> c.register(s, SelectionKey.OP_ACCEPT), _ -> c.register(s, SelectionKey.OP_CONNECT),
                    _ -> c.register(s, SelectionKey.OP_READ).interestOps(), _ -> c.configureBlocking(true), _ -> c.isRegistered(),
                    _ -> c.socket().getSoTimeout());
        });
        add("closed while it is registered", w -> {
            DatagramChannel c = w.receivingChannel();
            Selector s = w.selector();
            c.configureBlocking(false);
            SelectionKey key = c.register(s, SelectionKey.OP_READ);
            c.close();
            return List.of(key.isValid(), s.selectNow(), s.keys().size(), c.isRegistered(), outcome(_ -> c.getLocalAddress(), w));
        });
        add("closed while another selects", w -> {
            DatagramChannel c = w.receivingChannel();
            Selector s = w.selector();
            c.configureBlocking(false);
            SelectionKey key = c.register(s, SelectionKey.OP_READ);
            CompletableFuture<Integer> selected = World.waiting(s::select);
            c.close();
            s.wakeup();
            return List.of(World.of(selected), key.isValid(), s.keys().size());
        });
        add("two selectors", w -> {
            DatagramChannel c = w.receivingChannel();
            Selector s = w.selector();
            Selector t = w.selector();
            c.configureBlocking(false);
            SelectionKey one = c.register(s, SelectionKey.OP_READ);
            SelectionKey two = c.register(t, SelectionKey.OP_READ | SelectionKey.OP_WRITE);
            c.send(bytes("x"), c.getLocalAddress());
            awaitReadable(w.here, c);
            return List.of(s.select(), t.select(), one.readyOps(), two.readyOps(), c.keyFor(s) == one, c.keyFor(t) == two);
        });
    }

    private void adaptor() {
        add("its socket", w -> {
            DatagramChannel c = w.datagramChannel();
            DatagramSocket s = c.socket();
            String fresh = s.isBound() + " " + s.isConnected() + " " + s.isClosed() + " " + s.getLocalPort() + " " + s.getPort() + " "
                    + s.getLocalAddress().isAnyLocalAddress() + " " + s.getLocalSocketAddress() + " " + s.getRemoteSocketAddress() + " "
                    + s.getInetAddress();
            s.bind(w.here.at(0));
            s.connect(w.discard());
            return List.of(fresh, s == c.socket(), s.getChannel() == c, s.isBound(), s.isConnected(), s.getLocalPort() == port(c),
                    "" + s.getLocalAddress(), s.getLocalSocketAddress().equals(c.getLocalAddress()), "" + s.getRemoteSocketAddress(),
                    s.getPort(), c.isConnected());
        });
        add("its socket once it is closed", w -> {
            DatagramChannel c = w.receivingChannel();
            c.connect(w.discard());
            DatagramSocket s = c.socket();
            s.close();
            s.close();
            return List.of(c.isOpen(), s.isClosed(), s.isBound(), s.isConnected(), s.getLocalPort(), s.getPort(), "" + s.getLocalAddress(),
                    "" + s.getLocalSocketAddress(), "" + s.getRemoteSocketAddress(), s.getChannel() == c);
        });
        add("calls on its socket once it is closed", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramSocket s = c.socket();
            c.close();
            return each(w, _ -> receive(s, packet(1)), _ -> send(s, packet("x", w.discard())), _ -> s.getSoTimeout(), _ -> s.getBroadcast(),
                    _ -> s.getOption(StandardSocketOptions.IP_TOS), done(() -> s.bind(null)), done(() -> s.connect(w.discard())),
                    done(s::disconnect), done(() -> s.setSoTimeout(1)));
        });
        add("its socket in time", w -> {
            DatagramSocket s = w.receivingChannel().socket();
            s.setSoTimeout(10);
            return List.of(outcome(_ -> receive(s, packet(1)), w), s.isClosed(), s.getSoTimeout());
        });
        add("its socket in time, not bound", w -> {
            DatagramSocket s = w.datagramChannel().socket();
            s.setSoTimeout(10);
            return List.of(outcome(_ -> receive(s, packet(1)), w), s.isBound());
        });
        add("a time-out is its socket's alone", w -> {
            DatagramChannel c = w.receivingChannel();
            c.socket().setSoTimeout(1);
            CompletableFuture<String> got = World.waiting(() -> text(c));
            w.peerChannel().send(bytes("late"), c.getLocalAddress());
            return World.of(got);
        });
        add("its socket receives with a time-out", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramSocket s = c.socket();
            s.setSoTimeout(50_000);
            CompletableFuture<Object> got = World.waiting(() -> receive(s, packet(3)));
            w.peerChannel().send(bytes("longer"), c.getLocalAddress());
            return World.of(got);
        });
        add("its socket does not wait", w -> {
            DatagramChannel c = w.receivingChannel();
            c.configureBlocking(false);
            DatagramSocket s = c.socket();
            return each(w, _ -> receive(s, packet(1)), _ -> send(s, packet("x", w.discard())), _ -> receive(s, null), _ -> send(s, null),
                    _ -> send(s, packet(1)));
        });
        add("its socket's channel is closed while it receives", w -> {
            DatagramChannel c = w.receivingChannel();
            CompletableFuture<Object> got = World.waiting(() -> receive(c.socket(), packet(1)));
            c.close();
            return outcome(_ -> World.of(got), w);
        });
        add("its socket's channel is closed while it receives with a time-out", w -> {
            DatagramChannel c = w.receivingChannel();
            c.socket().setSoTimeout(50_000);
            CompletableFuture<Object> got = World.waiting(() -> receive(c.socket(), packet(1)));
            c.close();
            return outcome(_ -> World.of(got), w);
        });
        add("its socket is interrupted while it receives", w -> {
            DatagramChannel c = w.receivingChannel();
            return interrupted(w, c, () -> receive(c.socket(), packet(1)));
        });
        add("its socket is interrupted while it receives with a time-out", w -> {
            DatagramChannel c = w.receivingChannel();
            c.socket().setSoTimeout(50_000);
            return interrupted(w, c, () -> receive(c.socket(), packet(1)));
        });
        add("its socket is interrupted before", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramChannel d = w.receivingChannel();
            return List.of(interruptedBefore(w, c, () -> send(c.socket(), packet("x", w.discard()))),
                    interruptedBefore(w, d, () -> receive(d.socket(), packet(1))));
        });
        add("its socket: too large", w -> each(w, _ -> send(w.datagramChannel().socket(), new DatagramPacket(new byte[66_000], 65_508,
                w.discard())),
                _ -> {
                    DatagramSocket s = w.datagramChannel().socket();
                    s.connect(w.discard());
                    return send(s, new DatagramPacket(new byte[66_000], 65_508));
                }));
        add("its socket sends and receives", w -> {
            DatagramSocket s = w.peerChannel().socket();
            DatagramSocket t = w.datagramChannel().socket();
            send(t, packet("hello", s.getLocalSocketAddress()));
            DatagramPacket p = packet(3);
            Object cut = receive(s, p);
            boolean from = p.getPort() == t.getLocalPort();
            t.connect(s.getLocalSocketAddress());
            send(t, new DatagramPacket("to the peer".getBytes(UTF_8), 11));
            return List.of(cut, from, receive(s, packet(50)), outcome(_ -> send(t, packet("x", w.discard())), w));
        });
        add("its socket: addresses that are none", w -> each(w, done(() -> w.datagramChannel().socket().connect(null)),
                done(() -> w.datagramChannel().socket().connect(new OtherAddress())),
                done(() -> w.datagramChannel().socket().connect(UNRESOLVED)),
                done(() -> w.datagramChannel().socket().bind(new OtherAddress())), done(() -> w.datagramChannel().socket().bind(UNRESOLVED)),
                done(() -> w.receivingChannel().socket().bind(null)),
                done(() -> w.datagramChannel().socket().bind(new InetSocketAddress("203.0.113.9", 0))),
                done(() -> w.datagramChannel().socket().connect(null, 5)), done(() -> w.datagramChannel().socket().connect(w.there.v4, 0)),
                _ -> send(w.datagramChannel().socket(), packet(1)), _ -> send(w.datagramChannel().socket(), packet("x", w.there.at(0)))));
        add("its socket connects again", w -> {
            DatagramSocket s = w.receivingChannel().socket();
            s.connect(w.discard());
            s.connect(w.there.at(10));
            int second = s.getPort();
            s.disconnect();
            return List.of(second, s.getPort(), s.isConnected(), s.isBound());
        });
        add("options of its socket", w -> {
            DatagramSocket s = w.datagramChannel().socket();
            boolean broadcast = s.getBroadcast();
            s.setBroadcast(!broadcast);
            s.setReuseAddress(true);
            s.setTrafficClass(0x10);
            return List.of(broadcast, s.getBroadcast(), s.getReuseAddress(), s.getTrafficClass(), s.getSoTimeout(), s.isBound(),
                    outcome(done(() -> s.setSoTimeout(-1)), w), outcome(done(() -> s.setReceiveBufferSize(0)), w),
                    outcome(done(() -> s.setSendBufferSize(-1)), w), outcome(done(() -> s.setTrafficClass(-1)), w),
                    s.supportedOptions().equals(s.getChannel().supportedOptions()));
        });
    }

    private void groups() {
        add("groups that are none", w -> {
            DatagramChannel c = w.datagramChannel();
            NetworkInterface lo = NetworkInterface.getByName("lo");
            return each(w, _ -> isNull(() -> c.join(null, lo)), _ -> c.join(w.here.v4, lo),
                    done(() -> c.socket().joinGroup(null, null)), done(() -> c.socket().joinGroup(new OtherAddress(), null)),
                    done(() -> c.socket().joinGroup(w.here.at(5), null)),
                    done(() -> c.socket().joinGroup(UNRESOLVED, null)), done(() -> c.socket().leaveGroup(null, null)),
                    done(() -> c.socket().leaveGroup(w.here.at(5), null)));
        });
    }
}
