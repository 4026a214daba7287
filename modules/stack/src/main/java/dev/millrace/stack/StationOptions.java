package dev.millrace.stack;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import dev.millrace.wire.EthernetHeader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// What an Ethernet NIC is told beside what its driver understands: its own address and its VLAN.
///
/// @param mac the address in the low 48 bits, or 0 if none was given
/// @param vlan the VLAN, 1 to 4094, or 0 for none
record StationOptions(long mac, int vlan) {
    static final List<OptionSpec> SPECS = List.of(
            new OptionSpec("mac", OptionSpec.Type.TEXT, "", "on Ethernet: the NIC's own MAC address; the link's if it has one, "
                    + "else one made from the machine, the names of stack and NIC, and the link"),
            new OptionSpec("vlan", OptionSpec.Type.NUMBER, "0", "on Ethernet: the VLAN (802.1Q) that the NIC is in, 1 to 4094; "
                    + "0 for untagged frames"));

    private static final Pattern MAC = Pattern.compile("[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}");
    private static final int MAX_VLAN = 4094;
    private static final long GROUP = 1L << 40;
    private static final long LOCALLY_ADMINISTERED = 1L << 41;

    static StationOptions of(String key, Map<String, String> given) {
        OptionValues values = OptionValues.check(key, SPECS, given);
        long mac = 0;
        if (values.has("mac")) {
            String text = values.text("mac");
            if (!MAC.matcher(text).matches()) {
                throw values.error("mac", "\"" + text + "\" is no MAC address such as 02:00:5e:00:00:01");
            }
            mac = Long.parseLong(text.replaceAll("[:-]", ""), 16);
            if (EthernetHeader.isMulticast(mac) || mac == 0) {
                throw values.error("mac", text + " cannot be the address of one station: its first byte must be even, "
                        + "and not all bytes 0");
            }
        }
        return new StationOptions(mac, (int) values.number("vlan", 0, MAX_VLAN));
    }

    boolean isGiven() {
        return mac != 0 || vlan != 0;
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
        String machine = stack.surroundings().isStepped() ? "" : machine();
        String all = machine + '\n' + stack.name() + '\n' + nic.name() + '\n' + nic.linkName();
        long hash = 0xcbf2_9ce4_8422_2325L;
        for (byte b : all.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ b & 0xff) * 0x100_0000_01b3L;
        }
        hash = (hash ^ hash >>> 29) * 0xbf58_476d_1ce4_e5b9L;
        return (hash >>> 16 | LOCALLY_ADMINISTERED) & ~GROUP;
    }

    private static String machine() {
        try {
            return Files.readString(Path.of("/etc/machine-id")) + Files.readString(Path.of("/proc/sys/kernel/hostname"));
        } catch (IOException | SecurityException e) {
            // Another system, or one that does not say: the names have to do.
            return System.getProperty("os.name", "");
        }
    }
}
