package dev.millrace;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/// Who knows the addresses of hosts. Any thread may ask, and several at once.
@FunctionalInterface
public interface Names {
    /// The addresses of a host, the best one first; an address as text is its own answer. May block.
    ///
    /// @throws java.net.UnknownHostException if there is none; the message says why
    /// @throws IOException if nobody could be asked
    List<InetAddress> addresses(String host) throws IOException;
}
