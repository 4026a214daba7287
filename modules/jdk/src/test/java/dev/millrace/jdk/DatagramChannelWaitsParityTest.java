package dev.millrace.jdk;

import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Timeout;

/// Channels for datagrams as the kernel's: who waits, is interrupted, and hears that nobody receives.
@Timeout(60)
class DatagramChannelWaitsParityTest extends DatagramChannelParity {
    DatagramChannelWaitsParityTest() {
        waiting();
        unreachable();
    }

    private void waiting() {
        add("nothing there, and nobody waits", w -> {
            DatagramChannel c = w.receivingChannel();
            c.configureBlocking(false);
            ByteBuffer dst = room(5);
            String received = "" + c.receive(dst);
            c.connect(w.discard());
            return List.of(received, c.read(dst), dst.position(), c.isBlocking());
        });
        add("receive binds, and nobody waits", w -> {
            DatagramChannel c = w.datagramChannel();
            c.configureBlocking(false);
            return List.of("" + c.receive(room(1)), port(c) > 0);
        });
        add("waits for a datagram", w -> {
            DatagramChannel c = w.receivingChannel();
            CompletableFuture<String> got = World.waiting(() -> text(c));
            w.peerChannel().send(bytes("late"), c.getLocalAddress());
            return World.of(got);
        });
        add("closed while another receives", w -> {
            DatagramChannel c = w.receivingChannel();
            CompletableFuture<Object> got = World.waiting(() -> c.receive(room(1)));
            c.close();
            return outcome(_ -> World.of(got), w);
        });
        add("closed while another reads", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.discard());
            CompletableFuture<Object> one = World.waiting(() -> c.read(room(1)));
            c.close();
            return outcome(_ -> World.of(one), w);
        });
        add("closed while another reads into many", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.discard());
            CompletableFuture<Object> many = World.waiting(() -> c.read(new ByteBuffer[] {room(1), room(1)}));
            c.close();
            return outcome(_ -> World.of(many), w);
        });
        add("interrupted while it receives", w -> {
            DatagramChannel c = w.receivingChannel();
            return interrupted(w, c, () -> c.receive(room(1)));
        });
        add("interrupted while it reads", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.discard());
            return interrupted(w, c, () -> c.read(room(1)));
        });
        add("interrupted before it receives", w -> {
            DatagramChannel c = w.receivingChannel();
            return interruptedBefore(w, c, () -> c.receive(room(1)));
        });
        add("interrupted before it receives, with a datagram there", w -> {
            DatagramChannel c = w.receivingChannel();
            c.send(bytes("x"), c.getLocalAddress());
            awaitReadable(w.here, c);
            return interruptedBefore(w, c, () -> c.receive(room(1)));
        });
        add("interrupted before it sends", w -> {
            DatagramChannel c = w.receivingChannel();
            return interruptedBefore(w, c, () -> c.send(bytes("x"), c.getLocalAddress()));
        });
        add("interrupted before it writes", w -> {
            DatagramChannel c = w.receivingChannel();
            c.connect(c.getLocalAddress());
            return interruptedBefore(w, c, () -> c.write(bytes("x")));
        });
        add("interrupted before it writes and reads many", w -> {
            DatagramChannel c = w.receivingChannel();
            c.connect(c.getLocalAddress());
            DatagramChannel d = w.receivingChannel();
            d.connect(d.getLocalAddress());
            return List.of(interruptedBefore(w, c, () -> c.write(new ByteBuffer[] {bytes("x")})),
                    interruptedBefore(w, d, () -> d.read(new ByteBuffer[] {room(1)})));
        });
        add("interrupted before it does not wait", w -> {
            DatagramChannel c = w.receivingChannel();
            c.configureBlocking(false);
            return interruptedBefore(w, c, () -> c.receive(room(1)));
        });
        add("interrupted before it connects", w -> {
            DatagramChannel c = w.receivingChannel();
            return interruptedBefore(w, c, () -> c.connect(w.discard()).isConnected());
        });
    }

    private void unreachable() {
        add("nobody receives, connected", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.nobodyReceives());
            c.write(bytes("x"));
            awaitReadable(w.here, c);
            c.configureBlocking(false);
            return each(w, _ -> c.read(room(1)), _ -> c.read(room(1)), _ -> c.isOpen());
        });
        add("nobody receives, and it waits", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.nobodyReceives());
            CompletableFuture<Object> got = World.waiting(() -> c.receive(room(1)));
            c.write(bytes("x"));
            return outcome(_ -> World.of(got), w);
        });
        add("nobody receives, and the next write says so", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.nobodyReceives());
            c.write(bytes("x"));
            awaitReadable(w.here, c);
            return each(w, _ -> c.write(bytes("y")));
        });
        add("nobody receives, and the next write of many says so", w -> {
            DatagramChannel c = w.receivingChannel().connect(w.nobodyReceives());
            c.write(bytes("x"));
            awaitReadable(w.here, c);
            return each(w, _ -> c.write(new ByteBuffer[] {bytes("y"), bytes("z")}));
        });
        add("nobody receives, and the next send says so", w -> {
            InetSocketAddress nobody = w.nobodyReceives();
            DatagramChannel c = w.receivingChannel().connect(nobody);
            c.write(bytes("x"));
            awaitReadable(w.here, c);
            return each(w, _ -> c.send(bytes("y"), nobody));
        });
        add("nobody receives, not connected", w -> {
            DatagramChannel c = w.receivingChannel();
            c.configureBlocking(false);
            int sent = c.send(bytes("x"), w.nobodyReceives());
            c.send(bytes("after it"), c.getLocalAddress());
            awaitReadable(w.here, c);
            return List.of(sent, text(c), "" + c.receive(room(1)));
        });
        add("nobody receives, and its adaptor says so", w -> {
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
