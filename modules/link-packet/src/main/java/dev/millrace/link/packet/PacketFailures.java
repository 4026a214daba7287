package dev.millrace.link.packet;

import dev.millrace.Nearest;
import dev.millrace.linux.CallFailures;
import dev.millrace.linux.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The errors of opening an interface, with what to do about them.
///
/// @param settings what was wanted
record PacketFailures(PacketSettings settings) implements CallFailures {
    @Override
    public PacketException of(String call, String device, int errno) {
        String advice = switch (errno) {
            case Errno.EPERM, Errno.EACCES -> "packet sockets need CAP_NET_RAW: run it with sudo, or as yourself with that "
                    + "right alone: sudo setpriv --reuid " + System.getProperty("user.name") + " --init-groups "
                    + "--inh-caps +net_raw --ambient-caps +net_raw " + java() + " ...";
            case Errno.EAFNOSUPPORT -> "this kernel has no packet sockets: modprobe af_packet";
            case Errno.ENODEV, Errno.ENXIO -> noSuchInterface();
            case Errno.EMFILE, Errno.ENFILE -> "the limit of open files is reached; ulimit -n raises it";
            case Errno.ENOBUFS, Errno.ENOMEM -> "the kernel has no memory for it";
            default -> "";
        };
        return exception(call, device, errno, advice);
    }

    @Override
    public PacketException down(String device, int errno) {
        return exception("ioctl(SIOCSIFFLAGS)", device, errno, "the interface is down, and setting it up needs CAP_NET_ADMIN: "
                + "sudo ip link set " + device + " up; with up = false the link waits until somebody does");
    }

    @Override
    public PacketException mtu(String device, int own, int wanted, int errno) {
        return new PacketException(device, "ioctl(SIOCGIFMTU)", errno, who(device) + "has an MTU of " + own + ", and mtu = "
                + wanted + " is wanted: sudo ip link set " + device + " mtu " + wanted + ", or leave the MTU out");
    }

    /// There is no interface of that name.
    PacketException missing() {
        return exception("ioctl(SIOCGIFINDEX)", settings.name(), Errno.ENODEV, noSuchInterface());
    }

    /// The interface carries no Ethernet frames.
    ///
    /// @param hardwareType `ARPHRD_…` of linux/if_arp.h
    PacketException noEthernet(int hardwareType) {
        return new PacketException(settings.name(), "ioctl(SIOCGIFHWADDR)", 0, who(settings.name()) + "is no Ethernet interface "
                + "(its hardware type is " + hardwareType + "); ip -d link show " + settings.name() + " tells what it is");
    }

    private String noSuchInterface() {
        List<String> present = present();
        return "there is no such interface in this network namespace"
                + (present.isEmpty() ? "; ip link shows those that are" : "; " + Nearest.advice(settings.name(), present));
    }

    /// The interfaces of the thread's network namespace: behind two lines of titles one each, the name first.
    private static List<String> present() {
        try {
            return Files.readAllLines(Path.of("/proc/thread-self/net/dev")).stream().skip(2).filter(l -> l.contains(":"))
                    .map(l -> l.substring(0, l.indexOf(':')).strip()).toList();
        } catch (IOException e) {
            // An error about an error helps nobody.
            return List.of();
        }
    }

    private static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    private PacketException exception(String call, String device, int errno, String advice) {
        return new PacketException(device, call, errno, who(device) + call + " failed: " + Errno.text(errno)
                + (advice.isEmpty() ? "" : "; " + advice));
    }

    private String who(String device) {
        return "nic " + settings.nic() + ": interface " + device + ": ";
    }
}
