package dev.millrace.cli.tun;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A machine in memory that understands the commands of the set-up as Linux does, side effects included. It can refuse any
/// of them, and be killed before or after one.
final class FakeMachine implements Machine {
    /// The process died: nothing of it runs any more.
    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    static final class Net {
        String kind = "tun";
        long owner = -1;
        long group = -1;
        boolean queues;
        boolean carrier;
        int mtu = 1500;
        boolean up;
        final LinkedHashSet<String> addresses = new LinkedHashSet<>();
        final TreeMap<String, String> congctl = new TreeMap<>();

        int flags() {
            return 0x1800 | (kind.equals("tap") ? 2 : 1) | (queues ? 0x100 : 0);
        }

        @Override
        public String toString() {
            return kind + " " + owner + " " + group + " " + queues + " " + mtu + " " + up + " " + addresses + " " + congctl;
        }
    }

    final TreeMap<String, Net> devices = new TreeMap<>();
    final TreeMap<String, String> sysctls = new TreeMap<>();
    /// By program, table and chain.
    final TreeMap<String, List<String>> rules = new TreeMap<>();
    final TreeMap<String, String> policies = new TreeMap<>();
    final Set<String> tables = new HashSet<>();
    final Set<String> programs = new HashSet<>(Set.of("ip", "iptables", "ip6tables", "sysctl", "id", "getent"));
    final TreeMap<String, String> files = new TreeMap<>();
    final Set<String> deadNamespaces = new HashSet<>();
    /// Commands that changed something, as lines.
    final List<String> changes = new ArrayList<>();
    DeviceFile tunFile = new DeviceFile(true, 10, 200, true);
    String namespace = "net:[1]";
    boolean root = true;
    /// After this many more changes one is refused; negative: never.
    int failAfter = -1;
    /// After this many more changes the process is killed; negative: never.
    int killAfter = -1;
    boolean killBeforeEffect;

    FakeMachine() {
        Net outside = new Net();
        outside.kind = "ether";
        outside.up = true;
        devices.put("eth0", outside);
        sysctls.put("net/ipv4/ip_forward", "0");
        sysctls.put("net/ipv6/conf/all/forwarding", "0");
        sysctls.put("net/ipv4/conf/all/accept_redirects", "1");
        for (String device : List.of("default", "eth0")) {
            sysctls.put("net/ipv4/conf/" + device + "/forwarding", "0");
            sysctls.put("net/ipv6/conf/" + device + "/forwarding", "0");
        }
        sysctls.put("net/ipv6/conf/default/disable_ipv6", "0");
        sysctls.put("net/ipv6/conf/eth0/accept_ra", "1");
        sysctls.put("net/ipv4/tcp_congestion_control", "cubic");
    }

    /// Everything that a set-up may change.
    String world() {
        return "devices " + devices + "\nsysctls " + sysctls + "\nrules " + rules + "\ntables " + tables;
    }

    @Override
    public Result run(List<String> command) {
        String line = Names.line(command);
        if (!programs.contains(command.getFirst())) {
            return new Result(127, "", command.getFirst() + " is not installed");
        }
        Result queried = query(line);
        if (queried != null) {
            return queried;
        }
        if (killAfter == 0 && killBeforeEffect) {
            throw new Killed();
        }
        if (failAfter == 0) {
            failAfter = -1;
            return new Result(2, "", "RTNETLINK answers: Operation not permitted");
        }
        failAfter--;
        changes.add(line);
        String error = change(line);
        if (killAfter == 0) {
            throw new Killed();
        }
        killAfter--;
        return error == null ? new Result(0, "", "") : new Result(2, "", error);
    }

