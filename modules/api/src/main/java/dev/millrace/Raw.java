package dev.millrace;

import java.io.IOException;

/// Raw sockets of a stack: for programs that speak protocols which it does not, or want to see what it sees.
/// `stack.raw()`. Any thread may call any method.
public interface Raw {
    /// A socket for one protocol above IP. It gets copies of the packets of that protocol that come to the stack and pass
    /// IP's checks (for ICMP also that of its checksum), whether the stack itself has a use for them or not.
    ///
    /// @param version 4 or 6
    /// @param protocol the number in the IP header, 0 to 255, such as 1 for ICMP or 58 for ICMPv6
    /// @throws UnsupportedOperationException if the stack does not run that version
    /// @throws java.nio.channels.ClosedChannelException if the stack is closed
    RawSocket ip(int version, int protocol) throws IOException;

    /// A socket for whole frames of a NIC, in both directions; on links without Ethernet headers, for IP packets. What it
    /// gets are copies, made before the stack looks at them or the link does; super-segments come whole.
    ///
    /// @param nic the NIC's name
    /// @throws IllegalArgumentException if there is no such NIC
    /// @throws java.nio.channels.ClosedChannelException if the stack is closed
    FrameSocket frames(String nic) throws IOException;
}
