package dev.millrace.internet;

import dev.millrace.wire.buffer.Packet;
import java.util.List;

/// What a box decided about a packet. A box takes the packet that it is given and hands it back here, rewritten where it
/// had to be: [#packet()] is the caller's, whatever the verdict. It may be a copy of the one that came, which then is
/// released; use only this one. What a verdict holds beside it (pieces, a reply) is the caller's, too.
sealed interface Verdict {
    /// The packet: to be sent on, or to be shown to a trace and released.
    Packet packet();

    /// It goes on, to the other side.
    record Forward(Packet packet) implements Verdict {
    }

    /// It goes back to the side that it came from, to another host there (RFC 4787 §6).
    record Hairpin(Packet packet) implements Verdict {
    }

    /// It is for the box itself, which may answer it: an echo request to a NAT's own address. Nothing was rewritten.
    record Local(Packet packet) implements Verdict {
    }

    /// It goes on in pieces, in this order. The packet that they were cut from is to be released.
    record Pieces(Packet packet, List<Packet> pieces) implements Verdict {
    }

    /// It ends here.
    ///
    /// @param detail what else is known, such as the firewall's rule; empty if nothing
    record Drop(Packet packet, BoxDrop reason, String detail) implements Verdict {
        /// A drop of which no more is to be said.
        Drop(Packet packet, BoxDrop reason) {
            this(packet, reason, "");
        }

        /// The reason in one line.
        String text() {
            return Verdict.text(reason, detail);
        }
    }

    /// It ends here, and its sender is told by a packet that goes back where this one came from.
    ///
    /// @param reply a whole IP packet, checksums done
    /// @param detail what else is known, such as the firewall's rule; empty if nothing
    record Reply(Packet packet, Packet reply, BoxDrop reason, String detail) implements Verdict {
        /// The reason in one line.
        String text() {
            return Verdict.text(reason, detail);
        }
    }

    /// A drop, with an answer if there is one.
    static Verdict end(Packet packet, Packet replyOrNull, BoxDrop reason, String detail) {
        return replyOrNull == null ? new Drop(packet, reason, detail) : new Reply(packet, replyOrNull, reason, detail);
    }

    private static String text(BoxDrop reason, String detail) {
        return detail.isEmpty() ? reason.text() : reason.text() + ": " + detail;
    }
}
