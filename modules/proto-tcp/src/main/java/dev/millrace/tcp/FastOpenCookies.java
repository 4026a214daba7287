package dev.millrace.tcp;

import dev.millrace.wire.FastOpenCookie;
import dev.millrace.wire.IpAddress;
import dev.millrace.wire.TcpOptionReader;

/// The cookies that this stack gives its clients (RFC 7413 §4.1.2): a keyed hash over both addresses, which nobody else can
/// make, and which proves that whoever brings it has once received something at its address. Nothing is kept of a client.
///
/// The period of time goes into the hash, which is as good as another key for each; cookies of the one before are still
/// valid, so that one lasts for one to two periods. The key is not that of sequence numbers: what one hash shows tells nothing of
/// the other. Any thread may ask.
final class FastOpenCookies {
    /// What a cookie is worth.
    enum Worth {
        /// Nothing: it is not one of ours, too old, or another client's.
        NONE,
        /// It is valid, and will not be for long.
        OLD,
        /// It is valid.
        GOOD
    }

    /// "fastopen" in ASCII, and what follows from it.
    private static final long PURPOSE = 0x666173746f70656eL;

    private final SipHash hash;
    private final long periodNs;

    /// @param root keyed with the stack's secret
    /// @param periodNs for how long a key makes cookies
    FastOpenCookies(SipHash root, long periodNs) {
        hash = root.derive(PURPOSE);
        this.periodNs = periodNs;
    }

    private long period(long nowNs) {
        return Math.floorDiv(nowNs, periodNs);
    }

    private long bytes(IpAddress local, IpAddress remote, long period) {
        return hash.hash(local.hi(), local.lo(), remote.hi(), remote.lo(), period, 0);
    }

    /// The cookie for a client.
    FastOpenCookie of(IpAddress local, IpAddress remote, long nowNs) {
        return FastOpenCookie.of(bytes(local, remote, period(nowNs)));
    }

    /// What the cookie of a SYN with these options is worth.
    Worth worth(IpAddress local, IpAddress remote, TcpOptionReader options, long nowNs) {
        long period = period(nowNs);
        if (options.isFastOpen(bytes(local, remote, period))) {
            return Worth.GOOD;
        }
        return options.isFastOpen(bytes(local, remote, period - 1)) ? Worth.OLD : Worth.NONE;
    }
}
