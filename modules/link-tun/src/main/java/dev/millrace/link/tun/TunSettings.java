package dev.millrace.link.tun;

import dev.millrace.OptionSpec;
import dev.millrace.OptionSpec.Type;
import dev.millrace.OptionValues;
import dev.millrace.spi.LinkDriver;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/// What a device is to be like.
///
/// @param nic the NIC that it is for
/// @param name the device's name, or empty for one of the kernel's choice
/// @param tap whether frames have Ethernet headers
/// @param mtu in bytes, or 0 for the device's own
/// @param queues how many descriptors and reader threads, 1 to [#MAX_QUEUES]
/// @param offload whether super-segments and undone checksums may cross
/// @param persist whether the device stays when nobody has it open
/// @param up whether to set the device up if it is down
/// @param fd an open descriptor to take over, or -1
/// @param busyPollNs how long a reader looks for the next packet before it sleeps
record TunSettings(String nic, String name, boolean tap, int mtu, int queues, boolean offload, boolean persist,
        boolean up, int fd, long busyPollNs) {
    /// The kernel's MAX_TAP_QUEUES is 256; more readers than that help nobody.
    static final int MAX_QUEUES = 256;
    /// IFNAMSIZ without its zero.
    private static final int MAX_NAME = 15;

    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("offload", Type.FLAG, "true",
                    "super-segments and checksums left to the kernel (IFF_VNET_HDR), as far as it can"),
            new OptionSpec("queues", Type.NUMBER, "1", "descriptors with a reader thread each (IFF_MULTI_QUEUE), 1 to 256"),
            new OptionSpec("busy-poll", Type.DURATION, "20us",
                    "how long a reader looks for the next packet before it sleeps, 0us to 1s"),
            new OptionSpec("persist", Type.FLAG, "false", "the device stays when the program ends"),
            new OptionSpec("up", Type.FLAG, "true", "set the device up if it is down, which needs CAP_NET_ADMIN"),
            new OptionSpec("fd", Type.NUMBER, "",
                    "the number of an open descriptor of the device, which the link takes over and closes"));

    static TunSettings of(LinkDriver.Request request, boolean tap) {
        OptionValues o = request.options();
        boolean given = o.has("fd");
        int queues = (int) o.number("queues", 1, MAX_QUEUES);
        if (given && queues > 1) {
            throw o.error("queues", "one descriptor is one queue");
        }
        return new TunSettings(request.nic(), checkName(request.target(), o), tap, request.mtu(), queues,
                o.flag("offload"), o.flag("persist"), o.flag("up"),
                given ? (int) o.number("fd", 0, Integer.MAX_VALUE) : -1,
                o.nanos("busy-poll", Duration.ZERO, Duration.ofSeconds(1)));
    }

    private static String checkName(String name, OptionValues options) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        // What dev_valid_name of the kernel refuses; "%d" asks it to number devices.
        boolean bad = name.equals(".") || name.equals("..")
                || name.chars().anyMatch(c -> c == '/' || c == ':' || c <= ' ' || c == 0x7f);
        if (bad || bytes.length > MAX_NAME) {
            throw options.error("link", "\"" + name + "\" is no name of a device: 1 to 15 bytes without space, / and :, "
                    + "or none, and the kernel chooses");
        }
        return name;
    }

    String kind() {
        return tap ? "TAP" : "TUN";
    }

    String mode() {
        return tap ? "tap" : "tun";
    }
}