    private Result query(String line) {
        Matcher m;
        if ((m = match("ip -o addr show dev (\\S+)", line)) != null) {
            var out = new StringBuilder();
            if (devices.containsKey(m.group(1))) {
                devices.get(m.group(1)).addresses.forEach(a -> out.append("5: x    inet").append(a.contains(":") ? "6 " : " ")
                        .append(a).append(" scope global x\\\n"));
            }
            return new Result(0, out.toString(), "");
        }
        if ((m = match("ip (?:-6 )?route show (\\S+ )?dev (\\S+)", line)) != null) {
            Net d = devices.get(m.group(2));
            String all = d == null ? "" : String.join("\n", d.congctl.entrySet().stream()
                    .filter(e -> line.contains(e.getKey()) || !line.contains("/")).map(e -> e.getKey() + " congctl " + e.getValue())
                    .toList());
            return new Result(0, all + " ", "");
        }
        if ((m = match("(ip6?tables) -w 5 (?:-t (\\S+) )?-C (\\S+) (.*)", line)) != null) {
            boolean there = rules.getOrDefault(chain(m), List.of()).contains(m.group(4));
            return root && there ? new Result(0, "", "") : new Result(root ? 1 : 4, "", "Bad rule");
        }
        if ((m = match("(ip6?tables) -w 5 (?:-t (\\S+) )?-S (\\S+)", line)) != null) {
            String chain = m.group(3);
            var out = new StringBuilder("-P " + chain + " " + policies.getOrDefault(m.group(1), "ACCEPT") + "\n");
            rules.getOrDefault(chain(m), List.of()).forEach(r -> out.append("-A ").append(chain).append(' ').append(r).append('\n'));
            return root ? new Result(0, out.toString(), "") : new Result(4, "", "Permission denied (you must be root)");
        }
        if ((m = match("nft 'list table (.*)'", line)) != null) {
            return new Result(tables.contains(m.group(1)) ? 0 : 1, "", "");
        }
        if (line.equals("nft list tables")) {
            return new Result(0, String.join("\n", tables.stream().map(t -> "table " + t).toList()), "");
        }
        if (line.equals("nft list ruleset")) {
            return new Result(0, "", "");
        }
        if ((m = match("(?:id -u|getent (?:group|passwd)) (\\S+)", line)) != null) {
            return switch (m.group(1)) {
                case "alice", "1000" -> new Result(0, line.startsWith("id") ? "1000\n" : "alice:x:1000:\n", "");
                default -> new Result(1, "", "no such user");
            };
        }
        return null;
    }

    private static String chain(Matcher m) {
        return m.group(1) + " " + (m.group(2) == null ? "filter" : m.group(2)) + " " + m.group(3);
    }

    /// Makes a change and returns what is wrong with it, or `null`.
    private String change(String line) {
        Matcher m;
        if ((m = match("ip tuntap add dev (\\S+) mode tun(?: user (\\S+))?(?: group (\\S+))?( multi_queue)?", line)) != null) {
            if (devices.containsKey(m.group(1))) {
                return "ioctl(TUNSETIFF): Device or resource busy";
            }
            Net d = new Net();
            d.owner = m.group(2) == null ? -1 : 1000;
            d.group = m.group(3) == null ? -1 : 1000;
            d.queues = m.group(4) != null;
            devices.put(m.group(1), d);
            sysctls.put("net/ipv4/conf/" + m.group(1) + "/forwarding", sysctls.get("net/ipv4/ip_forward"));
            sysctls.put("net/ipv6/conf/" + m.group(1) + "/forwarding", sysctls.get("net/ipv6/conf/all/forwarding"));
            sysctls.put("net/ipv6/conf/" + m.group(1) + "/disable_ipv6", sysctls.get("net/ipv6/conf/default/disable_ipv6"));
            return null;
        }
        if ((m = match("ip tuntap del dev (\\S+) mode tun( multi_queue)?", line)) != null) {
            Net d = devices.get(m.group(1));
            if (d == null || d.carrier) {
                return d == null ? "no device" : "ioctl(TUNSETIFF): Device or resource busy";
            }
            if (d.queues != (m.group(2) != null)) {
                return "ioctl(TUNSETIFF): Invalid argument";
            }
            devices.remove(m.group(1));
            String part = "/conf/" + m.group(1) + "/";
            sysctls.keySet().removeIf(k -> k.contains(part));
            return null;
        }
        if ((m = match("ip link set dev (\\S+) (up|down|mtu (\\d+))", line)) != null) {
            Net d = devices.get(m.group(1));
            if (m.group(3) != null) {
                d.mtu = Integer.parseInt(m.group(3));
            } else {
                d.up = m.group(2).equals("up");
            }
            return null;
        }
        if ((m = match("ip addr (add|del) (\\S+) dev (\\S+)", line)) != null) {
            Net d = devices.get(m.group(3));
            return (m.group(1).equals("add") ? d.addresses.add(m.group(2)) : d.addresses.remove(m.group(2))) ? null
                    : "RTNETLINK answers: File exists";
        }
        if ((m = match("ip (?:-6 )?route replace (\\S+) dev (\\S+) proto kernel .*?(?:congctl (\\S+))?", line)) != null) {
            if (m.group(3) == null) {
                devices.get(m.group(2)).congctl.remove(m.group(1));
            } else {
                devices.get(m.group(2)).congctl.put(m.group(1), m.group(3));
            }
            return null;
        }
        return changeRules(line);
    }

