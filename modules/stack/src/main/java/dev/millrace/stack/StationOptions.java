package dev.millrace.stack;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.MacSyntaxException;
import dev.millrace.wire.VlanTag;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/// What an Ethernet NIC is told beside what its driver understands: its own address and its VLAN.
///
/// @param mac the address in the low 48 bits, or 0 if none was given
/// @param vlan the VLAN, 1 to 4094, or 0 for none
/// @param checksAddresses whether neighbours are asked for the addresses that are given
record StationOptions(long mac, int vlan, boolean checksAddresses) {
    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("mac", OptionSpec.Type.TEXT, "", "on Ethernet: the NIC's own MAC address; the link's if it has one, "
                    + "else one made from the machine, the names of stack and NIC, and the link"),
            new OptionSpec("vlan", OptionSpec.Type.NUMBER, "0", "on Ethernet: the VLAN (802.1Q) that the NIC is in, 1 to 4094; "
                    + "0 for untagged frames"),
            new OptionSpec("dad", OptionSpec.Type.FLAG, "false", "on Ethernet: use the addresses that are given only once no "
                    + "neighbour turns out to have them (RFC 4862 §5.4, RFC 5227); those found by the NIC itself always wait"));

    static StationOptions of(String key, Map<String, String> given) {
        OptionValues values = OptionValues.check(key, SPECS, given);
        long mac = 0;
        if (values.has("mac")) {
            String text = values.text("mac");
            try {
                mac = MacAddress.parse(text).bits();
            } catch (MacSyntaxException e) {
                throw values.error("mac", e.getMessage());
            }
            if (MacAddress.isMulticast(mac) || mac == 0) {
                throw values.error("mac", text + " cannot be the address of one station: its first byte must be even, "
                        + "and not all bytes 0");
            }
        }
        return new StationOptions(mac, (int) values.number("vlan", 0, VlanTag.MAX_VLAN), values.flag("dad"));
    }

    /// The address of a NIC: what was given, what its link has, or one that is the same whenever this stack is opened on this
    /// machine, and another on the next.
    long address(AssembledStack stack, StackNic nic) {
        if (mac != 0) {
            return mac;
        }
        if (nic.link().hardwareAddress() != 0) {
            return nic.link().hardwareAddress();
        }
        if (!nic.linkName().matches("[^:]+:.+")) {
            // Nothing tells this link from others of its kind.
            byte[] chance = new byte[8];
            stack.surroundings().random().nextBytes(chance);
            return MacAddress.stable(chance, nic.name()).bits();
        }
        String machine = stack.surroundings().isStepped() ? "" : machine();
        return MacAddress.stable(machine.getBytes(StandardCharsets.UTF_8),
                stack.name() + '\n' + nic.name() + '\n' + nic.linkName()).bits();
    }

    private static String machine() {
        var all = new StringBuilder();
        for (String file : List.of("/etc/machine-id", "/proc/sys/kernel/hostname", "/proc/sys/kernel/random/boot_id")) {
            try {
                all.append(Files.readString(Path.of(file)));
                if (all.length() > 40) {
                    break;
                }
            } catch (IOException | SecurityException e) {
                // Another system, or a container without it: the next has to do.
                continue;
            }
        }
        return all.toString();
    }
}
