package dev.millrace.cli.net;

import dev.millrace.RawSocket;
import dev.millrace.Stack;
import dev.millrace.wire.BigEndian;
import dev.millrace.wire.IcmpHeader;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.IpProtocol;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.Ipv6Extensions;
import dev.millrace.wire.Ipv6Header;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.time.Duration;

/// Finds the routers on the way to a host: sends probes with few hops to live, and hears who lets them die (RFC 1393 tells of
/// the trick). Answers are taken where packets are delivered, so that no thread's turn is part of a time.
final class Tracer implements AutoCloseable {
    /// What came back for a probe.
    ///
    /// @param from who answered
    /// @param ns nanoseconds since it was sent
    /// @param mark what else is to be said, such as `!H`; empty if nothing
    /// @param arrived whether the destination itself has it
    /// @param isEnd whether no probe will get further
    record Answer(IpAddress from, long ns, String mark, boolean arrived, boolean isEnd) {
    }

    private static final int MAX_PROBES = 1024;

    private final TraceProbe probe;
    private final RawSocket sender;
    private final RawSocket errors;
    private final long[] sentNs = new long[MAX_PROBES];
    private final Answer[] answers = new Answer[MAX_PROBES];
    private volatile boolean ended;

    Tracer(Stack stack, TraceProbe probe) throws IOException {
        this.probe = probe;
        int version = probe.local().version();
        sender = stack.raw().ip(version, probe.protocol());
        try {
            errors = stack.raw().ip(version, version == 4 ? IpProtocol.ICMP : IpProtocol.ICMPV6);
        } catch (Throwable t) {
            sender.close();
            throw t;
        }
        sender.setFilter(r -> {
            onPacket(r);
            return false;
        });
        errors.setFilter(r -> {
            onIcmp(r);
            return false;
        });
    }

    /// Sends the probes of one hop and waits for their answers; `null` stands for those that did not come.
    Answer[] hop(int ttl, int probes, Duration patience) throws IOException, InterruptedException {
        int first = (ttl - 1) * probes;
        for (int n = first; n < first + probes; n++) {
            byte[] bytes = probe.bytes(n);
            synchronized (this) {
                sentNs[n] = System.nanoTime();
            }
            sender.send(ByteBuffer.wrap(bytes), probe.remote().toInetAddress(),
                    RawSocket.Sending.DEFAULT.hopLimit(ttl).source(probe.local().toInetAddress()));
        }
        var found = new Answer[probes];
        long until = System.nanoTime() + patience.toNanos();
        synchronized (this) {
            while (!ended && !complete(first, probes)) {
                long left = until - System.nanoTime();
                if (left <= 0) {
                    break;
                }
                wait(Math.max(1, left / 1_000_000));
            }
            System.arraycopy(answers, first, found, 0, probes);
        }
        return found;
    }

    private boolean complete(int first, int probes) {
        for (int n = first; n < first + probes; n++) {
            if (answers[n] == null) {
                return false;
            }
        }
        return true;
    }

    private synchronized void answer(int n, IpAddress from, String mark, boolean arrived, boolean isEnd) {
        if (n >= 0 && n < MAX_PROBES && sentNs[n] != 0 && answers[n] == null) {
            answers[n] = new Answer(from, System.nanoTime() - sentNs[n], mark, arrived, isEnd);
            notifyAll();
        }
    }

    private void onPacket(RawSocket.Received r) {
        IpAddress from = IpAddress.of(r.source());
        if (from.equals(probe.remote())) {
            answer(probe.answered(r.bytes()), from, "", true, true);
        }
    }

    private void onIcmp(RawSocket.Received r) {
        byte[] b = r.bytes();
        if (b.length < IcmpHeader.LENGTH + 8) {
            return;
        }
        MemorySegment m = MemorySegment.ofArray(b);
        int type = IcmpHeader.type(m, 0);
        int code = IcmpHeader.code(m, 0);
        boolean v4 = probe.local().isV4();
        boolean exceeded = type == (v4 ? IcmpHeader.V4_TIME_EXCEEDED : IcmpHeader.V6_TIME_EXCEEDED);
        boolean unreachable = type == (v4 ? IcmpHeader.V4_DESTINATION_UNREACHABLE : IcmpHeader.V6_DESTINATION_UNREACHABLE);
        boolean tooBig = !v4 && type == IcmpHeader.V6_PACKET_TOO_BIG;
        if (!exceeded && !unreachable && !tooBig) {
            return;
        }
        int at = v4 ? quoteV4(m, b.length) : quoteV6(m, b.length);
        if (at < 0) {
            return;
        }
        IpAddress from = IpAddress.of(r.source());
        boolean port = unreachable && code == (v4 ? 3 : 4);
        boolean arrived = port && from.equals(probe.remote());
        String mark = exceeded || arrived ? "" : tooBig ? "!F" : v4 ? markV4(code) : markV6(code);
        answer(probe.quoted(b, at), from, mark, arrived, !exceeded);
    }

    /// Where the quoted transport header begins, if the packet was to our destination; else -1.
    private int quoteV4(MemorySegment m, int length) {
        int at = IcmpHeader.LENGTH;
        if (length - at < Ipv4Header.MIN_LENGTH + 8 || Ipv4Header.protocol(m, at) != probe.protocol()
                || Ipv4Header.destination(m, at) != probe.remote().v4Bits()) {
            return -1;
        }
        return at + Ipv4Header.headerLength(m, at);
    }

    private int quoteV6(MemorySegment m, int length) {
        int at = IcmpHeader.LENGTH;
        if (length - at < Ipv6Header.LENGTH + 8 || Ipv6Header.destinationHi(m, at) != probe.remote().hi()
                || Ipv6Header.destinationLo(m, at) != probe.remote().lo() || BigEndian.u8(m, at) >>> 4 != 6) {
            return -1;
        }
        long found = Ipv6Extensions.skip(m, at, length - at);
        return Ipv6Extensions.verdict(found) == Ipv6Extensions.TRANSPORT
                && Ipv6Extensions.protocol(found) == probe.protocol() ? at + Ipv6Extensions.offset(found) : -1;
    }

    /// As traceroute(8) marks them.
    private static String markV4(int code) {
        return switch (code) {
            case 0 -> "!N";
            case 1 -> "!H";
            case 2 -> "!P";
            case 3 -> "!port";
            case 4 -> "!F";
            case 9, 10, 13 -> "!X";
            default -> "!<" + code + ">";
        };
    }

    private static String markV6(int code) {
        return switch (code) {
            case 0 -> "!N";
            case 1 -> "!X";
            case 3 -> "!H";
            case 4 -> "!port";
            default -> "!<" + code + ">";
        };
    }

    /// Whoever waits goes on with what there is.
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    boolean isEnded() {
        return ended;
    }

    @Override
    public void close() {
        end();
        sender.close();
        errors.close();
    }
}
