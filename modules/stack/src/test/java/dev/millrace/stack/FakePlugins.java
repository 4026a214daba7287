package dev.millrace.stack;

import dev.millrace.DropReason;
import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.IcmpError;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import dev.millrace.spi.NetworkContext;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.NetworkProtocolFactory;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Path;
import dev.millrace.spi.Route;
import dev.millrace.spi.TransportContext;
import dev.millrace.spi.TransportProtocol;
import dev.millrace.spi.TransportProtocolFactory;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/// Plug-ins that remember what was done to them.
final class FakePlugins {
    final List<FakeLink> links = new ArrayList<>();
    final List<String> closed = new ArrayList<>();
    final List<Packet> unowned = new ArrayList<>();
    Consumer<Packet> onPacket = Packet::release;
    NetworkContext network;
    TransportContext transport;
    boolean failToOpen;
    Error failToClose;
    Packet lastInbound;
    int mtu = 1500;
    boolean loopback;

    Runnable onLinkClose = () -> {
    };

    Plugins plugins() {
        return new Plugins(List.of(new Driver()), List.of(new Network(4), new Network(6)), List.of(new Transport()), List.of(),
                List.of());
    }

    StackAssembler assembler() {
        return new StackAssembler(plugins());
    }

    final class FakeLink implements Link {
        Sink sink;
        boolean isClosed;
        final List<byte[]> sent = new ArrayList<>();
        Consumer<PacketList> onTransmit;

        @Override
        public Medium medium() {
            return Medium.IP;
        }

        @Override
        public int mtu() {
            return mtu;
        }

        @Override
        public boolean isLoopback() {
            return loopback;
        }

        @Override
        public void attach(Sink newSink) {
            sink = newSink;
        }

        @Override
        public void transmit(PacketList packets) {
            if (onTransmit != null) {
                onTransmit.accept(packets);
                return;
            }
            Packet p;
            while ((p = packets.poll()) != null) {
                sent.add(p.toBytes());
                p.release();
            }
        }

        @Override
        public void close() {
            isClosed = true;
            closed.add("link");
            onLinkClose.run();
        }

        void deliver(byte[]... frames) {
            var list = new PacketList();
            for (byte[] f : frames) {
                list.add(Packet.copyOf(f));
            }
            sink.deliver(list);
        }
    }

    final class Driver implements LinkDriver {
        @Override
        public String scheme() {
            return "fake";
        }

        @Override
        public String description() {
            return "a link for tests";
        }

        @Override
        public List<OptionSpec> options() {
            return List.of(new OptionSpec("speed", OptionSpec.Type.NUMBER, "1", "how fast"));
        }

        @Override
        public Link open(Request request) throws IOException {
            if (failToOpen && !links.isEmpty()) {
                throw new IOException("the device is on fire");
            }
            var link = new FakeLink();
            links.add(link);
            return link;
        }
    }

    final class Network implements NetworkProtocolFactory {
        private final int version;

        Network(int version) {
            this.version = version;
        }

        @Override
        public String name() {
            return "ipv" + version;
        }

        @Override
        public int etherType() {
            return NetworkTable.etherType(version);
        }

        @Override
        public String description() {
            return "IP for tests";
        }

        @Override
        public List<OptionSpec> options() {
            return List.of(new OptionSpec("ttl", OptionSpec.Type.NUMBER, "64", ""));
        }

        @Override
        public InternetProtocol create(NetworkContext context, OptionValues options) {
            network = context;
            return new InternetProtocol() {
                @Override
                public int version() {
                    return version;
                }

                @Override
                public void receive(NicPort nic, Packet packet) {
                    lastInbound = packet;
                    onPacket.accept(packet);
                }

                @Override
                public Path path(Route route, IpAddress local, IpAddress remote, int protocol) {
                    return null;
                }

                @Override
                public void reject(Packet packet, Rejection why) {
                    unowned.add(packet);
                }

                @Override
                public void close() {
                    closed.add("ipv" + version);
                }
            };
        }
    }

    final class Transport implements TransportProtocolFactory {
        @Override
        public String name() {
            return "toy";
        }

        @Override
        public int number() {
            return 200;
        }

        @Override
        public String description() {
            return "a transport for tests";
        }

        @Override
        public List<OptionSpec> options() {
            return List.of();
        }

        @Override
        public TransportProtocol create(TransportContext context, OptionValues options) {
            transport = context;
            return new TransportProtocol() {
                @Override
                public void receive(Packet packet) {
                    context.drop(packet, DropReason.NO_SOCKET);
                }

                @Override
                public void onError(IcmpError error) {
                    throw new AssertionError("no errors here");
                }

                @Override
                public <T> Optional<T> service(Class<T> type) {
                    return Optional.empty();
                }

                @Override
                public void close() {
                    closed.add("toy");
                    if (failToClose != null) {
                        throw failToClose;
                    }
                }
            };
        }
    }
}
