package dev.millrace.link.packet;

import dev.millrace.OptionSpec;
import dev.millrace.OptionSpec.Type;
import dev.millrace.OptionValues;
import dev.millrace.spi.LinkDriver;
import java.time.Duration;
import java.util.List;

/// What a link is to be like.
///
/// @param nic the NIC that it is for
/// @param name the interface's name
/// @param mtu the largest network-layer packet in bytes, or 0 for as large as the interface takes
/// @param offload whether super-segments and undone checksums may cross
/// @param promiscuous whether frames for other stations are wanted
/// @param outgoing whether frames that this machine's kernel sends are wanted, too
/// @param up whether to set the interface up if it is down
/// @param ring whether to receive through a ring, if the kernel has it
/// @param ringBlockBytes the size of one block of it
/// @param ringBlocks how many there are
/// @param ringTimeoutMs how long a block waits to be filled, or 0 for a ring in slots, of which none waits
/// @param bufferBytes what may wait to be sent, and to be received where there is no ring
/// @param busyPollNs how long the reader looks for the next frame before it sleeps
record PacketSettings(String nic, String name, int mtu, boolean offload, boolean promiscuous, boolean outgoing, boolean up,
        boolean ring, int ringBlockBytes, int ringBlocks, int ringTimeoutMs, int bufferBytes, long busyPollNs) {
    /// The smallest block holds the largest super-segment.
    private static final int MIN_BLOCK = 128 << 10;
    private static final int MAX_BLOCK = 4 << 20;
    private static final int MAX_BLOCKS = 1024;
    private static final int MIN_BUFFER = 64 << 10;
    private static final int MAX_BUFFER = 1 << 30;

    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("offload", Type.FLAG, "true",
                    "super-segments and checksums left to the kernel (PACKET_VNET_HDR), if it can"),
            new OptionSpec("promiscuous", Type.FLAG, "false", "take frames for other stations, too"),
            new OptionSpec("outgoing", Type.FLAG, "false", "take frames that this machine's kernel sends, too: for looking on"),
            new OptionSpec("up", Type.FLAG, "true", "set the interface up if it is down, which needs CAP_NET_ADMIN"),
            new OptionSpec("busy-poll", Type.DURATION, "20us",
                    "how long the reader looks for the next frame before it sleeps, 0us to 1s"),
            new OptionSpec("buffer", Type.BYTES, "8MiB",
                    "what may wait in the kernel to be sent, and to be received without a ring, 64KiB to 1GiB"),
            new OptionSpec("ring", Type.FLAG, "true",
                    "receive through memory shared with the kernel, where it has it (PACKET_RX_RING)"),
            new OptionSpec("ring-block-size", Type.BYTES, "256KiB", "of one block of the ring, a power of two, 128KiB to 4MiB"),
            new OptionSpec("ring-blocks", Type.NUMBER, "64", "blocks of the ring, 2 to 1024"),
            new OptionSpec("ring-timeout", Type.DURATION, "0ms",
                    "0ms hands each frame over at once (TPACKET_V2); more, up to 1s, a block when it is full or after that time "
                    + "(TPACKET_V3), which is less work and much later"));

    static PacketSettings of(LinkDriver.Request request) {
        OptionValues o = request.options();
        if (request.target().isEmpty()) {
            throw o.error("link", "packet: wants the name of an interface, such as packet:eth0");
        }
        int block = (int) o.bytes("ring-block-size", MIN_BLOCK, MAX_BLOCK);
        if (Integer.bitCount(block) != 1) {
            throw o.error("ring-block-size", block + " is no power of two");
        }
        return new PacketSettings(request.nic(), request.target(), request.mtu(), o.flag("offload"), o.flag("promiscuous"),
                o.flag("outgoing"), o.flag("up"), o.flag("ring"), block, (int) o.number("ring-blocks", 2, MAX_BLOCKS),
                (int) Duration.ofNanos(o.nanos("ring-timeout", Duration.ZERO, Duration.ofSeconds(1))).toMillis(),
                (int) o.bytes("buffer", MIN_BUFFER, MAX_BUFFER),
                o.nanos("busy-poll", Duration.ZERO, Duration.ofSeconds(1)));
    }
}
