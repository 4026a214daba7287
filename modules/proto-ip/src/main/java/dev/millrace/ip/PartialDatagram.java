package dev.millrace.ip;

import dev.millrace.wire.buffer.Buffer;
import dev.millrace.wire.buffer.Packet;
import dev.millrace.wire.buffer.PacketList;
import java.util.Arrays;

/// The fragments of one datagram that have come so far, in the order of their places (RFC 815 keeps a list of holes; here
/// nothing overlaps, so that a count of bytes tells whether there are any). Guarded by the lock of the [Reassembly] until it
/// is whole or given up; then whoever took it out owns it.
///
/// Each fragment is one packet without fragments of memory; it starts at its payload, and its network header is marked.
final class PartialDatagram extends HashChains.Node<PartialDatagram> {
    /// What it costs without fragments, in bytes.
    static final int COST = 512;

    /// How a fragment fits to those that are there.
    enum Fit {
        /// It fills a hole.
        NEW,
        /// It is there.
        DUPLICATE,
        /// It contradicts what is there: it overlaps, or says otherwise where the datagram ends.
        OVERLAP,
        /// There are too many.
        TOO_MANY
    }

    private static final int NOT_ECT = 1;
    private static final int CE = 1 << 3;

    final FragmentSource source;
    final long deadlineNs;
    /// What it holds.
    long cost;
    /// Whether its fragments, also those to come, are dropped until its time has run out.
    boolean abandoned;
    PartialDatagram older;
    PartialDatagram newer;
    PartialDatagram olderOfSource;
    PartialDatagram newerOfSource;

    private final long sourceHi;
    private final long sourceLo;
    private final long destinationHi;
    private final long destinationLo;
    private final long id;
    private final Object zone;

    private Packet[] pieces = new Packet[4];
    private int[] froms = new int[4];
    private int[] tos = new int[4];
    private int count;
    private int bytes;
    /// Where it ends, or -1 if the last fragment has not come.
    private int total = -1;
    /// The ECN code points that were seen, each a bit.
    private int ecn;

    /// The datagram that a fragment is of.
    ///
    /// @param id what the sender tells its datagrams apart by
    /// @param zone where the addresses mean something, or `null` if everywhere
    PartialDatagram(long hash, Packet p, long id, Object zone, FragmentSource source, long deadlineNs) {
        super(hash);
        sourceHi = p.sourceHi();
        sourceLo = p.sourceLo();
        destinationHi = p.destinationHi();
        destinationLo = p.destinationLo();
        this.id = id;
        this.zone = zone;
        this.source = source;
        this.deadlineNs = deadlineNs;
        cost = COST;
    }

    boolean isOf(Packet p, long itsId, Object itsZone) {
        return id == itsId && sourceLo == p.sourceLo() && sourceHi == p.sourceHi()
                && destinationLo == p.destinationLo() && destinationHi == p.destinationHi() && zone == itsZone;
    }

    int count() {
        return count;
    }

    /// How a fragment fits that has the bytes `from` to before `to`.
    ///
    /// @param more whether more follow behind it
    /// @param most the most fragments that are allowed
    Fit fit(int from, int to, boolean more, int most) {
        int end = count == 0 ? 0 : tos[count - 1];
        if (total >= 0 ? more ? to >= total : to != total : !more && end >= to) {
            return Fit.OVERLAP;
        }
        int i = place(from);
        if (i < count && froms[i] == from && tos[i] == to) {
            return Fit.DUPLICATE;
        }
        if (i > 0 && tos[i - 1] > from || i < count && froms[i] < to) {
            return Fit.OVERLAP;
        }
        return count == most ? Fit.TOO_MANY : Fit.NEW;
    }

    /// The first fragment that does not begin before `from`.
    private int place(int from) {
        if (count == 0 || from >= tos[count - 1]) {
            return count;
        }
        int i = Arrays.binarySearch(froms, 0, count, from);
        return i < 0 ? -i - 1 : i;
    }

