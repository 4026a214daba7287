package dev.millrace.stack;

import dev.millrace.DropReason;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.buffer.Packet;

/// Tells Java Flight Recorder of packets that are let go, if there is one and it wants to know.
final class DropRecorder {
    private static final boolean PRESENT = isPresent();

    private DropRecorder() {
    }

    private static boolean isPresent() {
        try {
            Class.forName("jdk.jfr.Event", false, DropRecorder.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError _) {
            return false;
        }
    }

    /// Does not throw: who drops is in the middle of something.
    ///
    /// @param packet what is dropped, or `null` if it never became a packet
    static void onDrop(String stack, Packet packet, DropReason reason) {
        if (PRESENT) {
            Events.onDrop(stack, packet, reason);
        }
    }

    /// All that knows the recorder: not loaded without it.
    private static final class Events {
        /// Only asked whether anybody wants its kind.
        private static final DropEvent ANY = new DropEvent();

        private Events() {
        }

        static void onDrop(String stack, Packet packet, DropReason reason) {
            if (!ANY.isEnabled()) {
                return;
            }
            try {
                var event = new DropEvent();
                if (event.shouldCommit()) {
                    event.stack = stack;
                    event.reason = reason.name();
                    if (packet != null) {
                        event.source = name(packet.sourceHi(), packet.sourceLo());
                        event.destination = name(packet.destinationHi(), packet.destinationLo());
                        event.size = packet.length();
                    }
                    event.commit();
                }
            } catch (Throwable _) {
                // No memory for a record of it; the counter has it.
            }
        }

        /// A packet whose IP header nobody has read has no addresses yet.
        private static String name(long hi, long lo) {
            return (hi | lo) == 0 ? null : new IpAddress(hi, lo).toString();
        }
    }
}
