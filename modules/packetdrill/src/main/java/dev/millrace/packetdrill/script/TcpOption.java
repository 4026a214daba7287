package dev.millrace.packetdrill.script;

import java.util.List;

/// One option of a TCP header as a script says it.
public sealed interface TcpOption {
    /// `nop`.
    record Nop() implements TcpOption {
    }

    /// `eol`.
    record End() implements TcpOption {
    }

    /// `mss`.
    record Mss(int value) implements TcpOption {
    }

    /// `wscale`.
    record WindowScale(int shift) implements TcpOption {
    }

    /// `sackOK`.
    record SackPermitted() implements TcpOption {
    }

    /// `sack` and its blocks, from and to by turns.
    record Sack(List<Integer> edges) implements TcpOption {
        /// Copies the list.
        public Sack {
            edges = List.copyOf(edges);
        }
    }

    /// `TS`.
    record Timestamps(int value, int echo) implements TcpOption {
    }

    /// An option of a kind that has its bytes in the script: `FO`, `FOEXP`, `md5`, `ECN`.
    ///
    /// @param kind its number
    /// @param data its bytes behind kind and length, in hexadecimal digits
    record Bytes(int kind, String data) implements TcpOption {
    }
}
