package dev.millrace.stack;

import dev.millrace.ErrorCode;
import dev.millrace.FrameSocket;
import dev.millrace.Raw;
import dev.millrace.RawSocket;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.SocketErrors;
import dev.millrace.wire.buffer.Packet;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/// The raw sockets of a stack. What every packet pays for them while there is none is a look at an empty array.
final class RawSockets implements Raw {
    private static final InternetRawSocket[] NONE = {};

    private final AssembledStack stack;
    private volatile InternetRawSocket[] internet = NONE;
    /// Guarded by this.
    private NicFrameSocket[] frames = {};
    private boolean closed;

    RawSockets(AssembledStack stack) {
        this.stack = stack;
    }

    // ---- from the network

    /// Shows a packet that starts behind its IP headers to the sockets for its protocol. Returns whether there are any.
    boolean show(Packet packet) {
        InternetRawSocket[] sockets = internet;
        return sockets.length > 0 && show(packet, sockets);
    }

    private boolean show(Packet packet, InternetRawSocket[] sockets) {
        boolean wanted = false;
        for (InternetRawSocket s : sockets) {
            try {
                wanted |= s.offer(packet);
            } catch (Throwable t) {
                // The packet has others who want it.
                stack.failures().add("raw-socket", t);
            }
        }
        return wanted;
    }

    /// A router says that a packet was too big, which may have been a raw socket's.
    void onTooBig(IcmpError error) {
        for (InternetRawSocket s : internet) {
            s.onTooBig(error);
        }
    }

    // ---- for programs

    @Override
    public RawSocket ip(int version, int protocol) throws IOException {
        if (protocol < 0 || protocol > 255) {
            throw new IllegalArgumentException("a protocol number is 0 to 255, not " + protocol);
        }
        if (stack.networks().internet(version) == null) {
            throw new UnsupportedOperationException("this stack has no IPv" + version);
        }
        var socket = new InternetRawSocket(this, new PluginContext(stack, protocol, null), version, protocol);
        synchronized (this) {
            checkOpen();
            InternetRawSocket[] more = Arrays.copyOf(internet, internet.length + 1);
            more[internet.length] = socket;
            internet = more;
        }
        return socket;
    }

    @Override
    public FrameSocket frames(String name) throws IOException {
        StackNic nic = stack.nic(name).map(StackNic.class::cast).orElseThrow(() -> new IllegalArgumentException(
                "no NIC \"" + name + "\"; there are " + stack.nics()));
        var socket = new NicFrameSocket(this, new PluginContext(stack, 0, null), nic);
        synchronized (this) {
            checkOpen();
            frames = Arrays.copyOf(frames, frames.length + 1);
            frames[frames.length - 1] = socket;
        }
        nic.addTap(socket);
        if (!socket.isOpen()) {
            // The stack was closed in between, before the tap was there.
            nic.removeTap(socket);
        }
        return socket;
    }

    private void checkOpen() throws IOException {
        if (closed) {
            throw SocketErrors.closed(ErrorCode.STACK_CLOSED, false);
        }
    }

    synchronized void remove(InternetRawSocket socket) {
        internet = Arrays.stream(internet).filter(s -> s != socket).toArray(InternetRawSocket[]::new);
    }

    void remove(NicFrameSocket socket) {
        synchronized (this) {
            frames = Arrays.stream(frames).filter(s -> s != socket).toArray(NicFrameSocket[]::new);
        }
        socket.nic().removeTap(socket);
    }

    void close() {
        List<InternetRawSocket> sockets;
        List<NicFrameSocket> taps;
        synchronized (this) {
            closed = true;
            sockets = List.of(internet);
            taps = List.of(frames);
        }
        sockets.forEach(s -> s.close(ErrorCode.STACK_CLOSED));
        taps.forEach(s -> s.close(ErrorCode.STACK_CLOSED));
    }
}