    private String changeRules(String line) {
        Matcher m;
        if ((m = match("sysctl -w (\\S+)=(\\S+)", line)) != null) {
            set(m.group(1).contains("/") ? m.group(1) : m.group(1).replace('.', '/'), m.group(2));
            return null;
        }
        if ((m = match("sh -c 'echo (\\S+) > /proc/sys/(\\S+)'", line)) != null) {
            set(m.group(2), m.group(1));
            return null;
        }
        if ((m = match("(ip6?tables) -w 5 (?:-t (\\S+) )?-[AI] (\\S+) (.*)", line)) != null) {
            rules.computeIfAbsent(chain(m), _ -> new ArrayList<>()).add(m.group(4));
            return null;
        }
        if ((m = match("(ip6?tables) -w 5 (?:-t (\\S+) )?-D (\\S+) (.*)", line)) != null) {
            List<String> chain = rules.getOrDefault(chain(m), new ArrayList<>());
            boolean there = chain.remove(m.group(4));
            if (chain.isEmpty()) {
                rules.remove(chain(m));
            }
            return there ? null : "Bad rule";
        }
        if ((m = match("nft 'add table (\\S+ \\S+); .*'", line)) != null) {
            return tables.add(m.group(1)) ? null : "File exists";
        }
        if ((m = match("nft 'delete table (.*)'", line)) != null) {
            return tables.remove(m.group(1)) ? null : "No such file";
        }
        throw new AssertionError("unknown command: " + line);
    }

    /// As the kernel: switching forwarding resets it for every device, and redirects with it.
    private void set(String key, String value) {
        sysctls.put(key, value);
        if (key.equals("net/ipv4/ip_forward")) {
            sysctls.put("net/ipv4/conf/all/accept_redirects", value.equals("1") ? "0" : "1");
            sysctls.replaceAll((k, v) -> k.matches("net/ipv4/conf/.*/forwarding") ? value : v);
        } else if (key.equals("net/ipv6/conf/all/forwarding")) {
            sysctls.replaceAll((k, v) -> k.matches("net/ipv6/conf/.*/forwarding") ? value : v);
        }
    }

    private static Matcher match(String pattern, String line) {
        Matcher m = Pattern.compile(pattern).matcher(line);
        return m.matches() ? m : null;
    }

    @Override
    public boolean has(String program) {
        return programs.contains(program);
    }

    @Override
    public Optional<String> read(Path file) {
        String path = file.toString();
        if (path.startsWith("/proc/sys/net/")) {
            return Optional.ofNullable(sysctls.get(path.substring("/proc/sys/".length())));
        }
        if (path.startsWith("/sys/class/net/")) {
            Net d = devices.get(file.getName(3).toString());
            return d == null ? Optional.empty() : Optional.ofNullable(attribute(d, file.getFileName().toString()));
        }
        return Optional.ofNullable(switch (path) {
            case "/proc/sys/kernel/random/boot_id" -> files.getOrDefault(path, "boot-1");
            case "/proc/self/status" -> "Name:\tjava\nUid:\t1000\t1000\t1000\t1000\nGid:\t1000\t1000\t1000\t1000\nGroups:\t27 1000 \n"
                    + "CapEff:\t" + (root ? "000001ffffffffff" : "0000000000000000") + "\n";
            case "/proc/self/net/dev" -> files.containsKey(path) ? files.get(path) : "Inter-| Receive\n face |bytes\n"
                    + String.join("\n", devices.keySet().stream().map(n -> "  " + n + ": 0 0").toList());
            default -> files.get(path);
        });
    }

    private static String attribute(Net d, String name) {
        boolean tun = !d.kind.equals("ether");
        return switch (name) {
            case "flags" -> d.up ? "0x1091" : "0x1090";
            case "mtu" -> "" + d.mtu;
            case "carrier" -> d.carrier ? "1" : "0";
            case "tun_flags" -> tun ? "0x" + Integer.toHexString(d.flags()) : null;
            case "owner" -> tun ? "" + d.owner : null;
            case "group" -> tun ? "" + d.group : null;
            default -> null;
        };
    }

    @Override
    public List<String> list(Path folder) {
        String path = folder.toString();
        if (path.equals("/sys/class/net")) {
            return List.copyOf(devices.keySet());
        }
        String prefix = path.replaceFirst("^/proc/sys/", "") + "/";
        return sysctls.keySet().stream().filter(k -> k.startsWith(prefix)).map(k -> k.substring(prefix.length()).split("/")[0])
                .distinct().toList();
    }

    @Override
    public String namespace() {
        return namespace;
    }

    @Override
    public String firstNamespace() {
        return "net:[1]";
    }

    @Override
    public boolean namespaceExists(String name) {
        return !deadNamespaces.contains(name);
    }

    @Override
    public Optional<DeviceFile> deviceFile(Path file) {
        return Optional.ofNullable(tunFile);
    }
}
