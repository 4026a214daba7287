package dev.millrace.tcp.engine;

/// Suspects that a path swallows what is large (RFC 4821 §7.7): after three timeouts in a row the first segment goes again
/// smaller, and smaller still with each that follows. Made with the third timeout.
///
/// Differs: RFC 4821 sends everything smaller from there on. An outage looks the same, and when it ends the small segment
/// arrives like any other would; all that was in flight would go in small pieces then, more of them than queues hold, and
/// the largest size be found anew. So what is behind the first goes in its own size, and the path is a black hole if that times
/// out twice where the small one arrived.
final class BlackHole {
    /// Bad luck of two large segments in a row, while a small one arrived, is rare where less than a tenth is lost; each more
    /// would cost those who are behind a black hole a second.
    private static final int TIMEOUTS = 2;

    /// What of the first segment is sent, in bytes of payload.
    private int piece;
    /// The piece has arrived, and SND.UNA was there then.
    private boolean arrived;
    private long arrivedTo;
    /// The size that did not arrive.
    private final int former;

    private BlackHole(int piece, int former) {
        this.piece = piece;
        this.former = former;
    }

    /// What a retransmission of the first segment is cut to, in bytes.
    static int limit(TcpConnection c) {
        return c.blackHole == null || c.blackHole.arrived ? Integer.MAX_VALUE : c.blackHole.piece;
    }

    /// The retransmission timer ran out, and the engine has done what follows from it.
    static void onTimeout(TcpConnection c) {
        if (c.settings.mtuProbing == MtuProbing.OFF) {
            return;
        }
        if (c.blackHole != null && c.blackHole.arrived) {
            if (c.retries >= TIMEOUTS && c.firstResent > c.blackHole.piece) {
                int size = c.blackHole.piece + SegmentWriter.options(c);
                c.blackHole = null;
                MtuProbe.onBlackHole(c, size);
            }
            return;
        }
        if (c.retries < Timeouts.R1) {
            return;
        }
        // A full-stop timeout, that is R1, and after it each one halves what does not arrive. That may be less than an MSS, if
        // the segment was cut when less was known to fit.
        int vanished = Math.min(MtuProbe.present(c), c.firstResent + SegmentWriter.options(c));
        int base = MtuProbe.base(c);
        int next = vanished > base ? base : c.retries > Timeouts.R1 ? Math.max(PathMtu.least(c), vanished / 2) : vanished;
        if (next < vanished) {
            if (c.blackHole == null) {
                c.blackHole = new BlackHole(next - SegmentWriter.options(c), vanished - SegmentWriter.options(c));
            }
            c.blackHole.piece = next - SegmentWriter.options(c);
        }
    }

    /// SND.UNA has moved.
    static void onProgress(TcpConnection c) {
        BlackHole b = c.blackHole;
        if (!b.arrived) {
            b.arrived = true;
            b.arrivedTo = c.snd.una;
        } else if (c.snd.una > b.arrivedTo + b.former || c.snd.flight() == 0) {
            // More than the rest of the segment: something of the former size has arrived.
            c.blackHole = null;
        }
    }
}
