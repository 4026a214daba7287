package dev.millrace.spi;

import dev.millrace.wire.IpAddress;
import java.util.concurrent.atomic.AtomicReferenceArray;

/// To whom packets have gone that may have been too large for a router: those about whom a router's message can be true
/// ([Path#packetTooBig]). For protocols whose packets carry no secret by which a quotation of one could be checked (RFC 5927 §7
/// has TCP's sequence numbers): whoever knows a port, or nothing at all, could otherwise narrow the stack's paths to all hosts.
///
/// Small and forgetful: another destination may take a place, until more is sent to the first one. Nothing is kept while all
/// packets are small. Any thread may call any method; noting allocates nothing but the first time.
public final class LargePackets {
    /// What every router takes (RFC 791 §3.2, RFC 8200 §5).
    private static final int ALWAYS_FITS_V4 = 68;
    private static final int ALWAYS_FITS_V6 = 1280;

    private final int size;
    private volatile AtomicReferenceArray<IpAddress> places;

    /// With nothing noted.
    ///
    /// @param places how many destinations are remembered at most, a power of two
    public LargePackets(int places) {
        if (Integer.bitCount(places) != 1) {
            throw new IllegalArgumentException(places + " is no power of two");
        }
        size = places;
    }

    /// Notes that a packet leaves.
    ///
    /// @param length of the IP packet, in bytes
    public void note(IpAddress destination, int length) {
        if (length > (destination.isV4() ? ALWAYS_FITS_V4 : ALWAYS_FITS_V6)) {
            AtomicReferenceArray<IpAddress> p = places;
            if (p == null) {
                // If two threads do this at once, one destination is forgotten.
                p = new AtomicReferenceArray<>(size);
                places = p;
            }
            p.setRelease(place(destination), destination);
        }
    }

    /// Whether a message that a packet to this destination was too big may be true.
    public boolean mayConcern(IpAddress destination) {
        AtomicReferenceArray<IpAddress> p = places;
        return p != null && destination.equals(p.getAcquire(place(destination)));
    }

    private int place(IpAddress a) {
        long h = (a.hi() * 0x9E3779B97F4A7C15L ^ a.lo()) * 0x9E3779B97F4A7C15L;
        return (int) (h >>> 32) & size - 1;
    }
}
