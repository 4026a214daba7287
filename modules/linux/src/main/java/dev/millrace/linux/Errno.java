package dev.millrace.linux;

import java.util.Map;

/// Error numbers of Linux, the same on all processors that [Platform] allows.
public final class Errno {
    /// Operation not permitted.
    public static final int EPERM = 1;
    /// No such file or directory.
    public static final int ENOENT = 2;
    /// Interrupted system call.
    public static final int EINTR = 4;
    /// Input/output error.
    public static final int EIO = 5;
    /// No such device or address.
    public static final int ENXIO = 6;
    /// Bad file descriptor.
    public static final int EBADF = 9;
    /// Resource temporarily unavailable.
    public static final int EAGAIN = 11;
    /// Cannot allocate memory.
    public static final int ENOMEM = 12;
    /// Permission denied.
    public static final int EACCES = 13;
    /// Device or resource busy.
    public static final int EBUSY = 16;
    /// No such device.
    public static final int ENODEV = 19;
    /// Invalid argument.
    public static final int EINVAL = 22;
    /// Too many open files in the system.
    public static final int ENFILE = 23;
    /// Too many open files.
    public static final int EMFILE = 24;
    /// Inappropriate ioctl for the device.
    public static final int ENOTTY = 25;
    /// File descriptor in bad state.
    public static final int EBADFD = 77;
    /// Message too long.
    public static final int EMSGSIZE = 90;
    /// Protocol not available.
    public static final int ENOPROTOOPT = 92;
    /// Operation not supported.
    public static final int EOPNOTSUPP = 95;
    /// Address family not supported.
    public static final int EAFNOSUPPORT = 97;
    /// Network is down.
    public static final int ENETDOWN = 100;
    /// No buffer space available.
    public static final int ENOBUFS = 105;

    private static final Map<Integer, String> TEXTS = Map.ofEntries(
            Map.entry(EPERM, "EPERM, operation not permitted"),
            Map.entry(ENOENT, "ENOENT, no such file or directory"),
            Map.entry(EINTR, "EINTR, interrupted system call"),
            Map.entry(EIO, "EIO, input/output error"),
            Map.entry(ENXIO, "ENXIO, no such device or address"),
            Map.entry(EBADF, "EBADF, bad file descriptor"),
            Map.entry(EAGAIN, "EAGAIN, resource temporarily unavailable"),
            Map.entry(ENOMEM, "ENOMEM, cannot allocate memory"),
            Map.entry(EACCES, "EACCES, permission denied"),
            Map.entry(EBUSY, "EBUSY, device or resource busy"),
            Map.entry(ENODEV, "ENODEV, no such device"),
            Map.entry(EINVAL, "EINVAL, invalid argument"),
            Map.entry(ENFILE, "ENFILE, too many open files in system"),
            Map.entry(EMFILE, "EMFILE, too many open files"),
            Map.entry(ENOTTY, "ENOTTY, inappropriate ioctl for device"),
            Map.entry(EBADFD, "EBADFD, file descriptor in bad state"),
            Map.entry(EMSGSIZE, "EMSGSIZE, message too long"),
            Map.entry(ENOPROTOOPT, "ENOPROTOOPT, protocol not available"),
            Map.entry(EAFNOSUPPORT, "EAFNOSUPPORT, address family not supported"),
            Map.entry(ENETDOWN, "ENETDOWN, network is down"),
            Map.entry(EOPNOTSUPP, "EOPNOTSUPP, operation not supported"),
            Map.entry(ENOBUFS, "ENOBUFS, no buffer space available"));

    private Errno() {
    }

    /// The number's name and meaning.
    public static String text(int errno) {
        return TEXTS.getOrDefault(errno, "errno " + errno);
    }
}
