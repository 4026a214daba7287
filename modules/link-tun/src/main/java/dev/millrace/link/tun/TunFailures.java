package dev.millrace.link.tun;

import dev.millrace.linux.CallFailures;
import dev.millrace.linux.Errno;

/// The errors of opening a device, with what to do about them.
///
/// @param settings what was wanted
record TunFailures(TunSettings settings) implements CallFailures {
    @Override
    public TunException of(String call, String device, int errno) {
        String advice = switch (errno) {
            case Errno.ENOENT, Errno.ENXIO, Errno.ENODEV -> call.startsWith("open")
                    ? "this machine or container has no /dev/net/tun: modprobe tun, or start the container with "
                    + "--device /dev/net/tun --cap-add NET_ADMIN"
                    : "there is no such device in this network namespace";
            case Errno.EACCES -> "the user may not open it: chmod 666 /dev/net/tun, which is usual and safe";
            case Errno.EPERM -> "making a device, or using that of another user, needs CAP_NET_ADMIN (root); to run "
                    + "without, have one made for you: sudo millrace tun up " + orName(device) + " --user "
                    + System.getProperty("user.name") + " --address 10.0.0.1/24";
            case Errno.EBUSY -> "another program has the device open; millrace tun list shows the devices, and queues=2 "
                    + "or more lets several descriptors share one";
            case Errno.EINVAL -> call.contains("TUNSETIFF")
                    ? "there is a device of that name that is no " + settings.kind() + " device, or one without the "
                    + (settings.queues() > 1 ? "multi_queue flag" : "flags that are wanted")
                    + "; ip -d link show " + orName(device) + " tells"
                    : "the kernel does not take it";
            case Errno.ENOTTY, Errno.EBADF, Errno.EBADFD -> settings.fd() >= 0
                    ? "descriptor " + settings.fd() + " is no open descriptor of a TUN or TAP device" : "";
            case Errno.EMFILE, Errno.ENFILE -> "the limit of open files is reached; ulimit -n raises it";
            default -> "";
        };
        return exception(call, device, errno, advice);
    }

    @Override
    public TunException down(String device, int errno) {
        return exception("ioctl(SIOCSIFFLAGS)", device, errno,
                "the device is down, and setting it up needs CAP_NET_ADMIN: sudo ip link set " + device + " up");
    }

    @Override
    public TunException mtu(String device, int own, int wanted, int errno) {
        return exception("ioctl(SIOCSIFMTU)", device, errno, "the device has an MTU of " + own + ", and changing it "
                + (errno == Errno.EINVAL ? "to " + wanted + " is out of the kernel's range" : "needs CAP_NET_ADMIN")
                + ": sudo ip link set " + device + " mtu " + wanted + ", or leave the MTU out");
    }

    /// A descriptor that is not what the settings say.
    TunException wrongDescriptor(String device, String what) {
        return new TunException(device, "ioctl(TUNGETIFF)", 0,
                "nic " + settings.nic() + ": descriptor " + settings.fd() + " " + what + ", not what "
                + settings.mode() + ":" + settings.name() + " means");
    }

    private TunException exception(String call, String device, int errno, String advice) {
        String who = settings.kind() + " device" + (device.isEmpty() ? "" : " " + device);
        return new TunException(device, call, errno, "nic " + settings.nic() + ": " + who + ": " + call + " failed: "
                + Errno.text(errno) + (advice.isEmpty() ? "" : "; " + advice));
    }

    private static String orName(String device) {
        return device.isEmpty() ? "mr0" : device;
    }
}
