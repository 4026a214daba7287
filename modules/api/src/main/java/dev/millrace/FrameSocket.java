package dev.millrace;

import dev.millrace.spi.Link;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Predicate;

/// A packet socket on a NIC; see [Raw#frames].
public interface FrameSocket extends RawReceiver<FrameSocket.Frame> {
    /// A frame that passed.
    ///
    /// @param outbound whether the stack sent it
    /// @param epochNanos when, in nanoseconds since 1970-01-01T00:00Z
    /// @param length the bytes that it had
    /// @param bytes its first bytes, all of them unless [#setSnapLength] says less: from the Ethernet header on, or on links
    ///     without from the IP header on
    record Frame(boolean outbound, long epochNanos, int length, byte[] bytes) {
    }

    /// What frames begin with.
    Link.Medium medium();

    /// Sends what remains in `frame` as it is; on Ethernet it begins with a header, whose addresses are the program's own.
    ///
    /// @throws java.net.SocketException `Message too long` if it carries more than the NIC's MTU, or is shorter than its
    ///     header; `Network is down`
    void send(ByteBuffer frame) throws IOException;

    /// Receives only frames of this EtherType, behind a VLAN tag or not; 0 for all. On links without Ethernet headers
    /// 0x0800 is IPv4, 0x86dd IPv6, and others are none.
    void setEtherType(int etherType);

    /// Receives only what `filter` lets through; `null` for all. It is called by whoever delivers or sends packets, several
    /// threads at once, with what would be received, and must be quick; what it throws is counted (`failures`), and
    /// the frame left out.
    void setFilter(Predicate<? super Frame> filter);

    /// Keeps no more than the first so many bytes of each frame, at least 64; 0 for all.
    void setSnapLength(int bytes);
}
