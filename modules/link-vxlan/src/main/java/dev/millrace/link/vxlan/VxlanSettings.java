package dev.millrace.link.vxlan;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.spi.LinkDriver;
import dev.millrace.wire.VxlanHeader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// What a link is to be like.
///
/// @param vni the network's identifier
/// @param local where to receive
/// @param remotes the other machines, to which goes what is for all or for a station that is not known
/// @param mtu the largest network-layer packet, bytes
/// @param stations how many stations are remembered
/// @param agingNs how long one is remembered that says nothing
record VxlanSettings(int vni, InetSocketAddress local, List<InetSocketAddress> remotes, int mtu, int stations,
        long agingNs) {
    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("local", OptionSpec.Type.TEXT, "0.0.0.0:4789", "address and port where frames are received"),
            new OptionSpec("remotes", OptionSpec.Type.TEXT, "", "the other machines: addresses with or without port (4789), "
                    + "separated by commas; frames of others are dropped"),
            new OptionSpec("stations", OptionSpec.Type.NUMBER, "4096", "MAC addresses that are remembered with their machine"),
            new OptionSpec("aging", OptionSpec.Type.DURATION, "300s", "how long a station that says nothing is remembered"));

    private static final int ETHERNET_MTU = 1500;
    private static final int MAX_MTU = 9000;
    private static final int MAX_REMOTES = 1024;

    static VxlanSettings of(LinkDriver.Request request) {
        OptionValues o = request.options();
        int vni;
        try {
            vni = Integer.parseInt(request.target());
        } catch (NumberFormatException e) {
            vni = -1;
        }
        if (vni < 0 || vni > VxlanHeader.MAX_VNI) {
            throw o.error("link", "\"vxlan:" + request.target() + "\" must name a network, 0 to " + VxlanHeader.MAX_VNI
                    + ", such as vxlan:7");
        }
        InetSocketAddress local = endpoint(o, "local", o.text("local"));
        var remotes = new ArrayList<InetSocketAddress>();
        for (String one : o.text("remotes").split(",")) {
            if (!one.isBlank()) {
                remotes.add(endpoint(o, "remotes", one.strip()));
            }
        }
        if (remotes.isEmpty() || remotes.size() > MAX_REMOTES) {
            throw o.error("remotes", "names " + remotes.size() + " machines; it takes 1 to " + MAX_REMOTES);
        }
        boolean v6 = remotes.stream().anyMatch(r -> r.getAddress().getAddress().length > 4);
        int overhead = v6 ? VxlanHeader.OVERHEAD_V6 : VxlanHeader.OVERHEAD_V4;
        int mtu = request.mtu() == 0 ? ETHERNET_MTU - overhead : request.mtu();
        if (mtu > MAX_MTU) {
            throw o.error("mtu", mtu + " is more than " + MAX_MTU);
        }
        return new VxlanSettings(vni, local, List.copyOf(remotes), mtu, (int) o.number("stations", 16, 1 << 20),
                o.nanos("aging", Duration.ofSeconds(1), Duration.ofDays(1)));
    }

    /// Literal addresses only: a configuration is read without asking a resolver.
    private static InetSocketAddress endpoint(OptionValues o, String option, String text) {
        String host = text;
        String port = String.valueOf(VxlanHeader.PORT);
        int colon = text.lastIndexOf(':');
        if (text.startsWith("[") || text.indexOf(':') == colon && colon >= 0) {
            int end = text.startsWith("[") ? text.indexOf(']') + 1 : colon;
            if (end > 0) {
                port = end < text.length() && text.charAt(end) == ':' ? text.substring(end + 1)
                        : end == text.length() ? port : "x";
                host = text.substring(0, end).replace("[", "").replace("]", "");
            }
        }
        try {
            int number = Integer.parseInt(port);
            if (number < 0 || number > 0xffff || number == 0 && option.equals("remotes")) {
                throw new NumberFormatException();
            }
            return new InetSocketAddress(InetAddress.ofLiteral(host), number);
        } catch (IllegalArgumentException e) {
            throw o.error(option, "\"" + text + "\" is no address such as 192.0.2.1, 192.0.2.1:4789 or [2001:db8::1]:4789");
        }
    }
}
