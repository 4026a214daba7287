package dev.millrace.cli.net;

import dev.millrace.Nic;
import dev.millrace.Stack;
import dev.millrace.cli.Commands;
import dev.millrace.cli.StackOptions;
import dev.millrace.cli.tun.Device;
import dev.millrace.cli.tun.Linux;
import dev.millrace.cli.tun.Machine;
import dev.millrace.spi.NicPort;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// `millrace interfaces`: which interfaces of the machine a stack can use, and as which link; with a link, the stack's NIC.
public final class InterfacesCommand implements Callable<Integer> {
    private static final int TROUBLE = 2;
    private static final String FORMAT = "%-15s %-20s %-5s %6s  %-17s  %s";
    /// ARPHRD_ETHER of if_arp.h.
    private static final String ETHERNET = "1";

    private final CommandSpec spec;
    private final StackOptions stack;
    private final OptionSpec json;

    private InterfacesCommand(CommandSpec spec) {
        this.spec = spec;
        stack = new StackOptions(spec);
        json = Commands.flag(spec, "--json", "print one JSON object an interface");
    }

    /// The command.
    public static CommandSpec spec() {
        CommandSpec spec = Commands.command("Lists the machine's interfaces and the link with which a stack can use each; with "
                + "--link, opens the link and shows the stack's NIC.", InterfacesCommand::new);
        spec.exitCodeOnExecutionException(TROUBLE);
        return spec;
    }

    /// One interface.
    ///
    /// @param link the URI of a link on it, or `-` if there is none
    record Row(String name, String link, boolean up, int mtu, String mac, List<String> addresses) {
        String line() {
            return String.format(Locale.ROOT, FORMAT, name, link, up ? "up" : "down", mtu, mac.isEmpty() ? "-" : mac,
                    addresses.isEmpty() ? "-" : String.join(", ", addresses));
        }
    }

    @Override
    public Integer call() throws IOException {
        if (stack.given()) {
            try (var opened = stack.openToListen("interfaces", false)) {
                print(ofStack(opened.stack()));
            }
            return 0;
        }
        var machine = new Linux();
        print(ofMachine(machine));
        if (!Commands.is(json) && !machine.mayAdministerNetwork()) {
            Commands.err(spec).println("packet:, and tun: and tap: devices that are not yours, need root or CAP_NET_RAW and "
                    + "CAP_NET_ADMIN, which this program has not");
        }
        return 0;
    }

    private void print(List<Row> rows) {
        PrintWriter out = Commands.out(spec);
        if (Commands.is(json)) {
            for (Row r : rows) {
                var node = Commands.json().createObjectNode().put("name", r.name).put("link", r.link).put("up", r.up)
                        .put("mtu", r.mtu).put("mac", r.mac);
                var list = node.putArray("addresses");
                r.addresses.forEach(list::add);
                out.println(Commands.text(node));
            }
            return;
        }
        out.println(String.format(Locale.ROOT, FORMAT, "NAME", "LINK", "STATE", "MTU", "MAC", "ADDRESSES"));
        rows.forEach(r -> out.println(r.line()));
    }

    static List<Row> ofMachine(Machine machine) throws IOException {
        var rows = new ArrayList<Row>();
        for (NetworkInterface i : NetworkInterface.networkInterfaces().sorted(Comparator.comparingInt(NetworkInterface::getIndex))
                .toList()) {
            byte[] mac = i.getHardwareAddress();
            Optional<Device> device = Device.read(machine, i.getName());
            // The JDK's isUp wants a carrier, which a device has only while a program has it open.
            boolean up = device.map(Device::up).orElse(isUp(i));
            rows.add(new Row(i.getName(), link(machine, i.getName(), device), up, i.getMTU(),
                    mac == null ? "" : HexFormat.ofDelimiter(":").formatHex(mac),
                    i.getInterfaceAddresses().stream().map(InterfacesCommand::text).toList()));
        }
        return rows;
    }

    private static String text(InterfaceAddress a) {
        String address = a.getAddress().getHostAddress();
        int zone = address.indexOf('%');
        return IpAddress.parse(zone < 0 ? address : address.substring(0, zone)) + "/" + a.getNetworkPrefixLength();
    }

    private static boolean isUp(NetworkInterface i) {
        try {
            return i.isUp();
        } catch (SocketException e) {
            // Gone in between.
            return false;
        }
    }

    private static String link(Machine machine, String name, Optional<Device> device) {
        if (device.isPresent() && device.get().isTun()) {
            return "tun:" + name;
        }
        if (device.isPresent() && device.get().isTap()) {
            return "tap:" + name;
        }
        boolean ethernet = machine.read(Path.of("/sys/class/net", name, "type")).filter(ETHERNET::equals).isPresent();
        return ethernet ? "packet:" + name : "-";
    }

    static List<Row> ofStack(Stack s) {
        var rows = new ArrayList<Row>();
        for (Nic n : s.nics()) {
            long station = n instanceof NicPort p ? p.stationAddress() : 0;
            rows.add(new Row(n.name(), n.linkName(), n.isUp(), n.mtu(), station == 0 ? "" : MacAddress.text(station),
                    n.addresses().stream().map(Object::toString).toList()));
        }
        return rows;
    }
}
