package dev.millrace.tcp;

import dev.millrace.ErrorCode;
import dev.millrace.spi.EndpointTable;
import dev.millrace.spi.SocketErrors;
import dev.millrace.wire.IpAddress;
import java.net.BindException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// The endpoint table of a [FaultyStack], whose calls can be made to throw.
final class FaultyTable<E> implements EndpointTable<E> {
    private final FaultyStack stack;
    private final Map<String, Place> places = new HashMap<>();
    private int nextPort = 40_000;

    FaultyTable(FaultyStack stack) {
        this.stack = stack;
    }

    private final class Place implements Entry<E> {
        private final String key;
        private final int port;
        private E endpoint;

        Place(String key, int port, E endpoint) {
            this.key = key;
            this.port = port;
            this.endpoint = endpoint;
        }

        @Override
        public IpAddress local() {
            return stack.address();
        }

        @Override
        public int localPort() {
            return port;
        }

        @Override
        public boolean replace(E old, E next) {
            if (places.get(key) != this || endpoint != old) {
                return false;
            }
            endpoint = next;
            return true;
        }

        @Override
        public void release() {
            places.remove(key, this);
            stack.pass("entry.release");
        }
    }

    private String connected(int port, long hi, long lo, int remotePort) {
        return port + "-" + new IpAddress(hi, lo) + ":" + remotePort;
    }

    @Override
    public Entry<E> bind(IpAddress local, int port, E endpoint) throws BindException {
        return put(String.valueOf(port), port, endpoint, null);
    }

    @Override
    public Entry<E> connect(IpAddress local, int localPort, IpAddress remote, int remotePort, E endpoint,
            Predicate<? super E> mayReplace) throws BindException {
        int port = localPort == 0 ? nextPort++ : localPort;
        return put(connected(port, remote.hi(), remote.lo(), remotePort), port, endpoint, mayReplace);
    }

    private Entry<E> put(String key, int port, E endpoint, Predicate<? super E> mayReplace) throws BindException {
        stack.pass("table.put");
        Place there = places.get(key);
        if (there != null && (mayReplace == null || !mayReplace.test(there.endpoint))) {
            throw (BindException) SocketErrors.of(ErrorCode.ADDRESS_IN_USE);
        }
        var place = new Place(key, port, endpoint);
        places.put(key, place);
        return place;
    }

    @Override
    public E findConnected(long localHi, long localLo, int localPort, long remoteHi, long remoteLo, int remotePort) {
        stack.pass("table.find");
        Place p = places.get(connected(localPort, remoteHi, remoteLo, remotePort));
        return p == null ? null : p.endpoint;
    }

    @Override
    public E findBound(long localHi, long localLo, int localPort) {
        Place p = places.get(String.valueOf(localPort));
        return p == null ? null : p.endpoint;
    }

    @Override
    public void forEach(Consumer<? super E> action) {
        List.copyOf(places.values()).forEach(p -> {
            E found = p.endpoint;
            Runnable others = stack.during.remove("table.forEach");
            if (others != null) {
                others.run();
            }
            action.accept(found);
        });
    }

    @Override
    public int size() {
        return places.size();
    }

    @Override
    public int connected() {
        return (int) places.keySet().stream().filter(k -> k.contains("-")).count();
    }
}
