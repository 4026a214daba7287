package dev.millrace.ip;

/// Whose fragments wait: an IPv4 address, or an IPv6 /64, of which one host may use all addresses. Guarded by the lock of
/// the [Reassembly].
final class FragmentSource extends HashChains.Node<FragmentSource> {
    /// The IPv4 address, or the first 8 bytes of the IPv6 address.
    final long prefix;
    /// What its datagrams hold.
    long bytes;
    /// Its datagrams, in the order in which they began.
    PartialDatagram oldest;
    PartialDatagram newest;

    FragmentSource(long hash, long prefix) {
        super(hash);
        this.prefix = prefix;
    }

    void append(PartialDatagram d) {
        d.olderOfSource = newest;
        if (newest == null) {
            oldest = d;
        } else {
            newest.newerOfSource = d;
        }
        newest = d;
    }

    void remove(PartialDatagram d) {
        if (d.olderOfSource == null) {
            oldest = d.newerOfSource;
        } else {
            d.olderOfSource.newerOfSource = d.newerOfSource;
        }
        if (d.newerOfSource == null) {
            newest = d.olderOfSource;
        } else {
            d.newerOfSource.olderOfSource = d.olderOfSource;
        }
        d.olderOfSource = null;
        d.newerOfSource = null;
    }
}
