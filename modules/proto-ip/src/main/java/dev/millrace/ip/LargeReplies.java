package dev.millrace.ip;

import dev.millrace.wire.IpAddress;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// To whom echo replies went that may have been too large for a router: those about whom a router's message can be true. A
/// stranger who has not been answered cannot narrow the stack's paths to anybody.
///
/// Small and forgetful: another destination may take a place. Any thread may call any method.
final class LargeReplies {
    /// What every router takes (RFC 791 §3.2, RFC 8200 §5).
    private static final int ALWAYS_FITS_V4 = 68;
    private static final int PLACES = 64;

    private volatile AtomicReferenceArray<IpAddress> places;

    /// Notes that a reply leaves.
    ///
    /// @param length of the IP packet, in bytes
    void note(IpAddress destination, int length) {
        if (length > (destination.isV4() ? ALWAYS_FITS_V4 : Icmpv6.MIN_MTU)) {
            AtomicReferenceArray<IpAddress> p = places;
            if (p == null) {
                // If two threads do this at once, one destination is forgotten.
                p = new AtomicReferenceArray<>(PLACES);
                places = p;
            }
            p.setRelease(place(destination), destination);
        }
    }

    boolean mayConcern(IpAddress destination) {
        AtomicReferenceArray<IpAddress> p = places;
        return p != null && destination.equals(p.getAcquire(place(destination)));
    }

    private static int place(IpAddress a) {
        return (int) ((a.hi() * 0x9e37_79b9_7f4a_7c15L ^ a.lo()) * 0x9e37_79b9_7f4a_7c15L >>> 58) & PLACES - 1;
    }
}
