package dev.millrace.packetdrill.run;

import dev.millrace.packetdrill.IpVariant;
import dev.millrace.packetdrill.script.Position;
import dev.millrace.packetdrill.script.Script;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import dev.millrace.wire.IpAddress;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads the options in front of a script.
final class ScriptOptions {
    /// The Ethernet's, whose MSS scripts count with; over IPv6 20 bytes more, so that the MSS stays.
    private static final int MTU_V4 = 1500;
    private static final int MTU_V6 = 1520;
    private static final int HEADERS_V4 = 40;
    private static final int HEADERS_V6 = 60;
    /// Say how the original tool runs, which is of no interest here.
    private static final Set<String> IGNORED = Set.of("verbose", "non_fatal", "code_command", "code_format", "code_sockopt", "wire_protocol",
            "wire_client_dev", "wire_server_dev", "wire_server_ip", "wire_server_port", "wire_client", "wire_server", "init_scripts",
            "no_cleanup", "define", "D", "speed", "gateway_ip", "local_linux_ip", "live_bind_ip", "live_connect_ip", "live_gateway_ip", "live_local_ip",
            "live_remote_ip", "live_prefix", "persistent_tun_dev", "tun_dev", "fm_filename");
    private static final Map<String, String> MISSING = Map.of(
            "udp_encapsulation", "TCP in UDP", "tcp_md5_secret", "TCP-MD5 (RFC 2385)", "so_filename", "shared objects as stacks");

    private final Map<String, Script.Option> given = new HashMap<>();

    private ScriptOptions(List<Script.Option> options) throws ScriptSyntaxException, SkipException {
        for (Script.Option o : options) {
            if (MISSING.containsKey(o.name())) {
                throw new SkipException(o.at(), "--" + o.name() + ": the stack has no " + MISSING.get(o.name()));
            }
            if (!Names.KNOWN.contains(o.name()) && !IGNORED.contains(o.name())) {
                throw new ScriptSyntaxException(o.at(), "--" + o.name() + " is no option that is known; there are " + Names.KNOWN);
            }
            given.put(o.name(), o);
        }
    }

    private static final class Names {
        private static final Set<String> KNOWN = new java.util.TreeSet<>(Set.of("ip_version", "local_ip", "remote_ip", "netmask_ip",
                "bind_port", "connect_port", "mtu", "mss", "tolerance_usecs", "tolerance_percent", "tcp_ts_tick_usecs",
                "tcp_ts_ecr_scaled", "strict_segments"));
    }

    /// The settings of a script.
    ///
    /// @param asked the variant that is asked for, or `null` for the script's own, and IPv4 if it has none
    /// @param byName the variant that the script's name speaks of, or `null`
    static Settings read(List<Script.Option> options, IpVariant asked, IpVariant byName) throws ScriptSyntaxException, SkipException {
        return new ScriptOptions(options).settings(asked, byName);
    }

    private Settings settings(IpVariant asked, IpVariant byName) throws ScriptSyntaxException, SkipException {
        IpVariant variant = variant(asked, byName);
        boolean v6 = variant == IpVariant.IPV6;
        IpAddress local = address("local_ip", v6 ? "fd3d:a4b::1" : "192.168.0.1", v6);
        IpAddress remote = address("remote_ip", v6 ? "2001:db8::1" : "192.0.2.1", v6);
        int headers = v6 ? HEADERS_V6 : HEADERS_V4;
        int mtu = v6 ? MTU_V6 : MTU_V4;
        if (given.containsKey("mss")) {
            mtu = (int) number("mss", 0, 48, 65495) + headers;
        }
        mtu = (int) number("mtu", mtu, v6 ? 1280 : 68, 65535);
        return new Settings(variant, local, prefix(v6), remote, (int) number("bind_port", 8080, 1, 65535),
                (int) number("connect_port", 8080, 1, 65535), mtu, 1000 * number("tolerance_usecs", 4000, 0, 1_000_000_000), percent(),
                1000 * number("tcp_ts_tick_usecs", 0, 0, 1_000_000), flag("tcp_ts_ecr_scaled"), flag("strict_segments"));
    }

    private IpVariant variant(IpVariant asked, IpVariant byName) throws ScriptSyntaxException, SkipException {
        Script.Option o = given.get("ip_version");
        IpVariant own = byName;
        if (o != null) {
            own = switch (o.value()) {
                case "ipv4" -> IpVariant.IPV4;
                case "ipv6" -> IpVariant.IPV6;
                case "ipv4-mapped-ipv6" -> IpVariant.MAPPED;
                default -> throw new ScriptSyntaxException(o.at(), "--ip_version is ipv4, ipv6 or ipv4-mapped-ipv6, not " + o.value());
            };
        }
        if (asked != null && own != null && asked != own) {
            throw new SkipException(o == null ? null : o.at(), "the script is for " + own + " only");
        }
        return asked != null ? asked : own != null ? own : IpVariant.IPV4;
    }

    private IpAddress address(String name, String otherwise, boolean v6) throws ScriptSyntaxException, SkipException {
        Script.Option o = given.get(name);
        if (o == null) {
            return IpAddress.parse(otherwise);
        }
        IpAddress address;
        try {
            address = IpAddress.parse(o.value());
        } catch (IllegalArgumentException e) {
            throw new ScriptSyntaxException(o.at(), "--" + name + ": " + e.getMessage());
        }
        if (address.isV4() == v6) {
            throw new SkipException(o.at(), "--" + name + "=" + o.value() + " is not of this version of IP");
        }
        return address;
    }

    private int prefix(boolean v6) throws ScriptSyntaxException {
        Script.Option o = given.get("netmask_ip");
        if (v6 || o == null) {
            return v6 ? 48 : 16;
        }
        try {
            int bits = IpAddress.parse(o.value()).v4Bits();
            int length = Integer.bitCount(bits);
            if (length > 0 && bits == -1 << 32 - length) {
                return length;
            }
        } catch (IllegalArgumentException e) {
            throw new ScriptSyntaxException(o.at(), "--netmask_ip: " + e.getMessage());
        }
        throw new ScriptSyntaxException(o.at(), "--netmask_ip=" + o.value() + " is no mask");
    }

    private long number(String name, long otherwise, long min, long max) throws ScriptSyntaxException {
        Script.Option o = given.get(name);
        if (o == null) {
            return otherwise;
        }
        return whole(o.at(), name, o.value(), min, max);
    }

    private static long whole(Position at, String name, String value, long min, long max) throws ScriptSyntaxException {
        if (value.matches("[0-9]{1,12}") && Long.parseLong(value) >= min && Long.parseLong(value) <= max) {
            return Long.parseLong(value);
        }
        throw new ScriptSyntaxException(at, "--" + name + " is a number from " + min + " to " + max + ", not " + value);
    }

    private double percent() throws ScriptSyntaxException {
        Script.Option o = given.get("tolerance_percent");
        if (o == null) {
            return 12.5;
        }
        if (!o.value().matches("[0-9]{1,3}(\\.[0-9]{1,6})?")) {
            throw new ScriptSyntaxException(o.at(), "--tolerance_percent is a number of percent, not " + o.value());
        }
        return new BigDecimal(o.value()).doubleValue();
    }

    private boolean flag(String name) throws ScriptSyntaxException {
        Script.Option o = given.get(name);
        if (o == null) {
            return false;
        }
        return switch (o.value()) {
            case "", "1", "true" -> true;
            case "0", "false" -> false;
            default -> throw new ScriptSyntaxException(o.at(), "--" + name + " is true or false, not " + o.value());
        };
    }
}
