package dev.millrace.cli.tun;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A network device as `/sys/class/net` describes it.
///
/// @param name its name
/// @param flags the flags of a TUN or TAP device (TUNSETIFF), or -1 if it is neither
/// @param owner the user id that may open it, or -1
/// @param group the group id that may open it, or -1
/// @param mtu bytes
/// @param up whether it is set up (IFF_UP)
/// @param running whether a program has it open (the carrier)
public record Device(String name, int flags, long owner, long group, int mtu, boolean up, boolean running) {
    private static final Path ALL = Path.of("/sys/class/net");
    private static final int IFF_TUN = 0x0001;
    private static final int IFF_TAP = 0x0002;
    private static final int IFF_MULTI_QUEUE = 0x0100;
    private static final int IFF_UP = 0x1;
    private static final Pattern ADDRESS = Pattern.compile("\\binet6? (\\S+)");

    /// The device of this name, if there is one.
    public static Optional<Device> read(Machine machine, String name) {
        Path folder = ALL.resolve(name);
        return machine.read(folder.resolve("flags")).map(flags -> new Device(name,
                machine.read(folder.resolve("tun_flags")).map(f -> Integer.decode(f)).orElse(-1),
                number(machine, folder.resolve("owner")), number(machine, folder.resolve("group")),
                (int) number(machine, folder.resolve("mtu")), (Integer.decode(flags) & IFF_UP) != 0,
                machine.read(folder.resolve("carrier")).filter("1"::equals).isPresent()));
    }

    /// All TUN devices, by name.
    static List<Device> tuns(Machine machine) {
        var found = new ArrayList<Device>();
        for (String name : machine.list(ALL)) {
            read(machine, name).filter(Device::isTun).ifPresent(found::add);
        }
        return found;
    }

    /// Whether `/sys` shows another network namespace than the one that programs run in, as after `unshare -n`.
    static boolean sysIsOfAnotherNamespace(Machine machine) {
        List<String> shown = machine.list(ALL).stream().filter(n -> !n.equals("bonding_masters")).toList();
        List<String> real = machine.read(Path.of("/proc/self/net/dev")).stream().flatMap(String::lines)
                .filter(l -> l.contains(":")).map(l -> l.substring(0, l.indexOf(':')).strip()).sorted().toList();
        return !shown.equals(real);
    }

    private static long number(Machine machine, Path file) {
        try {
            return machine.read(file).map(Long::parseLong).orElse(-1L);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /// Whether it is a TUN device.
    public boolean isTun() {
        return flags >= 0 && (flags & IFF_TUN) != 0;
    }

    /// Whether it is a TAP device.
    public boolean isTap() {
        return flags >= 0 && (flags & IFF_TAP) != 0;
    }

    boolean hasQueues() {
        return flags >= 0 && (flags & IFF_MULTI_QUEUE) != 0;
    }

    /// Its addresses with their prefixes, as `ip` writes them.
    static List<String> addresses(Machine machine, String name) {
        var found = new ArrayList<String>();
        Matcher m = ADDRESS.matcher(machine.run(List.of("ip", "-o", "addr", "show", "dev", name)).out());
        while (m.find()) {
            found.add(m.group(1));
        }
        return found;
    }
}
