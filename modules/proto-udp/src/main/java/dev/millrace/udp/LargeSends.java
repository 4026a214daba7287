package dev.millrace.udp;

import dev.millrace.wire.IpAddress;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// To whom a socket has sent datagrams that may have been too large for a router: those about whom a router's message can
/// be true. A datagram carries no secret by which a quotation of it could be checked (RFC 5927 §7 has TCP's sequence
/// numbers), and whoever knows a port could otherwise narrow the stack's paths to all hosts.
///
/// Small and forgetful: another destination may take a place, until more is sent to the first one. Nothing is kept for a
/// socket whose datagrams are all small. Any thread may call any method; noting allocates nothing but the first time.
final class LargeSends {
    /// What every router takes (RFC 791 §3.2, RFC 8200 §5).
    private static final int ALWAYS_FITS_V4 = 68;
    private static final int ALWAYS_FITS_V6 = 1280;
    private static final int PLACES = 1024;

    private volatile AtomicReferenceArray<IpAddress> places;

    /// Notes that a packet leaves.
    ///
    /// @param length of the IP packet, in bytes
    void note(IpAddress destination, int length) {
        if (length > (destination.isV4() ? ALWAYS_FITS_V4 : ALWAYS_FITS_V6)) {
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
        long h = (a.hi() * 0x9E3779B97F4A7C15L ^ a.lo()) * 0x9E3779B97F4A7C15L;
        return (int) (h >>> 32) & PLACES - 1;
    }
}
