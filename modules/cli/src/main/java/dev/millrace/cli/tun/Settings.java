package dev.millrace.cli.tun;

import dev.millrace.Cidr;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/// What `tun up` was asked for.
///
/// @param name the device
/// @param addresses the host's addresses on it, at least one
/// @param user who may open it, or empty: root
/// @param group which group may open it, or empty
/// @param nat the device through which its networks reach others, or empty: they do not
/// @param mtu bytes, or 0: the kernel's choice
/// @param queues whether it has several queues
/// @param congctl the kernel's congestion control towards its networks, or empty: the default
record Settings(String name, List<Cidr> addresses, String user, String group, String nat, int mtu, boolean queues,
        String congctl) {
    private static final int SMALLEST_MTU = 68; // RFC 791 §3.2
    private static final int SMALLEST_MTU_V6 = 1280; // RFC 8200 §5
    private static final int LARGEST_MTU = 65_535;

    Settings {
        Names.device(name);
        addresses = List.copyOf(addresses);
        if (addresses.isEmpty()) {
            throw new IllegalArgumentException("--address is needed, such as --address 10.0.0.1/24: the host's own on this "
                    + "device; the stack takes another one of the network");
        }
        if (new HashSet<>(addresses).size() < addresses.size()) {
            throw new IllegalArgumentException("an address is given twice");
        }
        addresses.forEach(Settings::checkAddress);
        word("--user", user);
        word("--group", group);
        word("--congctl", congctl);
        if (!nat.isEmpty() && Names.device(nat).equals(name)) {
            throw new IllegalArgumentException("--nat names the device that leads to other networks, such as eth0, not " + name);
        }
        boolean v6 = addresses.stream().anyMatch(a -> !a.address().isV4());
        if (mtu != 0 && (mtu < (v6 ? SMALLEST_MTU_V6 : SMALLEST_MTU) || mtu > LARGEST_MTU)) {
            throw new IllegalArgumentException("--mtu is " + SMALLEST_MTU + " to " + LARGEST_MTU + ", with IPv6 at least "
                    + SMALLEST_MTU_V6 + ", not " + mtu);
        }
    }

    private static void word(String option, String value) {
        if (!value.matches("[A-Za-z0-9_][A-Za-z0-9_.-]*|")) {
            throw new IllegalArgumentException(option + ": \"" + value + "\" is no name");
        }
    }

    private static void checkAddress(Cidr a) {
        IpAddress address = a.address();
        int bits = address.isV4() ? 32 : 128;
        if (a.prefixLength() == bits) {
            throw new IllegalArgumentException(a + " has no room for the stack: give a prefix, such as " + address
                    + (address.isV4() ? "/24" : "/64"));
        }
        if (a.prefixLength() == 0 || address.isUnspecified() || address.isMulticast() || address.isLoopback()
                || address.isLimitedBroadcast()) {
            throw new IllegalArgumentException(a + " cannot be the address of a device");
        }
        if (address.isV4() && a.prefixLength() < 31
                && (address.equals(a.network().address()) || address.equals(broadcast(a)))) {
            throw new IllegalArgumentException(a + " is the network's own or its broadcast address; take another, such as "
                    + neighbour(a).orElseThrow() + "/" + a.prefixLength());
        }
    }

    private static IpAddress broadcast(Cidr a) {
        return IpAddress.v4(a.address().v4Bits() | (int) (0xFFFF_FFFFL >>> a.prefixLength()));
    }

    /// An address for the stack: the next one of the network, or the one before.
    static Optional<IpAddress> neighbour(Cidr host) {
        var candidates = new ArrayList<IpAddress>();
        for (int step : new int[] {1, -1}) {
            candidates.add(host.address().isV4() ? IpAddress.v4(host.address().v4Bits() + step)
                    : new IpAddress(host.address().hi(), host.address().lo() + step));
        }
        boolean point = host.prefixLength() >= (host.address().isV4() ? 31 : 127);
        return candidates.stream().filter(host::contains)
                // In IPv6 the network's first address is every router's (RFC 4291 §2.6.1).
                .filter(c -> point || !c.equals(host.network().address()))
                .filter(c -> point || !c.isV4() || !c.equals(broadcast(host))).findFirst();
    }

    /// How these differ from others, as words for a user; empty if they do not.
    List<String> differencesTo(Settings asked) {
        var all = new ArrayList<String>();
        difference(all, "address", texts(addresses), texts(asked.addresses));
        difference(all, "user", user, asked.user);
        difference(all, "group", group, asked.group);
        difference(all, "nat", nat, asked.nat);
        difference(all, "mtu", mtu == 0 ? "" : "" + mtu, asked.mtu == 0 ? "" : "" + asked.mtu);
        difference(all, "queues", queues ? "several" : "", asked.queues ? "several" : "");
        difference(all, "congctl", congctl, asked.congctl);
        return all;
    }

    private static String texts(List<Cidr> list) {
        return String.join(" ", list.stream().map(Cidr::toString).sorted().toList());
    }

    static void difference(List<String> to, String what, String is, String asked) {
        if (!is.equals(asked)) {
            to.add(what + " is " + (is.isEmpty() ? "not set" : is) + ", asked for " + (asked.isEmpty() ? "none" : asked));
        }
    }
}
