package dev.millrace.link.packet;

import dev.millrace.ErrorCode;
import java.io.IOException;

/// A packet socket could not be opened on an interface. The message names the interface, the system call and its errno,
/// and says what to do where there is something to do.
public final class PacketException extends IOException implements ErrorCode.Coded {
    private static final long serialVersionUID = 1;

    private final String device;
    private final String systemCall;
    private final int errno;

    PacketException(String device, String systemCall, int errno, String message) {
        super(message);
        this.device = device;
        this.systemCall = systemCall;
        this.errno = errno;
    }

    /// The interface.
    public String device() {
        return device;
    }

    /// The system call that failed, such as `bind(AF_PACKET)`.
    public String systemCall() {
        return systemCall;
    }

    /// The kernel's error number, such as 1 for `EPERM`; 0 if no call failed, but what it said cannot be used.
    public int errno() {
        return errno;
    }

    @Override
    public ErrorCode code() {
        return ErrorCode.LINK_FAILED;
    }
}
