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
        /// Whether it is TCP Fast Open's, and not that of the experiment before it.
        public boolean isFastOpen() {
            return kind == TcpOptionParser.KIND_FAST_OPEN;
        }

        /// What the option is for.
        public String name() {
            return switch (kind) {
                case TcpOptionParser.KIND_FAST_OPEN -> "TCP Fast Open (RFC 7413)";
                case TcpOptionParser.KIND_EXPERIMENT -> "experiment of TCP Fast Open (RFC 7413 has another number)";
                case TcpOptionParser.KIND_MD5 -> "TCP-MD5 (RFC 2385)";
                case TcpOptionParser.KIND_ACCURATE_ECN_0, TcpOptionParser.KIND_ACCURATE_ECN_1 -> "Accurate ECN (RFC 9768)";
                default -> "option of kind " + kind;
            };
        }
    }
}
