package dev.millrace.jdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.ArrayList;
import java.util.List;
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
    }

    private void states() {
        add("a new channel", w -> {
            DatagramChannel c = w.datagramChannel();
            return List.of(c.isOpen(), c.isConnected(), c.isBlocking(), c.isRegistered(), c.validOps(), "" + c.getLocalAddress(),
                    "" + c.getRemoteAddress(), c.provider() == w.here.provider() || !w.here.isKernel());
        });
        add("a channel of one version of IP", w -> {
            DatagramChannel a = w.keep(w.here.call(() -> w.here.provider().openDatagramChannel(StandardProtocolFamily.INET)));
            a.bind(null);
            DatagramChannel b = w.keep(w.here.call(() -> w.here.provider().openDatagramChannel(StandardProtocolFamily.INET6)));
            b.bind(null);
            return List.of(((InetSocketAddress) a.getLocalAddress()).getAddress().getHostAddress(),
                    ((InetSocketAddress) b.getLocalAddress()).getAddress().isAnyLocalAddress());
        });
        add("families that are none", w -> each(w, _ -> w.here.provider().openDatagramChannel(null),
                _ -> w.here.provider().openDatagramChannel(StandardProtocolFamily.UNIX)));
        add("a bound channel", w -> {
            DatagramChannel c = w.receivingChannel();
            return List.of(port(c) > 0, "" + ((InetSocketAddress) c.getLocalAddress()).getAddress(), c.isConnected(),
                    "" + c.getRemoteAddress());
        });
        add("bound to nothing in particular", w -> {
            DatagramChannel c = w.datagramChannel();
            boolean itself = c.bind(null) == c;
            return List.of(itself, port(c) > 0, ((InetSocketAddress) c.getLocalAddress()).getAddress().isAnyLocalAddress());
        });
        add("bound twice", w -> {
            DatagramChannel c = w.receivingChannel();
            return each(w, _ -> c.bind(null), _ -> c.bind(w.discard()), _ -> c.bind(new OtherAddress()), _ -> c.bind(UNRESOLVED));
        });
        add("bound to what is taken, or another's", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramChannel d = w.datagramChannel();
            return List.of(outcome(_ -> d.bind(c.getLocalAddress()), w), outcome(_ -> d.bind(new InetSocketAddress("203.0.113.9", 0)), w),
                    d.isOpen(), "" + d.getLocalAddress(), d.bind(w.here.at(0)) == d);
        });
        add("a closed channel", w -> {
            DatagramChannel c = w.receivingChannel();
            c.connect(w.discard());
            c.close();
            c.close();
            return List.of(c.isOpen(), c.isConnected(), c.isBlocking(), c.isRegistered(), outcome(_ -> c.getLocalAddress(), w),
                    outcome(_ -> c.getRemoteAddress(), w));
        });
        add("calls on a closed channel", w -> {
            DatagramChannel c = w.receivingChannel();
            c.close();
            return each(w, _ -> c.bind(null), _ -> c.connect(w.discard()), _ -> c.disconnect() == c, _ -> c.send(bytes("x"), w.discard()),
                    _ -> c.receive(room(1)), _ -> c.read(room(1)), _ -> c.write(bytes("x")), _ -> c.read(new ByteBuffer[] {room(1)}),
                    _ -> c.write(new ByteBuffer[] {bytes("x")}), _ -> c.getOption(StandardSocketOptions.SO_BROADCAST),
                    _ -> c.setOption(StandardSocketOptions.SO_BROADCAST, true), _ -> c.configureBlocking(false));
        });
        add("calls on a closed channel that was connected", w -> {
            DatagramChannel c = w.receivingChannel();
            c.connect(w.discard());
            c.close();
            return each(w, _ -> c.connect(w.discard()), _ -> c.disconnect() == c, _ -> c.send(bytes("x"), w.discard()), _ -> c.receive(room(1)),
                    _ -> c.read(room(1)), _ -> c.write(bytes("x")));
        });
        add("bad arguments on a closed channel", w -> {
            DatagramChannel c = w.receivingChannel();
            c.close();
            return each(w, _ -> c.connect(null), _ -> c.connect(UNRESOLVED), _ -> c.connect(new OtherAddress()),
                    _ -> c.bind(new OtherAddress()), _ -> c.send(bytes("x"), null), _ -> c.send(null, w.discard()),
                    _ -> c.send(bytes("x"), UNRESOLVED), _ -> c.receive(bytes("x").asReadOnlyBuffer()), _ -> c.receive(null),
                    _ -> c.read((ByteBuffer) null), _ -> c.write((ByteBuffer) null), _ -> c.getOption(null), _ -> c.setOption(null, 1),
                    _ -> c.getOption(StandardSocketOptions.TCP_NODELAY));
        });
    }

    private void connecting() {
        add("connected", w -> {
            DatagramChannel c = w.datagramChannel();
            boolean itself = c.connect(w.discard()) == c;
            return List.of(itself, c.isConnected(), "" + c.getRemoteAddress(), port(c) > 0,
                    "" + ((InetSocketAddress) c.getLocalAddress()).getAddress());
        });
        add("connected twice", w -> {
            DatagramChannel c = w.datagramChannel();
            c.connect(w.discard());
            return each(w, _ -> c.connect(w.discard()), _ -> c.connect(w.there.at(10)), _ -> c.getRemoteAddress(),
                    _ -> c.connect(UNRESOLVED), _ -> c.bind(null));
        });
        add("disconnected", w -> {
            DatagramChannel c = w.datagramChannel();
            boolean fresh = c.disconnect() == c;
            c.connect(w.discard());
            int port = port(c);
            boolean itself = c.disconnect() == c && c.disconnect() == c;
            return List.of(fresh, itself, c.isConnected(), "" + c.getRemoteAddress(), port(c) == port,
                    ((InetSocketAddress) c.getLocalAddress()).getAddress().isAnyLocalAddress(), outcome(_ -> c.read(room(1)), w),
                    outcome(_ -> c.write(bytes("x")), w));
        });
        add("bound to an address, connected and disconnected", w -> {
            DatagramChannel c = w.receivingChannel();
            SocketAddress before = c.getLocalAddress();
            c.connect(w.discard());
            boolean same = before.equals(c.getLocalAddress());
            c.disconnect();
            return List.of(same, before.equals(c.getLocalAddress()), c.connect(w.discard()).isConnected());
        });
        add("connected to port 0", w -> {
            DatagramChannel c = w.receivingChannel();
            return outcome(_ -> c.connect(w.there.at(0)).getRemoteAddress(), w).startsWith("java.net.");
        });
        add("what came before it was connected is thrown away", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramChannel d = w.peerChannel();
            DatagramChannel stranger = w.peerChannel();
            // What comes later is dropped, as a stranger's.
            d.send(bytes("early, of the peer"), c.getLocalAddress());
            stranger.send(bytes("early"), c.getLocalAddress());
            awaitReadable(w.here, c);
            c.connect(d.getLocalAddress());
            d.send(bytes("of the peer"), c.getLocalAddress());
            return text(c);
        });
    }

    private void addresses() {
        add("addresses that are none", w -> each(w, _ -> w.datagramChannel().connect(null), _ -> w.datagramChannel().connect(new OtherAddress()),
                _ -> w.datagramChannel().connect(UNRESOLVED), _ -> w.datagramChannel().bind(new OtherAddress()), _ -> w.datagramChannel().bind(UNRESOLVED),
                _ -> w.datagramChannel().send(bytes("x"), null), _ -> w.datagramChannel().send(bytes("x"), new OtherAddress()),
                _ -> w.datagramChannel().send(bytes("x"), UNRESOLVED)));
        add("addresses that are none, to a connected channel", w -> {
            DatagramChannel c = w.datagramChannel().connect(w.discard());
            return each(w, _ -> c.send(bytes("x"), null), _ -> c.send(bytes("x"), new OtherAddress()), _ -> c.send(bytes("x"), UNRESOLVED),
                    _ -> c.send(bytes("x"), w.there.at(10)), _ -> c.connect(null));
        });
        add("IPv6", w -> {
            DatagramChannel a = w.datagramChannel().bind(w.here.at6(0));
            DatagramChannel b = w.keep(w.there.datagramChannel()).bind(w.there.at6(0));
            a.send(bytes("six"), b.getLocalAddress());
            ByteBuffer dst = room(10);
            return List.of("" + b.receive(dst).equals(a.getLocalAddress()), dst.position());
        });
        add("bound to both versions, IPv4 comes", w -> {
            DatagramChannel c = w.datagramChannel().bind(null);
            DatagramChannel d = w.peerChannel();
            d.send(bytes("four"), w.here.at(port(c)));
            SocketAddress from = c.receive(room(10));
            return List.of(((InetSocketAddress) from).getAddress() instanceof Inet4Address, from.equals(d.getLocalAddress()));
        });
    }

    private void sending() {
        add("there and back", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
            ByteBuffer src = bytes("hello");
            int sent = a.send(src, b.getLocalAddress());
            ByteBuffer dst = room(100);
            SocketAddress from = b.receive(dst);
            b.send(bytes("ok"), from);
            return List.of(sent, src.remaining(), dst.position(), from.equals(a.getLocalAddress()), text(a));
        });
        add("a channel that was not bound gets a port when it sends", w -> {
            DatagramChannel a = w.datagramChannel();
            DatagramChannel b = w.peerChannel();
            a.send(bytes("x"), b.getLocalAddress());
            return List.of(port(a) > 0, ((InetSocketAddress) a.getLocalAddress()).getAddress().isAnyLocalAddress(), a.isConnected());
        });
        add("null and read-only buffers", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramChannel d = w.peerChannel();
            return each(w, _ -> c.send(null, w.discard()), _ -> c.receive(null), _ -> c.receive(room(1).asReadOnlyBuffer()),
                    _ -> c.send(bytes("read only").asReadOnlyBuffer(), d.getLocalAddress()), _ -> text(d), _ -> c.read((ByteBuffer) null),
                    _ -> c.write((ByteBuffer) null), _ -> c.read((ByteBuffer[]) null), _ -> c.write((ByteBuffer[]) null));
        });
        add("null and read-only buffers of a connected channel", w -> {
            DatagramChannel d = w.peerChannel();
            DatagramChannel c = w.datagramChannel().connect(d.getLocalAddress());
            return each(w, _ -> c.send(null, d.getLocalAddress()), _ -> c.receive(null), _ -> c.read(room(1).asReadOnlyBuffer()),
                    _ -> c.write(bytes("read only").asReadOnlyBuffer()), _ -> text(d), _ -> c.read((ByteBuffer) null),
                    _ -> c.write((ByteBuffer) null), _ -> c.read(new ByteBuffer[] {room(1).asReadOnlyBuffer()}),
                    _ -> c.send(null, w.discard()));
        });
        add("empty datagrams", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
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
        add("the largest datagram and one more", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
            ByteBuffer most = ByteBuffer.allocate(65_507);
            int sent = a.send(most, b.getLocalAddress());
            ByteBuffer dst = ByteBuffer.allocateDirect(70_000);
            b.receive(dst);
            ByteBuffer tooMuch = ByteBuffer.allocate(65_508);
            return List.of(sent, dst.position(), outcome(_ -> a.send(tooMuch, b.getLocalAddress()), w), tooMuch.position(), a.isOpen());
        });
        add("too large, connected", w -> {
            DatagramChannel b = w.peerChannel();
            DatagramChannel a = w.datagramChannel().connect(b.getLocalAddress());
            ByteBuffer tooMuch = ByteBuffer.allocate(65_508);
            return each(w, _ -> a.write(tooMuch), _ -> tooMuch.position(), _ -> a.write(new ByteBuffer[] {tooMuch, room(70_000)}),
                    _ -> tooMuch.position());
        });
        add("to port 0", w -> outcome(_ -> w.receivingChannel().send(bytes("x"), w.there.at(0)), w)
                .startsWith("java.net.SocketException"));
        add("to everybody, without leave", w -> {
            var everybody = new InetSocketAddress("255.255.255.255", 9);
            return each(w, _ -> refused(() -> w.datagramChannel().send(bytes("x"), everybody)), _ -> refused(() -> w.datagramChannel().connect(everybody)));
        });
        add("send to the peer of a connected channel", w -> {
            DatagramChannel b = w.peerChannel();
            DatagramChannel a = w.datagramChannel().connect(b.getLocalAddress());
            return List.of(a.send(bytes("to the peer"), b.getLocalAddress()), text(b));
        });
        add("to itself", w -> {
            DatagramChannel a = w.receivingChannel();
            a.connect(a.getLocalAddress());
            a.write(bytes("to me"));
            return text(a);
        });
    }

    private void receiving() {
        add("what does not fit is cut", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
            a.send(bytes("0123456789"), b.getLocalAddress());
            a.send(bytes("next"), b.getLocalAddress());
            ByteBuffer four = room(4);
            b.receive(four);
            return List.of(string(four), text(b));
        });
        add("no room at all", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
            a.send(bytes("lost"), b.getLocalAddress());
            a.send(bytes("next"), b.getLocalAddress());
            boolean from = a.getLocalAddress().equals(b.receive(room(0)));
            return List.of(from, text(b));
        });
        add("no room in a read", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
            b.connect(a.getLocalAddress());
            a.connect(b.getLocalAddress());
            a.write(bytes("lost"));
            int none = b.read(room(0));
            a.write(bytes("next"));
            return List.of(none, text(b));
        });
        add("into the middle of buffers", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
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
        add("a datagram of another length than the buffer's room", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
            a.send(bytes("ab"), b.getLocalAddress());
            ByteBuffer dst = room(6).position(2);
            b.receive(dst);
            return dst.position() + " " + dst.limit();
        });
        add("not connected: no read, no write", w -> {
            DatagramChannel c = w.receivingChannel();
            DatagramChannel d = w.datagramChannel();
            return each(w, _ -> c.read(room(1)), _ -> c.write(bytes("x")), _ -> c.read(new ByteBuffer[] {room(1)}),
                    _ -> c.write(new ByteBuffer[] {bytes("x")}), _ -> c.read(room(1).asReadOnlyBuffer()), _ -> d.read(room(1)),
                    _ -> d.write(bytes("x")), _ -> d.read((ByteBuffer) null), _ -> d.write((ByteBuffer) null));
        });
        add("of the peer only", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
            DatagramChannel c = w.peerChannel();
            a.connect(b.getLocalAddress());
            c.send(bytes("of a stranger"), a.getLocalAddress());
            b.send(bytes("of the peer"), a.getLocalAddress());
            ByteBuffer dst = room(50);
            SocketAddress from = a.receive(dst);
            c.send(bytes("of a stranger"), a.getLocalAddress());
            b.send(bytes("again"), a.getLocalAddress());
            return List.of(string(dst), from.equals(b.getLocalAddress()), a.read(room(50)));
        });
        add("of a stranger, once it is disconnected", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
            a.connect(w.peerChannel().getLocalAddress());
            a.disconnect();
            b.send(bytes("of anybody"), a.getLocalAddress());
            return text(a);
        });
    }

    private void manyBuffers() {
        add("gathered and scattered", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
            a.connect(b.getLocalAddress());
            b.connect(a.getLocalAddress());
            ByteBuffer[] srcs = {bytes("one"), room(0), bytes("two").asReadOnlyBuffer(), ByteBuffer.allocateDirect(2)};
            long written = a.write(srcs);
            ByteBuffer[] dsts = {room(2), ByteBuffer.allocateDirect(3), room(0), room(50)};
            long read = b.read(dsts);
            return List.of(written, srcs[0].remaining(), srcs[2].remaining(), read, string(dsts[0]), string(dsts[1]), dsts[3].position());
        });
        add("gathered and scattered in part", w -> {
            DatagramChannel a = w.receivingChannel();
            DatagramChannel b = w.peerChannel();
            a.connect(b.getLocalAddress());
            b.connect(a.getLocalAddress());
            long written = a.write(new ByteBuffer[] {bytes("no"), bytes("yes"), bytes("yes"), bytes("no")}, 1, 2);
            ByteBuffer[] dsts = {room(2), room(2), room(2), room(2)};
            long read = b.read(dsts, 1, 2);
            a.write(bytes("next"));
            return List.of(written, read, dsts[0].position(), string(dsts[1]), string(dsts[2]), dsts[3].position(), text(b));
        });
        add("scattered and nothing there", w -> {
            DatagramChannel a = w.receivingChannel().connect(w.discard());
            a.configureBlocking(false);
            return each(w, _ -> a.read(new ByteBuffer[] {room(1), room(1)}), _ -> a.read(new ByteBuffer[0]), _ -> a.read(room(1)),
                    _ -> a.write(new ByteBuffer[0]));
        });
        add("ranges that are none", w -> {
            DatagramChannel a = w.receivingChannel().connect(w.discard());
            a.configureBlocking(false);
            ByteBuffer[] two = {room(1), room(1)};
            return each(w, _ -> a.read(two, -1, 1), _ -> a.read(two, 1, 2), _ -> a.write(two, 3, 0), _ -> a.write(two, 0, 3),
                    _ -> a.read(two, 2, 0), _ -> isNull(() -> a.read(new ByteBuffer[] {null})),
                    _ -> isNull(() -> a.write(new ByteBuffer[] {null})),
                    _ -> a.read(new ByteBuffer[] {room(1), room(1).asReadOnlyBuffer()}));
        });
        add("ranges that are none, not connected", w -> {
            DatagramChannel a = w.datagramChannel();
            ByteBuffer[] two = {room(1), room(1)};
            return each(w, _ -> a.read(two, -1, 1), _ -> a.write(two, 0, 3), _ -> a.read(new ByteBuffer[] {null}),
                    _ -> a.write(new ByteBuffer[] {null}), _ -> a.read(new ByteBuffer[] {room(1).asReadOnlyBuffer()}));
        });
    }
}
