package dev.millrace.jdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// Channels for datagrams as the kernel's: states, what is sent and received, time, errors.
@Timeout(60)
class DatagramChannelParityTest extends DatagramChannelParity {
    DatagramChannelParityTest() {
        states();
        connecting();
        addresses();
        sending();
        receiving();
        manyBuffers();
        waiting();
        unreachable();
    }

    private void states() {
        channel("a new channel", w -> {
            DatagramChannel c = w.datagramChannel();
            return List.of(c.isOpen(), c.isConnected(), c.isBlocking(), c.isRegistered(), c.validOps(), "" + c.getLocalAddress(),
                    "" + c.getRemoteAddress(), c.provider() == w.provider() || !w.isKernel());
        });
        channel("a channel of one version of IP", w -> {
            DatagramChannel a = w.keep(w.provider().openDatagramChannel(StandardProtocolFamily.INET));
            a.bind(null);
            DatagramChannel b = w.keep(w.provider().openDatagramChannel(StandardProtocolFamily.INET6));
            b.bind(null);
            return List.of(((InetSocketAddress) a.getLocalAddress()).getAddress().getHostAddress(),
                    ((InetSocketAddress) b.getLocalAddress()).getAddress().isAnyLocalAddress());
        });
        channel("families that are none", w -> each(w, _ -> w.provider().openDatagramChannel(null),
                _ -> w.provider().openDatagramChannel(StandardProtocolFamily.UNIX)));
        channel("a bound channel", w -> {
            DatagramChannel c = w.receivingChannel();
            return List.of(port(c) > 0, "" + ((InetSocketAddress) c.getLocalAddress()).getAddress(), c.isConnected(),
                    "" + c.getRemoteAddress());
        });
        channel("bound to nothing in particular", w -> {
            DatagramChannel c = w.datagramChannel();
            boolean itself = c.bind(null) == c;
            return List.of(itself, port(c) > 0, ((InetSocketAddress) c.getLocalAddress()).getAddress().isAnyLocalAddress());
        });
        channel("bound twice", w -> {
            DatagramChannel c = w.receivingChannel();
            return each(w, _ -> c.bind(null), _ -> c.bind(DISCARD), _ -> c.bind(new OtherAddress()), _ -> c.bind(UNRESOLVED));
        });
        channel("bound to what is taken, or another's", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramChannel d = w.datagramChannel();
            return List.of(outcome(_ -> d.bind(c.getLocalAddress()), w), outcome(_ -> d.bind(new InetSocketAddress("203.0.113.9", 0)), w),
                    d.isOpen(), "" + d.getLocalAddress(), d.bind(new InetSocketAddress(World.HERE, 0)) == d);
        });
        channel("a closed channel", w -> {
            DatagramChannel c = w.receivingChannel();
            c.connect(DISCARD);
            c.close();
            c.close();
            return List.of(c.isOpen(), c.isConnected(), c.isBlocking(), c.isRegistered(), outcome(_ -> c.getLocalAddress(), w),
                    outcome(_ -> c.getRemoteAddress(), w));
        });
        channel("calls on a closed channel", w -> {
            DatagramChannel c = w.receivingChannel();
            c.close();
            return each(w, _ -> c.bind(null), _ -> c.connect(DISCARD), _ -> c.disconnect() == c, _ -> c.send(bytes("x"), DISCARD),
                    _ -> c.receive(room(1)), _ -> c.read(room(1)), _ -> c.write(bytes("x")), _ -> c.read(new ByteBuffer[] {room(1)}),
                    _ -> c.write(new ByteBuffer[] {bytes("x")}), _ -> c.getOption(StandardSocketOptions.SO_BROADCAST),
                    _ -> c.setOption(StandardSocketOptions.SO_BROADCAST, true), _ -> c.configureBlocking(false));
        });
        channel("calls on a closed channel that was connected", w -> {
            DatagramChannel c = w.receivingChannel();
            c.connect(DISCARD);
            c.close();
            return each(w, _ -> c.connect(DISCARD), _ -> c.disconnect() == c, _ -> c.send(bytes("x"), DISCARD), _ -> c.receive(room(1)),
                    _ -> c.read(room(1)), _ -> c.write(bytes("x")));
        });
        channel("bad arguments on a closed channel", w -> {
            DatagramChannel c = w.receivingChannel();
            c.close();
            return each(w, _ -> c.connect(null), _ -> c.connect(UNRESOLVED), _ -> c.connect(new OtherAddress()),
                    _ -> c.bind(new OtherAddress()), _ -> c.send(bytes("x"), null), _ -> c.send(null, DISCARD),
                    _ -> c.send(bytes("x"), UNRESOLVED), _ -> c.receive(bytes("x").asReadOnlyBuffer()), _ -> c.receive(null),
                    _ -> c.read((ByteBuffer) null), _ -> c.write((ByteBuffer) null), _ -> c.getOption(null), _ -> c.setOption(null, 1),
                    _ -> c.getOption(StandardSocketOptions.TCP_NODELAY));
        });
    }

    private void connecting() {
        channel("connected", w -> {
            DatagramChannel c = w.datagramChannel();
            boolean itself = c.connect(DISCARD) == c;
            return List.of(itself, c.isConnected(), "" + c.getRemoteAddress(), port(c) > 0,
                    "" + ((InetSocketAddress) c.getLocalAddress()).getAddress());
        });
        channel("connected twice", w -> {
            DatagramChannel c = w.datagramChannel();
            c.connect(DISCARD);
            return each(w, _ -> c.connect(DISCARD), _ -> c.connect(new InetSocketAddress(World.HERE, 10)), _ -> c.getRemoteAddress(),
                    _ -> c.connect(UNRESOLVED), _ -> c.bind(null));
        });
        channel("disconnected", w -> {
            DatagramChannel c = w.datagramChannel();
            boolean fresh = c.disconnect() == c;
            c.connect(DISCARD);
            int port = port(c);
            boolean itself = c.disconnect() == c && c.disconnect() == c;
            return List.of(fresh, itself, c.isConnected(), "" + c.getRemoteAddress(), port(c) == port,
                    ((InetSocketAddress) c.getLocalAddress()).getAddress().isAnyLocalAddress(), outcome(_ -> c.read(room(1)), w),
                    outcome(_ -> c.write(bytes("x")), w));
        });
        channel("bound to an address, connected and disconnected", w -> {
            DatagramChannel c = w.receivingChannel();
            SocketAddress before = c.getLocalAddress();
            c.connect(DISCARD);
            boolean same = before.equals(c.getLocalAddress());
            c.disconnect();
            return List.of(same, before.equals(c.getLocalAddress()), c.connect(DISCARD).isConnected());
        });
        channel("connected to port 0", w -> {
            DatagramChannel c = w.receivingChannel();
            return outcome(_ -> c.connect(new InetSocketAddress(World.HERE, 0)).getRemoteAddress(), w).startsWith("java.net.");
        });
        channel("what came before it was connected is thrown away", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramChannel d = w.receivingChannel();
            DatagramChannel stranger = w.receivingChannel();
            stranger.send(bytes("early"), c.getLocalAddress());
            d.send(bytes("early, of the peer"), c.getLocalAddress());
            awaitReadable(w, c);
            c.connect(d.getLocalAddress());
            d.send(bytes("of the peer"), c.getLocalAddress());
            return text(c);
        });
    }

    private void addresses() {
        channel("addresses that are none", w -> each(w, _ -> w.datagramChannel().connect(null), _ -> w.datagramChannel().connect(new OtherAddress()),
                _ -> w.datagramChannel().connect(UNRESOLVED), _ -> w.datagramChannel().bind(new OtherAddress()), _ -> w.datagramChannel().bind(UNRESOLVED),
                _ -> w.datagramChannel().send(bytes("x"), null), _ -> w.datagramChannel().send(bytes("x"), new OtherAddress()),
                _ -> w.datagramChannel().send(bytes("x"), UNRESOLVED)));
        channel("addresses that are none, to a connected channel", w -> {
            DatagramChannel c = w.datagramChannel().connect(DISCARD);
            return each(w, _ -> c.send(bytes("x"), null), _ -> c.send(bytes("x"), new OtherAddress()), _ -> c.send(bytes("x"), UNRESOLVED),
                    _ -> c.send(bytes("x"), new InetSocketAddress(World.HERE, 10)), _ -> c.connect(null));
        });
        channel("IPv6", w -> {
            DatagramChannel c = w.datagramChannel().bind(new InetSocketAddress(InetAddress.ofLiteral("::1"), 0));
            c.send(bytes("six"), c.getLocalAddress());
            ByteBuffer b = room(10);
            return List.of("" + c.receive(b).equals(c.getLocalAddress()), b.position());
        });
        channel("bound to both versions, IPv4 comes", w -> {
            DatagramChannel c = w.datagramChannel().bind(null);
            DatagramChannel d = w.receivingChannel();
            d.send(bytes("four"), new InetSocketAddress(World.HERE, port(c)));
            SocketAddress from = c.receive(room(10));
            return List.of(((InetSocketAddress) from).getAddress() instanceof Inet4Address, from.equals(d.getLocalAddress()));
        });
    }

    private void sending() {
        channel("there and back", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            ByteBuffer src = bytes("hello");
            int sent = a.send(src, b.getLocalAddress());
            ByteBuffer dst = room(100);
            SocketAddress from = b.receive(dst);
            b.send(bytes("ok"), from);
            return List.of(sent, src.remaining(), dst.position(), from.equals(a.getLocalAddress()), text(a));
        });
        channel("a channel that was not bound gets a port when it sends", w -> {
            DatagramChannel a = w.datagramChannel();
            DatagramChannel b = w.receivingChannel();
            a.send(bytes("x"), b.getLocalAddress());
            return List.of(port(a) > 0, ((InetSocketAddress) a.getLocalAddress()).getAddress().isAnyLocalAddress(), a.isConnected());
        });
        channel("null and read-only buffers", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramChannel d = w.receivingChannel();
            return each(w, _ -> c.send(null, DISCARD), _ -> c.receive(null), _ -> c.receive(room(1).asReadOnlyBuffer()),
                    _ -> c.send(bytes("read only").asReadOnlyBuffer(), d.getLocalAddress()), _ -> text(d), _ -> c.read((ByteBuffer) null),
                    _ -> c.write((ByteBuffer) null), _ -> c.read((ByteBuffer[]) null), _ -> c.write((ByteBuffer[]) null));
        });
        channel("null and read-only buffers of a connected channel", w -> {
            DatagramChannel d = w.receivingChannel();
            DatagramChannel c = w.datagramChannel().connect(d.getLocalAddress());
            return each(w, _ -> c.send(null, d.getLocalAddress()), _ -> c.receive(null), _ -> c.read(room(1).asReadOnlyBuffer()),
                    _ -> c.write(bytes("read only").asReadOnlyBuffer()), _ -> text(d), _ -> c.read((ByteBuffer) null),
                    _ -> c.write((ByteBuffer) null), _ -> c.read(new ByteBuffer[] {room(1).asReadOnlyBuffer()}),
                    _ -> c.send(null, DISCARD));
        });
        channel("empty datagrams", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            int sent = a.send(room(0), b.getLocalAddress());
            ByteBuffer dst = room(5);
            boolean from = b.receive(dst).equals(a.getLocalAddress());
            a.connect(b.getLocalAddress());
            b.connect(a.getLocalAddress());
            int written = a.write(room(0));
            b.configureBlocking(false);
            int read = b.read(dst);
            long gathered = a.write(new ByteBuffer[] {room(0), room(0)});
            long scattered = b.read(new ByteBuffer[] {room(1)});
            return List.of(sent, dst.position(), from, written, read, gathered, scattered);
        });
        channel("the largest datagram and one more", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            ByteBuffer most = ByteBuffer.allocate(65_507);
            int sent = a.send(most, b.getLocalAddress());
            ByteBuffer dst = ByteBuffer.allocateDirect(70_000);
            b.receive(dst);
            ByteBuffer tooMuch = ByteBuffer.allocate(65_508);
            return List.of(sent, dst.position(), outcome(_ -> a.send(tooMuch, b.getLocalAddress()), w), tooMuch.position(), a.isOpen());
        });
        channel("too large, connected", w -> {
            DatagramChannel b = w.receivingChannel();
            DatagramChannel a = w.datagramChannel().connect(b.getLocalAddress());
            ByteBuffer tooMuch = ByteBuffer.allocate(65_508);
            return each(w, _ -> a.write(tooMuch), _ -> tooMuch.position(), _ -> a.write(new ByteBuffer[] {tooMuch, room(70_000)}),
                    _ -> tooMuch.position());
        });
        channel("to port 0", w -> outcome(_ -> w.receivingChannel().send(bytes("x"), new InetSocketAddress(World.HERE, 0)), w)
                .startsWith("java.net.SocketException"));
        channel("to everybody, without leave", w -> {
            var everybody = new InetSocketAddress("255.255.255.255", 9);
            return each(w, _ -> refused(() -> w.datagramChannel().send(bytes("x"), everybody)), _ -> refused(() -> w.datagramChannel().connect(everybody)));
        });
        channel("send to the peer of a connected channel", w -> {
            DatagramChannel b = w.receivingChannel();
            DatagramChannel a = w.datagramChannel().connect(b.getLocalAddress());
            return List.of(a.send(bytes("to the peer"), b.getLocalAddress()), text(b));
        });
        channel("to itself", w -> {
            DatagramChannel a = w.receivingChannel();
            a.connect(a.getLocalAddress());
            a.write(bytes("to me"));
            return text(a);
        });
    }

    private void receiving() {
        channel("what does not fit is cut", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            a.send(bytes("0123456789"), b.getLocalAddress());
            a.send(bytes("next"), b.getLocalAddress());
            ByteBuffer four = room(4);
            b.receive(four);
            return List.of(string(four), text(b));
        });
        channel("no room at all", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            a.send(bytes("lost"), b.getLocalAddress());
            a.send(bytes("next"), b.getLocalAddress());
            boolean from = a.getLocalAddress().equals(b.receive(room(0)));
            return List.of(from, text(b));
        });
        channel("no room in a read", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            b.connect(a.getLocalAddress());
            a.connect(b.getLocalAddress());
            a.write(bytes("lost"));
            int none = b.read(room(0));
            a.write(bytes("next"));
            return List.of(none, text(b));
        });
        channel("into the middle of buffers", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            var all = new ArrayList<Object>();
            for (ByteBuffer dst : List.of(ByteBuffer.allocate(10), ByteBuffer.allocateDirect(10))) {
                for (int i = 0; i < dst.capacity(); i++) {
                    dst.put((byte) '.');
                }
                dst.position(3).limit(8);
                a.send(ByteBuffer.wrap("abcdefghij".getBytes(UTF_8), 1, 4), b.getLocalAddress());
                b.receive(dst.slice(2, 7).position(1));
                b.configureBlocking(false);
                all.add(dst.position() + " " + UTF_8.decode(dst.duplicate().clear()) + " " + b.receive(dst));
                b.configureBlocking(true);
            }
            return all;
        });
        channel("a datagram of another length than the buffer's room", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            a.send(bytes("ab"), b.getLocalAddress());
            ByteBuffer dst = room(6).position(2);
            b.receive(dst);
            return dst.position() + " " + dst.limit();
        });
        channel("not connected: no read, no write", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramChannel d = w.datagramChannel();
            return each(w, _ -> c.read(room(1)), _ -> c.write(bytes("x")), _ -> c.read(new ByteBuffer[] {room(1)}),
                    _ -> c.write(new ByteBuffer[] {bytes("x")}), _ -> c.read(room(1).asReadOnlyBuffer()), _ -> d.read(room(1)),
                    _ -> d.write(bytes("x")), _ -> d.read((ByteBuffer) null), _ -> d.write((ByteBuffer) null));
        });
        channel("of the peer only", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            DatagramChannel c = w.receivingChannel();
            a.connect(b.getLocalAddress());
            c.send(bytes("of a stranger"), a.getLocalAddress());
            b.send(bytes("of the peer"), a.getLocalAddress());
            ByteBuffer dst = room(50);
            SocketAddress from = a.receive(dst);
            c.send(bytes("of a stranger"), a.getLocalAddress());
            b.send(bytes("again"), a.getLocalAddress());
            return List.of(string(dst), from.equals(b.getLocalAddress()), a.read(room(50)));
        });
        channel("of a stranger, once it is disconnected", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            a.connect(w.receivingChannel().getLocalAddress());
            a.disconnect();
            b.send(bytes("of anybody"), a.getLocalAddress());
            return text(a);
        });
    }

    private void manyBuffers() {
        channel("gathered and scattered", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            a.connect(b.getLocalAddress());
            b.connect(a.getLocalAddress());
            ByteBuffer[] srcs = {bytes("one"), room(0), bytes("two").asReadOnlyBuffer(), ByteBuffer.allocateDirect(2)};
            long written = a.write(srcs);
            ByteBuffer[] dsts = {room(2), ByteBuffer.allocateDirect(3), room(0), room(50)};
            long read = b.read(dsts);
            return List.of(written, srcs[0].remaining(), srcs[2].remaining(), read, string(dsts[0]), string(dsts[1]), dsts[3].position());
        });
        channel("gathered and scattered in part", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.receivingChannel();
            a.connect(b.getLocalAddress());
            b.connect(a.getLocalAddress());
            long written = a.write(new ByteBuffer[] {bytes("no"), bytes("yes"), bytes("yes"), bytes("no")}, 1, 2);
            ByteBuffer[] dsts = {room(2), room(2), room(2), room(2)};
            long read = b.read(dsts, 1, 2);
            a.write(bytes("next"));
            return List.of(written, read, dsts[0].position(), string(dsts[1]), string(dsts[2]), dsts[3].position(), text(b));
        });
        channel("scattered and nothing there", w -> {
            DatagramChannel a = w.receivingChannel().connect(DISCARD);
            a.configureBlocking(false);
            return each(w, _ -> a.read(new ByteBuffer[] {room(1), room(1)}), _ -> a.read(new ByteBuffer[0]), _ -> a.read(room(1)),
                    _ -> a.write(new ByteBuffer[0]));
        });
        channel("ranges that are none", w -> {
            DatagramChannel a = w.receivingChannel().connect(DISCARD);
            a.configureBlocking(false);
            ByteBuffer[] two = {room(1), room(1)};
            return each(w, _ -> a.read(two, -1, 1), _ -> a.read(two, 1, 2), _ -> a.write(two, 3, 0), _ -> a.write(two, 0, 3),
                    _ -> a.read(two, 2, 0), _ -> isNull(() -> a.read(new ByteBuffer[] {null})),
                    _ -> isNull(() -> a.write(new ByteBuffer[] {null})),
                    _ -> a.read(new ByteBuffer[] {room(1), room(1).asReadOnlyBuffer()}));
        });
        channel("ranges that are none, not connected", w -> {
            DatagramChannel a = w.datagramChannel();
            ByteBuffer[] two = {room(1), room(1)};
            return each(w, _ -> a.read(two, -1, 1), _ -> a.write(two, 0, 3), _ -> a.read(new ByteBuffer[] {null}),
                    _ -> a.write(new ByteBuffer[] {null}), _ -> a.read(new ByteBuffer[] {room(1).asReadOnlyBuffer()}));
        });
    }

    private void waiting() {
        channel("nothing there, and nobody waits", w -> {
            DatagramChannel c = w.receivingChannel();
            c.configureBlocking(false);
            ByteBuffer dst = room(5);
            String received = "" + c.receive(dst);
            c.connect(DISCARD);
            return List.of(received, c.read(dst), dst.position(), c.isBlocking());
        });
        channel("receive binds, and nobody waits", w -> {
            DatagramChannel c = w.datagramChannel();
            c.configureBlocking(false);
            return List.of("" + c.receive(room(1)), port(c) > 0);
        });
        channel("waits for a datagram", w -> {
            DatagramChannel c = w.receivingChannel();
            CompletableFuture<String> got = World.waiting(() -> text(c));
            w.receivingChannel().send(bytes("late"), c.getLocalAddress());
            return World.of(got);
        });
        channel("closed while another receives", w -> {
            DatagramChannel c = w.receivingChannel();
            CompletableFuture<Object> got = World.waiting(() -> c.receive(room(1)));
            c.close();
            return outcome(_ -> World.of(got), w);
        });
        channel("closed while another reads", w -> {
            DatagramChannel c = w.receivingChannel().connect(DISCARD);
            CompletableFuture<Object> one = World.waiting(() -> c.read(room(1)));
            c.close();
            return outcome(_ -> World.of(one), w);
        });
        channel("closed while another reads into many", w -> {
            DatagramChannel c = w.receivingChannel().connect(DISCARD);
            CompletableFuture<Object> many = World.waiting(() -> c.read(new ByteBuffer[] {room(1), room(1)}));
            c.close();
            return outcome(_ -> World.of(many), w);
        });
        channel("interrupted while it receives", w -> {
            DatagramChannel c = w.receivingChannel();
            return interrupted(w, c, () -> c.receive(room(1)));
        });
        channel("interrupted while it reads", w -> {
            DatagramChannel c = w.receivingChannel().connect(DISCARD);
            return interrupted(w, c, () -> c.read(room(1)));
        });
        channel("interrupted before it receives", w -> {
            DatagramChannel c = w.receivingChannel();
            return interruptedBefore(w, c, () -> c.receive(room(1)));
        });
        channel("interrupted before it receives, with a datagram there", w -> {
            DatagramChannel c = w.receivingChannel();
            c.send(bytes("x"), c.getLocalAddress());
            awaitReadable(w, c);
            return interruptedBefore(w, c, () -> c.receive(room(1)));
        });
        channel("interrupted before it sends", w -> {
            DatagramChannel c = w.receivingChannel();
            return interruptedBefore(w, c, () -> c.send(bytes("x"), c.getLocalAddress()));
        });
        channel("interrupted before it writes", w -> {
            DatagramChannel c = w.receivingChannel();
            c.connect(c.getLocalAddress());
            return interruptedBefore(w, c, () -> c.write(bytes("x")));
        });
        channel("interrupted before it writes and reads many", w -> {
            DatagramChannel c = w.receivingChannel();
            c.connect(c.getLocalAddress());
            DatagramChannel d = w.receivingChannel();
            d.connect(d.getLocalAddress());
            return List.of(interruptedBefore(w, c, () -> c.write(new ByteBuffer[] {bytes("x")})),
                    interruptedBefore(w, d, () -> d.read(new ByteBuffer[] {room(1)})));
        });
        channel("interrupted before it does not wait", w -> {
            DatagramChannel c = w.receivingChannel();
            c.configureBlocking(false);
            return interruptedBefore(w, c, () -> c.receive(room(1)));
        });
        channel("interrupted before it connects", w -> {
            DatagramChannel c = w.receivingChannel();
            return interruptedBefore(w, c, () -> c.connect(DISCARD).isConnected());
        });
    }

    private void unreachable() {
        channel("nobody receives, connected", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.nobodyReceives());
            c.write(bytes("x"));
            awaitReadable(w, c);
            c.configureBlocking(false);
            return each(w, _ -> c.read(room(1)), _ -> c.read(room(1)), _ -> c.isOpen());
        });
        channel("nobody receives, and it waits", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.nobodyReceives());
            CompletableFuture<Object> got = World.waiting(() -> c.receive(room(1)));
            c.write(bytes("x"));
            return outcome(_ -> World.of(got), w);
        });
        channel("nobody receives, and the next write says so", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.nobodyReceives());
            c.write(bytes("x"));
            awaitReadable(w, c);
            return each(w, _ -> c.write(bytes("y")));
        });
        channel("nobody receives, and the next write of many says so", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.nobodyReceives());
            c.write(bytes("x"));
            awaitReadable(w, c);
            return each(w, _ -> c.write(new ByteBuffer[] {bytes("y"), bytes("z")}));
        });
        channel("nobody receives, and the next send says so", w -> {
            InetSocketAddress nobody = w.nobodyReceives();
            DatagramChannel c = w.receivingChannel().connect(nobody);
            c.write(bytes("x"));
            awaitReadable(w, c);
            return each(w, _ -> c.send(bytes("y"), nobody));
        });
        channel("nobody receives, not connected", w -> {
            DatagramChannel c = w.receivingChannel();
            c.configureBlocking(false);
            int sent = c.send(bytes("x"), w.nobodyReceives());
            c.send(bytes("after it"), c.getLocalAddress());
            awaitReadable(w, c);
            return List.of(sent, text(c), "" + c.receive(room(1)));
        });
        channel("nobody receives, and its adaptor says so", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.nobodyReceives());
            c.write(bytes("x"));
            try {
                c.socket().receive(packet(1));
                return "received";
            } catch (PortUnreachableException e) {
                return "" + e.getMessage();
            }
        });
    }
}
