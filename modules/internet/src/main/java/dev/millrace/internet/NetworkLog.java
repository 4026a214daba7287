package dev.millrace.internet;

import dev.millrace.internet.time.Clockwork;
import dev.millrace.wire.buffer.Packet;
import java.util.Locale;
import java.util.function.Consumer;

/// Tells in lines of text what happens in a network, with the time in seconds since its beginning.
final class NetworkLog implements NetworkObserver {
    private final Clockwork clockwork;
    private final Consumer<String> lines;

    NetworkLog(Clockwork clockwork, Consumer<String> lines) {
        this.clockwork = clockwork;
        this.lines = lines;
    }

    private void line(String text) {
        long now = clockwork.nowNs();
        lines.accept(String.format(Locale.ROOT, "%d.%09d %s", now / 1_000_000_000, now % 1_000_000_000, text));
    }

    @Override
    public void left(Node from, Packet packet, boolean frame, String remark) {
        line(from + " sends " + new PacketView(packet, frame, from, null) + (remark == null ? "" : " - " + remark));
    }

    @Override
    public void arrived(Node at, Packet packet, boolean frame) {
        line(at + " gets " + new PacketView(packet, frame, null, at));
    }

    @Override
    public void lost(Node at, Packet packet, boolean frame, String remark) {
        line(at + " loses " + new PacketView(packet, frame, at, null) + " - " + remark);
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
