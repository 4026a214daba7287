package dev.millrace.stack;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.spi.InternetProtocol;
import dev.millrace.spi.NetworkProtocol;
import dev.millrace.wire.EtherType;
import java.util.ArrayList;
import java.util.List;

/// The network protocols of a stack, by EtherType. Filled before the first packet comes, and never changed then.
final class NetworkTable {
    private final List<NetworkProtocol> all = new ArrayList<>();
    private int[] types = {};
    private NetworkProtocol[] protocols = {};
    private InternetProtocol v4;
    private InternetProtocol v6;

    /// The EtherType of a version of IP, or 0 for what is none.
    static int etherType(int version) {
        return switch (version) {
            case 4 -> EtherType.IPV4;
            case 6 -> EtherType.IPV6;
            default -> 0;
        };
    }

    /// The protocol is taken in first, so that it is closed whatever is wrong with it.
    void add(int etherType, String name, NetworkProtocol protocol) {
        all.add(protocol);
        if (etherType == EtherType.IPV4) {
            v4 = internet(name, protocol, 4);
        } else if (etherType == EtherType.IPV6) {
            v6 = internet(name, protocol, 6);
        } else {
            int n = types.length;
            types = java.util.Arrays.copyOf(types, n + 1);
            protocols = java.util.Arrays.copyOf(protocols, n + 1);
            types[n] = etherType;
            protocols[n] = protocol;
        }
    }

    private static InternetProtocol internet(String name, NetworkProtocol protocol, int version) {
        if (protocol instanceof InternetProtocol ip && ip.version() == version) {
            return ip;
        }
        throw new ConfigurationException(ErrorCode.MISSING_PLUGIN, name, "the plug-in " + name + " takes the EtherType of IPv"
                + version + " but makes no InternetProtocol of that version", null);
    }

    /// The version of IP, or `null` if the stack does not run it.
    InternetProtocol internet(int version) {
        return version == 4 ? v4 : version == 6 ? v6 : null;
    }

    /// The protocol that takes this EtherType, or `null`.
    NetworkProtocol of(int etherType) {
        if (etherType == EtherType.IPV4) {
            return v4;
        }
        if (etherType == EtherType.IPV6) {
            return v6;
        }
        for (int i = 0; i < types.length; i++) {
            if (types[i] == etherType) {
                return protocols[i];
            }
        }
        return null;
    }

    List<NetworkProtocol> all() {
        return all;
    }
}
