import dev.millrace.DropReason;
import dev.millrace.OptionValues;
import dev.millrace.link.tun.TunDriver;
import dev.millrace.spi.Link;
import dev.millrace.spi.LinkDriver;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.HexFormat;
import java.util.Map;

/// The link layer: prints what the kernel sends to a TUN device, byte by byte, and writes it back.
/// Run: ./millrace java examples/layers/Frames.java t0
/// Modules: dev.millrace.link.tun
public class Frames {
    public static void main(String[] args) throws Exception {
        if (args.length != 1) {
            System.out.println("usage: Frames DEVICE; millrace tun up makes a device");
            return;
        }
        var driver = new TunDriver();
        var options = OptionValues.check("frames", driver.options(), Map.of("offload", "false"));
        try (Link link = driver.open(new LinkDriver.Request("frames", args[0], 0, options))) {
            link.attach(new Link.Sink() {
                public void deliver(PacketList packets) {
                    for (Packet p = packets.peek(); p != null; p = packets.after(p)) {
                        System.out.println(p.length() + " bytes: " + HexFormat.ofDelimiter(" ").formatHex(p.toBytes()));
                    }
                    link.transmit(packets);
                }
                public void drop(Packet packet, DropReason reason) { packet.release(); }
                public void stateChanged(boolean up, String reason) { System.out.println(reason); }
                public void mtuChanged(int mtu) { System.out.println("the MTU is " + mtu); }
            });
            Thread.sleep(Long.MAX_VALUE);
        }
    }
}
