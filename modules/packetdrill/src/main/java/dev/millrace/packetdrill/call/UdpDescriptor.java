package dev.millrace.packetdrill.call;

import dev.millrace.Readiness;
import dev.millrace.Udp;
import dev.millrace.UdpSocket;
import dev.millrace.packetdrill.run.Flows;
import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketOption;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/// A UDP socket as a kernel has it, which need not be bound.
final class UdpDescriptor extends Descriptor {
    private final Udp udp;
    private final Flows flows;
    private UdpSocket socket;
    private final Map<SocketOption<?>, Object> options = new LinkedHashMap<>();
    private long receiveTimeoutNs;

    UdpDescriptor(Udp udp, Flows flows) {
        this.udp = udp;
        this.flows = flows;
    }

    <T> void set(SocketOption<T> option, T value) throws IOException {
        options.put(option, value);
        if (socket != null) {
            socket.setOption(option, value);
        }
    }

    <T> T get(SocketOption<T> option) throws IOException {
        return socket().getOption(option);
    }

    void setTimeout(long ns) {
        receiveTimeoutNs = ns;
    }

    @Override
    long timeoutNs(boolean reading) {
        return reading ? receiveTimeoutNs : 0;
    }

    private UdpSocket socket() throws IOException {
        if (socket == null) {
            open(new InetSocketAddress(0));
        }
        return socket;
    }

    @SuppressWarnings("unchecked") // what set has put there
    private void open(InetSocketAddress local) throws IOException {
        socket = udp.bind(local);
        socket.onReady(_ -> news++);
        for (Map.Entry<SocketOption<?>, Object> e : options.entrySet()) {
            socket.setOption((SocketOption<Object>) e.getKey(), e.getValue());
        }
    }

    @Override
    Outcome bind(InetSocketAddress address) throws IOException {
        if (socket != null) {
            return Outcome.of(Errno.EINVAL);
        }
        open(address);
        flows.await(socket.localAddress().getPort());
        return Outcome.of(0);
    }

    @Override
    Attempt connect(InetSocketAddress address) {
        return _ -> {
            socket().connect(address);
            InetSocketAddress local = socket.localAddress();
            flows.begin(IpAddress.of(local.getAddress()), local.getPort(), IpAddress.of(address.getAddress()), address.getPort());
            return Outcome.of(0);
        };
    }

    @Override
    Attempt read(int length, long flags) throws SkipException {
        if ((flags & (Symbols.MSG_PEEK | Symbols.MSG_ERRQUEUE)) != 0) {
            throw new SkipException(null, "MSG_PEEK and MSG_ERRQUEUE of datagrams");
        }
        return _ -> {
            var buffer = ByteBuffer.allocate(length);
            UdpSocket.Datagram d = socket().tryReceiveDatagram(buffer);
            if (d == null) {
                return null;
            }
            return Outcome.of((flags & Symbols.MSG_TRUNC) != 0 ? d.length() : buffer.position());
        };
    }

    @Override
    Attempt write(int length, long flags, InetSocketAddress to) {
        return _ -> {
            if (to == null && (socket == null || socket.remoteAddress() == null)) {
                return Outcome.of(Errno.EDESTADDRREQ);
            }
            boolean connected = socket != null && socket.remoteAddress() != null;
            socket().send(ByteBuffer.allocate(length), connected ? null : to);
            return Outcome.of(length);
        };
    }

    @Override
    int ready() throws IOException {
        if (socket == null) {
            return Symbols.POLLOUT;
        }
        Readiness r = socket.readiness();
        return (r.readable() ? Symbols.POLLIN : 0) | Symbols.POLLOUT;
    }

    @Override
    Attempt close() {
        abandon();
        return _ -> Outcome.of(0);
    }

    @Override
    void abandon() {
        if (socket != null) {
            socket.close();
        }
    }
}
