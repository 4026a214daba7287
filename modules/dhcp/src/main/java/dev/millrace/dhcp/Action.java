package dev.millrace.dhcp;

import dev.millrace.wire.IpAddress;

/// What a [DhcpClient] wants done, in this order.
sealed interface Action {
    /// Send a message.
    ///
    /// @param bytes the message
    /// @param from the address to send it from, or `null` while there is none
    /// @param to the server, or `null` for all
    /// @param isNear whether the server is on the client's network
    record Send(byte[] bytes, IpAddress from, IpAddress to, boolean isNear) implements Action {
    }

    /// Ask whether another station has this address, and say what came of it ([DhcpClient#probed]).
    record Probe(IpAddress address) implements Action {
    }

    /// Use these terms, instead of others that are in use.
    ///
    /// @param terms what was granted
    /// @param beganNs when the lease began
    record Use(Terms terms, long beganNs) implements Action {
    }

    /// Use the address no longer, nor what came with it.
    ///
    /// @param why in words
    record End(String why) implements Action {
    }

    /// Something is worth a line in the log.
    record Note(String text) implements Action {
    }
}
