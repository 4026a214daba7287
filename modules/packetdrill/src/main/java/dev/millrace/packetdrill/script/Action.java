package dev.millrace.packetdrill.script;

import java.util.List;

/// What an event is.
public sealed interface Action {
    /// Where it begins.
    Position at();

    /// A packet.
    ///
    /// @param inbound whether the script sends it to the stack; else the stack is expected to send it
    /// @param outer headers in front of the packet, such as `gre`, by name
    /// @param ip what is said of the IP header
    /// @param body what is behind it
    record Packet(Position at, boolean inbound, List<String> outer, IpInfo ip, PacketBody body) implements Action {
        /// Copies the list.
        public Packet {
            outer = List.copyOf(outer);
        }
    }

    /// A system call.
    ///
    /// @param name such as `connect`
    /// @param arguments in order
    /// @param result what it shall return
    /// @param resultAt where that is
    /// @param errno the name of the error, such as `EAGAIN`, or an empty string
    record Call(Position at, String name, List<Expression> arguments, long result, Position resultAt, String errno) implements Action {
        /// Copies the list.
        public Call {
            arguments = List.copyOf(arguments);
        }
    }

    /// A command of a shell.
    record Command(Position at, String text) implements Action {
    }

    /// Python.
    record Code(Position at, String text) implements Action {
    }
}
