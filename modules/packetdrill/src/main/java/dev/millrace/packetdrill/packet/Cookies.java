package dev.millrace.packetdrill.packet;

import dev.millrace.packetdrill.script.TcpOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Cookies of TCP Fast Open (RFC 7413) that the stack gives: what they are is its own to choose, so a cookie of the script stands for
/// the one that came where it was expected first. Those of the peer are the script's.
public final class Cookies {
    /// The stack's by those of the script, in hexadecimal digits.
    private final Map<String, String> live = new HashMap<>();

    /// Whether the stack may give this cookie where the script has that one: as long, and the same as before.
    boolean isGiven(String script, String given) {
        return script.length() == given.length() && given.equals(live.computeIfAbsent(script, _ -> given))
                && live.entrySet().stream().noneMatch(e -> e.getValue().equals(given) && !e.getKey().equals(script));
    }

    /// The options of a packet to the stack, with its own cookies for those of the script. One that it never gave stays as it is.
    public List<TcpOption> toLive(List<TcpOption> options) {
        return options == null ? null : options.stream().map(o -> o instanceof TcpOption.Bytes b && b.isFastOpen()
                ? new TcpOption.Bytes(b.kind(), live.getOrDefault(b.data(), b.data())) : o).toList();
    }
}
