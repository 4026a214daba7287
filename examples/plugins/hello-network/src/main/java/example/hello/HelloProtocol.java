package example.hello;

import dev.millrace.DropReason;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/// A message is a byte that says whether an answer is wanted, the sender's MAC address in eight bytes, and its name.
final class HelloProtocol implements NetworkProtocol, Hello {
    private static final DropReason BAD = DropReason.of("hello-malformed", "malformed hello");
    private static final DropReason TOO_MANY = DropReason.of("hello-too-many", "more stations than are remembered");
    private static final int MAX_STATIONS = 1000;
    private static final int HEADER = 9;
    private static final int MAX_NAME = 64;

    private final NetworkContext context;
    private final String name;
    private final Map<Long, String> heard = new ConcurrentHashMap<>();

    HelloProtocol(NetworkContext context, String name) {
        this.context = context;
        this.name = name;
    }

    @Override
    public void greet() {
        for (NicPort nic : context.nics()) {
            if (nic.stationAddress() != 0) {
                send(nic, true, MacAddress.BROADCAST);
            }
        }
    }

    private void send(NicPort nic, boolean answer, long station) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        byte[] all = ByteBuffer.allocate(HEADER + text.length).put((byte) (answer ? 1 : 0)).putLong(nic.stationAddress())
                .put(text).array();
        var packets = new PacketList();
        packets.add(Packet.copyOf(all));
        nic.transmit(packets, HelloFactory.ETHER_TYPE, station);
    }

    @Override
    public void receive(NicPort nic, Packet packet) {
        // What lies behind the name is padding: zeros.
        if (packet.length() < HEADER || packet.length() > HEADER + MAX_NAME) {
            context.drop(packet, BAD);
            return;
        }
        ByteBuffer all = ByteBuffer.wrap(packet.toBytes());
        boolean answer = all.get() == 1;
        long station = all.getLong();
        if (station >>> 48 != 0 || MacAddress.isMulticast(station)) {
            context.drop(packet, BAD);
            return;
        }
        if (!heard.containsKey(station) && heard.size() >= MAX_STATIONS) {
            context.drop(packet, TOO_MANY);
            return;
        }
        packet.release();
        heard.put(station, StandardCharsets.UTF_8.decode(all).toString().replace("\0", ""));
        if (answer) {
            send(nic, false, station);
        }
    }

    @Override
    public Map<Long, String> heard() {
        return Map.copyOf(heard);
    }

    @Override
    public <T> Optional<T> service(Class<T> type) {
        return type == Hello.class ? Optional.of(type.cast(this)) : Optional.empty();
    }

    @Override
    public void close() {
        // Holds neither timers nor packets.
    }
}
