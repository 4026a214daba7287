package dev.millrace.jdk;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/// What cases of [DatagramChannel] are made of.
abstract class DatagramChannelParity extends Parity {
    static final InetSocketAddress UNRESOLVED = InetSocketAddress.createUnresolved("no.such.invalid", 9);

    static Object interrupted(World w, DatagramChannel c, java.util.concurrent.Callable<Object> call) throws Exception {
        var got = new CompletableFuture<Object>();
        World.waiting(() -> outcome(_ -> call.call(), w) + " " + Thread.currentThread().isInterrupted(), got).interrupt();
        return List.of(World.of(got), c.isOpen());
    }

    static Object interruptedBefore(World w, DatagramChannel c, java.util.concurrent.Callable<Object> call) {
        Thread.currentThread().interrupt();
        try {
            String how = outcome(_ -> call.call(), w);
            return List.of(how, Thread.currentThread().isInterrupted(), c.isOpen());
        } finally {
            Thread.interrupted();
        }
    }

    /// Of the message only the machine knows: it names variables.
    static Object isNull(Action a) throws Exception {
        try {
            a.run();
            return "done";
        } catch (NullPointerException e) {
            return "null";
        }
    }

    static Object refused(Action a) throws Exception {
        try {
            a.run();
            return "not refused";
        } catch (SocketException e) {
            return e.getMessage();
        }
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    static ByteBuffer room(int bytes) {
        return ByteBuffer.allocate(bytes);
    }

    /// What was put into a buffer from its beginning.
    static String string(ByteBuffer filled) {
        return UTF_8.decode(filled.duplicate().flip()).toString();
    }

    static String text(DatagramChannel c) throws IOException {
        ByteBuffer b = room(100);
        c.receive(b);
        return string(b);
    }

    static int port(DatagramChannel c) throws IOException {
        return ((InetSocketAddress) c.getLocalAddress()).getPort();
    }

    /// Returns when a datagram or an error is there; the channel blocks afterwards as it did before.
    static void awaitReadable(End at, DatagramChannel c) throws IOException {
        boolean blocking = c.isBlocking();
        try (Selector s = at.selector()) {
            c.configureBlocking(false);
            SelectionKey key = c.register(s, SelectionKey.OP_READ);
            s.select();
            key.cancel();
            s.selectNow();
        }
        if (!c.isRegistered()) {
            c.configureBlocking(blocking);
        }
    }

    static DatagramPacket packet(int bytes) {
        return new DatagramPacket(new byte[bytes], bytes);
    }

    static DatagramPacket packet(String text, SocketAddress to) {
        return new DatagramPacket(text.getBytes(UTF_8), text.length(), to);
    }

    static Object receive(DatagramSocket s, DatagramPacket p) throws IOException {
        s.receive(p);
        return new String(p.getData(), p.getOffset(), p.getLength(), UTF_8);
    }

    static Object send(DatagramSocket s, DatagramPacket p) throws IOException {
        s.send(p);
        return "sent";
    }
}
