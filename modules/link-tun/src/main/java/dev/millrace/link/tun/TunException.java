package dev.millrace.link.tun;

import dev.millrace.ErrorCode;
import java.io.IOException;

/// A system call on a TUN or TAP device failed. The message names the device, the call and its errno, and says what to
/// do where there is something to do.
public final class TunException extends IOException implements ErrorCode.Coded {
    private static final long serialVersionUID = 1;

    private final String device;
    private final String systemCall;
    private final int errno;

    TunException(String device, String systemCall, int errno, String message) {
        super(message);
        this.device = device;
        this.systemCall = systemCall;
        this.errno = errno;
    }

    /// The device, or an empty string if the kernel had not named it yet.
    public String device() {
        return device;
    }

    /// The system call that failed, such as `ioctl(TUNSETIFF)`.
    public String systemCall() {
        return systemCall;
    }

    /// The kernel's error number, such as 1 for `EPERM`; 0 if the call itself could not be made.
    public int errno() {
        return errno;
    }

    @Override
    public ErrorCode code() {
        return ErrorCode.LINK_FAILED;
    }
}
