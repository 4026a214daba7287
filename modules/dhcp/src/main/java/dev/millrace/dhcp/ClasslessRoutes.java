package dev.millrace.dhcp;

import dev.millrace.Cidr;
import dev.millrace.dhcp.Terms.Hop;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;

/// The routes of option 121 (RFC 3442): for each the length of the prefix, as many bytes of the network as that needs, and the
/// router.
final class ClasslessRoutes {
    /// More routes than this are not entered.
    static final int MAX = 64;

    private ClasslessRoutes() {
    }

    /// The routes that make sense, or `null` if the option is malformed.
    ///
    /// @param own the client's address, which is no router
    static List<Hop> read(byte[] b, IpAddress own) {
        var routes = new ArrayList<Hop>();
        int at = 0;
        while (at < b.length) {
            int prefix = b[at] & 0xff;
            int bytes = (prefix + 7) / 8;
            if (prefix > 32 || b.length - at < 1 + bytes + 4) {
                return null;
            }
            int network = 0;
            for (int i = 0; i < bytes; i++) {
                network |= (b[at + 1 + i] & 0xff) << 24 - 8 * i;
            }
            int router = DhcpMessage.i32(b, at + 1 + bytes);
            at += 1 + bytes + 4;
            var hop = new Hop(new Cidr(IpAddress.v4(network), prefix).network(), router == 0 ? null : IpAddress.v4(router));
            if (routes.size() < MAX && isUsable(hop, own) && !routes.contains(hop)) {
                routes.add(hop);
            }
        }
        return routes;
    }

    /// A route to the loopback network or to groups would take them from where they are.
    private static boolean isUsable(Hop hop, IpAddress own) {
        boolean host = hop.via() == null || Terms.isHost(hop.via()) && !hop.via().equals(own);
        int first = hop.to().address().v4Bits() >>> 24;
        return host && first < 224 && (first != 127 || hop.to().prefixLength() < 8);
    }
}
