package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork;
import dev.millrace.wire.buffer.Packet;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/// Tells in lines of text what happens in a network, with the time in seconds since its beginning.
final class NetworkLog implements NetworkObserver {
    private final Clockwork clockwork;
    private final Consumer<String> lines;
    /// Of the bytes of packets, if lines are to differ where only those do; else `null`.
    private final CRC32 contents;

    /// @param contents whether each line of a packet ends with a checksum over its bytes
    NetworkLog(Clockwork clockwork, Consumer<String> lines, boolean contents) {
        this.clockwork = clockwork;
        this.lines = lines;
        this.contents = contents ? new CRC32() : null;
    }

    private void line(String text) {
        long now = clockwork.nowNs();
        lines.accept(String.format(Locale.ROOT, "%d.%09d %s", now / 1_000_000_000, now % 1_000_000_000, text));
    }

    private String text(Packet packet, boolean frame, Node from, Node to) {
        String text = new PacketView(packet, frame, from, to).toString();
        if (contents == null) {
            return text;
        }
        PacketBytes.complete(packet);
        contents.reset();
        contents.update(packet.toBytes());
        return text + String.format(Locale.ROOT, " crc %08x", contents.getValue());
    }

    @Override
    public void left(Node from, Packet packet, boolean frame, String remark) {
        line(from + " sends " + text(packet, frame, from, null) + (remark == null ? "" : " - " + remark));
    }

    @Override
    public void arrived(Node at, Packet packet, boolean frame) {
        line(at + " gets " + text(packet, frame, null, at));
    }

    @Override
    public void lost(Node at, Packet packet, boolean frame, String remark) {
        line(at + " loses " + text(packet, frame, at, null) + " - " + remark);
    }

    @Override
    public void note(String what) {
        line(what);
    }

    @Override
    public void host(Host host) {
        line(host + " has " + host.stations().stream().flatMap(s -> s.cidrs().stream()).toList());
    }
}
