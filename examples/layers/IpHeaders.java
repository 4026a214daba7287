import static dev.millrace.wire.IpAddress.v4;
import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.link.tun.TunDriver;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.Map;

/// The network layer: prints the IPv4 headers of what the kernel sends to a TUN device.
/// Run: ./millrace java examples/layers/IpHeaders.java t0
/// Modules: dev.millrace.link.tun, dev.millrace.wire
public class IpHeaders {
    public static void main(String[] args) throws Exception {
        if (args.length != 1) { System.out.println("usage: IpHeaders DEVICE; millrace tun up makes a device"); return; }
        var driver = new TunDriver();
        var options = OptionValues.check("ip", driver.options(), Map.of("offload", "false"));
        try (Link link = driver.open(new LinkDriver.Request("ip", args[0], 0, options))) {
            link.attach(new Link.Sink() {
                public void deliver(PacketList packets) {
                    for (Packet p; (p = packets.poll()) != null; p.release()) {
                        var m = p.memory();
                        if (Ipv4Header.check(m, p.start(), p.length()) == dev.millrace.wire.WireError.NONE) {
                            System.out.printf("%s > %s protocol %d ttl %d length %d%n", v4(Ipv4Header.source(m, p.start())),
                                    v4(Ipv4Header.destination(m, p.start())), Ipv4Header.protocol(m, p.start()),
                                    Ipv4Header.ttl(m, p.start()), Ipv4Header.totalLength(m, p.start()));
                        }
                    }
                }
                public void drop(Packet packet, DropReason reason) { packet.release(); }
                public void stateChanged(boolean up, String reason) { System.out.println(reason); }
                public void mtuChanged(int mtu) { System.out.println("the MTU is " + mtu); }
            });
            Thread.sleep(Long.MAX_VALUE);
        }
    }
}
