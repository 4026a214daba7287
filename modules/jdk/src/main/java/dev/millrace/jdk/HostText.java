package dev.millrace.jdk;

import dev.millrace.Names;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/// Whom a factory means that is given a host as text. Only names are asked for: what else the JDK understands, whoever answers names may not
/// know.
final class HostText {
    private static final String DOTTED_QUAD = "[0-9]{1,3}(\\.[0-9]{1,3}){3}";

    private HostText() {
    }

    /// @param host `null` and the empty text are this host, as for the JDK
    /// @throws UnknownHostException if nobody knows it
    static InetAddress address(String host, Names names) throws IOException {
        if (host == null || host.isEmpty()) {
            return InetAddress.getLoopbackAddress();
        }
        if (host.equalsIgnoreCase("localhost") || isLiteral(host)) {
            return InetAddress.getByName(host);
        }
        List<InetAddress> all = names.addresses(host);
        if (all == null || all.isEmpty()) {
            throw new UnknownHostException(host);
        }
        return all.getFirst();
    }

    /// The JDK takes "1" for an address, which may be a host's name here.
    private static boolean isLiteral(String host) {
        return host.indexOf(':') >= 0 || host.length() <= 15 && host.matches(DOTTED_QUAD);
    }
}
