package dev.millrace.tcp;

import dev.millrace.tcp.engine.Segment;
import dev.millrace.tcp.engine.SynFacts;
import dev.millrace.wire.IpAddress;

/// SYN cookies (RFC 4987 §3.6): initial sequence numbers that carry what a listener would else have to remember of a SYN.
///
/// Of a cookie's 32 bits the upper 28 are a keyed hash over the addresses, ports, the peer's initial sequence number, the
/// time in steps of 64 s, and the lower four; those hold an index of the peer's MSS and whether the step is even. Window
/// scale and SACK travel in the lowest bits of the timestamp that the peer echoes; a peer without timestamps is not offered
/// them, as with the kernels that people know. A cookie is good for one to two steps.
final class SynCookies {
    private static final long STEP_NS = 64_000_000_000L;
    /// How long after the last cookie one may come back.
    static final long LIFETIME_NS = 2 * STEP_NS;
    /// The MSS that the index names: the largest that is not above what the peer announced.
    private static final int[] MSS = {48, 536, 1220, 1300, 1380, 1440, 1460, 8940};
    private static final int OPTION_BITS = 5;
    private static final int OPTION_MASK = (1 << OPTION_BITS) - 1;
    private static final int NO_SCALE = 15;
    private static final int SACK = 16;
    private static final int MAX_SHIFT = 14;
    private static final int LOW = 0xf;

    private final SipHash hash;

    SynCookies(SipHash hash) {
        this.hash = hash;
    }

    /// The initial sequence number that stands for this SYN.
    int encode(IpAddress local, int localPort, IpAddress remote, int remotePort, SynFacts syn, long nowNs) {
        // RFC 9293 MUST-15: what holds for a SYN without the option; IPv6's minimum is what the table has next below.
        int announced = syn.mss() > 0 ? syn.mss() : local.isV4() ? 536 : 1220;
        int index = MSS.length - 1;
        while (index > 0 && MSS[index] > announced) {
            index--;
        }
        long step = Math.floorDiv(nowNs, STEP_NS);
        int low = index << 1 | (int) step & 1;
        return seal(local, localPort, remote, remotePort, syn.irs(), step, low);
    }

    private int seal(IpAddress local, int localPort, IpAddress remote, int remotePort, int irs, long step, int low) {
        long mac = mac(local, localPort, remote, remotePort, irs, step << 4 | low);
        int blind = (int) mac(local, localPort, remote, remotePort, irs, -1) & LOW;
        return (int) mac & ~LOW | low ^ blind;
    }

    private long mac(IpAddress local, int localPort, IpAddress remote, int remotePort, int irs, long what) {
        return hash.hash(local.hi(), local.lo(), remote.hi(), remote.lo(),
                (long) localPort << 48 | (long) remotePort << 32 | irs & 0xffffffffL, ~what);
    }

    /// What of a SYN its cookie keeps, the MSS aside: without timestamps there is no place for options, and what is not kept
    /// must not be agreed on. A peer that was told of window scaling would go on scaling after we have forgotten it.
    ///
    /// @param timestamps whether our side has them
    static SynFacts kept(SynFacts syn, boolean timestamps) {
        return timestamps && syn.timestamps() ? syn.withoutEcn()
                : new SynFacts(syn.irs(), syn.window(), syn.mss(), -1, false, false, 0);
    }

    /// The timestamp that carries the options: not after `now`, and the least that is to be changed of it.
    static int timestamp(int now, SynFacts syn) {
        int options = syn.windowScale() < 0 ? NO_SCALE : Math.min(MAX_SHIFT, syn.windowScale());
        options |= syn.sackPermitted() ? SACK : 0;
        int stamped = now & ~OPTION_MASK | options;
        return stamped - now > 0 ? stamped - OPTION_MASK - 1 : stamped;
    }

    /// What the SYN said that this ACK goes back to, or `null` if the ACK acknowledges no cookie that is still good.
    SynFacts decode(IpAddress local, int localPort, IpAddress remote, int remotePort, Segment seg, long nowNs) {
        int cookie = seg.ack - 1;
        int irs = seg.seq - 1;
        int low = (cookie ^ (int) mac(local, localPort, remote, remotePort, irs, -1)) & LOW;
        long step = Math.floorDiv(nowNs, STEP_NS);
        if (((int) step & 1) != (low & 1)) {
            step--;
        }
        if (seal(local, localPort, remote, remotePort, irs, step, low) != cookie) {
            return null;
        }
        boolean timestamps = seg.options.hasTimestamps();
        int options = timestamps ? seg.options.timestampEcho() & OPTION_MASK : NO_SCALE;
        int shift = options & NO_SCALE;
        return new SynFacts(irs, seg.wnd, MSS[low >> 1], shift == NO_SCALE ? -1 : shift,
                (options & SACK) != 0, timestamps, timestamps ? seg.options.timestampValue() : 0);
    }
}
