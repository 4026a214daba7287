package dev.millrace.linux;

import java.io.IOException;

/// Makes the exceptions of a driver for what fails here, with the driver's advice.
public interface CallFailures {
    /// A call failed.
    ///
    /// @param call such as `ioctl(SIOCGIFMTU)`
    /// @param device the interface, or an empty string if it has no name yet
    IOException of(String call, String device, int errno);

    /// The interface is down and may not be set up.
    IOException down(String device, int errno);

    /// The MTU may not be changed.
    ///
    /// @param own what it is, in bytes
    /// @param wanted what it was to be, in bytes
    IOException mtu(String device, int own, int wanted, int errno);
}
