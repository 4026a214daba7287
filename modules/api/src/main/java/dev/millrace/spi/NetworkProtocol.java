package dev.millrace.spi;

import dev.millrace.wire.buffer.Packet;
import java.util.Optional;

/// A network-layer protocol in one stack: what takes the packets of an EtherType. Those that carry transport protocols are
/// [InternetProtocol]s. Any thread may call any method.
public interface NetworkProtocol extends AutoCloseable {
    /// Takes a packet that came in, starting behind its link-layer header, and owns it from then on.
    void receive(NicPort nic, Packet packet);

    /// What programs or other plug-ins use, if this protocol offers it: see [dev.millrace.Stack#service] and
    /// [StackContext#service].
    default <T> Optional<T> service(Class<T> type) {
        return Optional.empty();
    }

    /// As [TransportProtocol#drain], and after it: for packets that wait here, as for a neighbour's answer.
    default void drain(long deadlineNs) {
    }

    /// Gives up timers, memory and packets.
    @Override
    void close();
}
