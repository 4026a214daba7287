package dev.millrace.spi;

import dev.millrace.DropReason;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;

/// What carries packets between a NIC and the world. It assumes no descriptor and no operating system.
public interface Link extends AutoCloseable {
    /// What its packets start with.
    enum Medium {
        /// An IPv4 or IPv6 header.
        IP,
        /// An Ethernet II header.
        ETHERNET
    }

    /// What packets start with.
    Medium medium();

    /// The largest network-layer packet it carries, in bytes.
    int mtu();

    /// Whether what is transmitted comes back to the same stack, so that a NIC answers for the whole of its networks.
    default boolean isLoopback() {
        return false;
    }

    /// Whether checksums of packets it delivers need not be verified because they never left the process, or because
    /// the device has verified them; and whether transport checksums of packets that it is given may be left undone
    /// ([Packet.Checksumming#WANTED]).
    default boolean vouchesForChecksums() {
        return false;
    }

    /// Whether it completes transport checksums of what it is given, once the field holds the sum of the pseudo header
    /// ([Packet.Checksumming#PARTIAL]).
    default boolean completesChecksums() {
        return maxSuperSegment() > 0;
    }

    /// The largest super-segment, headers of the network layer included, in bytes, that it accepts to transmit and cuts
    /// itself, or 0 for none.
    default int maxSuperSegment() {
        return 0;
    }

    /// Begins delivering to `sink`; called once.
    void attach(Sink sink);

    /// Sends all packets, which become the link's, and empties the list. Never blocks: what cannot be sent is dropped
    /// through [Sink#drop]. Any thread may call it, several at once; no lock is held by the caller.
    ///
    /// If it throws, the NIC counts that and goes on; of the packets only those still in the list are the NIC's again.
    void transmit(PacketList packets);

    /// Stops delivering, ends and joins what the link started. No delivery begins after it has returned. Further calls
    /// do nothing.
    @Override
    void close();

    /// The address of the station that this link is, in the low 48 bits (the first byte on the wire is the highest); 0 where
    /// there is none: on media without such addresses, and where the NIC is to take one of its own.
    default long hardwareAddress() {
        return 0;
    }

    /// The NIC's side of a link. Any thread may call any method.
    interface Sink {
        /// The stack whose NIC this is: its clock, timers and chance are a link's, too.
        ///
        /// @throws IllegalStateException if the link is used without a stack
        default StackContext stack() {
            throw new IllegalStateException("this link is used without a stack");
        }

        /// Delivers received packets, which become the NIC's, and empties the list. All of one call are processed before
        /// acknowledgements and wake-ups go out. On a thread that is already delivering, the call only queues.
        void deliver(PacketList packets);

        /// Counts and releases a packet that could not be sent or received.
        void drop(Packet packet, DropReason reason);

        /// The link is gone or has come back.
        ///
        /// @param up whether it carries packets
        /// @param reason what happened, for the log and for errors
        void stateChanged(boolean up, String reason);

        /// The link is gone, and will not come back.
        ///
        /// @param reason as for [#stateChanged]
        default void removed(String reason) {
            stateChanged(false, reason);
        }

        /// The device's MTU has changed while the link was open. Connections on it adapt.
        ///
        /// @param mtu the new one, in bytes of a network-layer packet
        void mtuChanged(int mtu);
    }
}