    /// Makes room for one more, so that [#insert] cannot fail.
    void reserve() {
        if (count == pieces.length) {
            int n = 2 * count;
            Packet[] p = Arrays.copyOf(pieces, n);
            int[] f = Arrays.copyOf(froms, n);
            tos = Arrays.copyOf(tos, n);
            froms = f;
            pieces = p;
        }
    }

    /// Takes a fragment that fits.
    void insert(Packet p, int from, int to, boolean more) {
        int i = place(from);
        System.arraycopy(pieces, i, pieces, i + 1, count - i);
        System.arraycopy(froms, i, froms, i + 1, count - i);
        System.arraycopy(tos, i, tos, i + 1, count - i);
        pieces[i] = p;
        froms[i] = from;
        tos[i] = to;
        count++;
        bytes += to - from;
        if (!more) {
            total = to;
        }
        ecn |= 1 << (p.trafficClass() & 3);
    }

    boolean isWhole() {
        return bytes == total;
    }

    /// RFC 3168 §5.3: no fragment can both have met congestion and be of a sender that does not hear of it.
    boolean ecnIsImpossible() {
        return (ecn & CE) != 0 && (ecn & NOT_ECT) != 0;
    }

    /// Takes the fragment with the transport header out, or returns `null` if it has not come.
    Packet takeFirst() {
        if (count == 0 || froms[0] != 0) {
            return null;
        }
        Packet first = pieces[0];
        pieces[0] = null;
        return first;
    }

    /// Gives up all fragments that are left.
    void moveTo(PacketList list) {
        for (int i = 0; i < count; i++) {
            if (pieces[i] != null) {
                list.add(pieces[i]);
                pieces[i] = null;
            }
        }
        count = 0;
    }

    /// Makes one packet of all, which starts where the first fragment's payload does. If this throws, what is left is still
    /// to be given up.
    Packet join() {
        Packet first = pieces[0];
        boolean vouched = true;
        long capacity = 0;
        for (int i = 0; i < count; i++) {
            vouched &= pieces[i].checksumming() == Packet.Checksumming.VOUCHED;
            capacity += pieces[i].head().capacity();
        }
        // Whoever keeps it should not keep much more memory than it has bytes.
        boolean chained = count - 1 <= Packet.MAX_FRAGMENTS && capacity <= 2L * (first.length() + bytes);
        Packet whole = chained ? chain() : copy();
        whole.setChecksumming(vouched ? Packet.Checksumming.VOUCHED : Packet.Checksumming.ON_WIRE);
        whole.setSegmentSize(0);
        int trafficClass = (ecn & CE) != 0 ? whole.trafficClass() | 3 : whole.trafficClass();
        whole.setIpFacts(whole.protocol(), whole.hopLimit(), trafficClass);
        return whole;
    }

    private Packet chain() {
        Packet first = pieces[0];
        for (int i = 1; i < count; i++) {
            Packet p = pieces[i];
            Buffer b = p.head().retain();
            try {
                first.addFragment(b, p.start(), p.headLength());
            } catch (Throwable t) {
                b.release();
                throw t;
            }
            pieces[i] = null;
            p.release();
        }
        count = 0;
        return first;
    }

    private Packet copy() {
        Packet first = pieces[0];
        int payload = first.start();
        first.rewindToNetworkHeader();
        int header = payload - first.start();
        Packet whole = Packet.allocate(Packet.HEADROOM, header + bytes);
        int at = whole.append(header + bytes);
        first.copyTo(0, whole.memory(), at, header);
        first.pull(header);
        whole.markNetworkHeader();
        whole.pull(header);
        for (int i = 0; i < count; i++) {
            pieces[i].copyTo(0, whole.memory(), at + header + froms[i], tos[i] - froms[i]);
        }
        whole.setAddresses(sourceHi, sourceLo, destinationHi, destinationLo);
        whole.setIpFacts(first.protocol(), first.hopLimit(), first.trafficClass());
        whole.setBroadcast(first.isBroadcast());
        whole.setIngress(first.ingress());
        whole.setCaptureRecord(first.detachCapture());
        for (int i = 0; i < count; i++) {
            Packet p = pieces[i];
            pieces[i] = null;
            p.release();
        }
        count = 0;
        return whole;
    }
}
