package dev.millrace.wire.buffer;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// One packet on its way through the stack: a linear part with headroom, and fragments that lie in other buffers.
///
/// Layers move the start: [#push] makes room for a header in front, [#pull] steps behind one. Headers always lie in the
/// linear part; the payload lies behind them there, or in fragments that refer to shared buffers without copying them.
/// The linear part belongs to this packet alone and may be written; fragments may be shared and may not.
///
/// Beside the bytes a packet carries what layers tell one another about it: addresses once IP has read them, the state
/// of its checksum, the size at which a super-segment is to be cut, the capture record it belongs to.
///
/// A packet has one owner, who hands it on or calls [#release()], exactly once. No method is safe for several threads.
public final class Packet extends Pooled {
    /// Room for the headers of every layer below the transport: Ethernet (14 + 4) and IPv6 (40), and some to spare.
    public static final int HEADROOM = 96;
    /// The most fragments one packet may have.
    public static final int MAX_FRAGMENTS = 32;

    private static final Pool<Packet> POOL = new Pool<>() {
        @Override
        Packet create() {
            Packet chain = null;
            for (int i = 0; i < BATCH; i++) {
                var p = new Packet();
                p.nextFree = chain;
                chain = p;
            }
            return chain;
        }
    };

    Packet next;

    private Buffer head;
    private int start;
    private int end;

    private Buffer[] fragments = new Buffer[2];
    private int[] fragmentOffsets = new int[2];
    private int[] fragmentLengths = new int[2];
    private int fragmentCount;
    private int fragmentBytes;

    private long sourceHi;
    private long sourceLo;
    private long destinationHi;
    private long destinationLo;
    private int protocol;
    private int hopLimit;
    private int trafficClass;
    private boolean ecnCapable;
    private int networkStart;
    private int segmentSize;
    private int checksumStart;
    private int checksumField;
    private Checksumming checksumming;
    private boolean broadcast;
    private CaptureRecord captureRecord;
    private Object ingress;
    Object holder;

    /// What is known of the transport checksum of a packet.
    public enum Checksumming {
        /// The bytes on the wire say it: the receiver verifies it.
        ON_WIRE,
        /// Known to be right, or never computed because the packet did not leave the process: not to be verified.
        VOUCHED,
        /// Still to be computed over the bytes from `checksumStart` and stored at `checksumField`; the field holds
        /// nothing yet.
        WANTED,
        /// As `WANTED`, but the field holds the sum of the pseudo header already, as virtio links take it.
        PARTIAL
    }

    /// The record of a capture that waits to hear what became of the packet.
    public interface CaptureRecord {
        /// The packet met its end: `reason` tells why it was dropped, `null` that it was not.
        void close(String reason);
    }

    private Packet() {
    }

    /// A packet whose linear part has `headroom` free bytes in front and `capacity` behind them, with content undefined
    /// and length 0.
    ///
    /// @throws IllegalArgumentException if that is more than [Buffer#MAX_CAPACITY] in all, or either is negative
    public static Packet allocate(int headroom, int capacity) {
        // The sum of two large numbers may be a small one.
        if ((headroom | capacity) < 0) {
            throw new IllegalArgumentException("headroom " + headroom + ", capacity " + capacity);
        }
        Buffer head = Buffer.allocate(headroom + capacity);
        Packet p = POOL.take();
        p.head = head;
        p.start = headroom;
        p.end = headroom;
        p.reset();
        return p;
    }

    private void reset() {
        protocol = 0;
        hopLimit = 0;
        trafficClass = 0;
        ecnCapable = false;
        networkStart = start;
        segmentSize = 0;
        checksumming = Checksumming.ON_WIRE;
        broadcast = false;
        ingress = null;
        assert fragmentCount == 0 && captureRecord == null && next == null;
    }

    /// A packet with a copy of these bytes and [#HEADROOM] in front.
    public static Packet copyOf(byte[] bytes) {
        return copyOf(MemorySegment.ofArray(bytes));
    }

    /// A packet with a copy of these bytes and [#HEADROOM] in front.
    public static Packet copyOf(MemorySegment bytes) {
        int n = Math.toIntExact(bytes.byteSize());
        Packet p = allocate(HEADROOM, n);
        MemorySegment.copy(bytes, 0, p.memory(), p.start, n);
        p.end = p.start + n;
        return p;
    }

    /// A linear copy of the whole packet with its own memory, and with the facts known of it but for the capture record.
    /// Headers in front of the packet's present start are not copied: if the network header is one of them, the copy has
    /// it at its start, so that a later [#rewindToNetworkHeader] shows nothing that an earlier packet left in that memory.
    public Packet copy() {
        Packet p = allocate(HEADROOM, length());
        copyTo(0, p.memory(), p.start, length());
        p.end = p.start + length();
        p.networkStart = p.start + Math.max(0, networkStart - start);
        p.sourceHi = sourceHi;
        p.sourceLo = sourceLo;
        p.destinationHi = destinationHi;
        p.destinationLo = destinationLo;
        p.protocol = protocol;
        p.hopLimit = hopLimit;
        p.trafficClass = trafficClass;
        p.ecnCapable = ecnCapable;
        p.segmentSize = segmentSize;
        p.checksumming = checksumming;
        p.checksumStart = p.start + (checksumStart - start);
        p.checksumField = p.start + (checksumField - start);
        p.broadcast = broadcast;
        p.ingress = ingress;
        return p;
    }

    /// Gives the packet and all that it refers to back. An open capture record is closed as not dropped.
    public void release() {
        if (head == null) {
            throw new IllegalStateException("packet released twice", taken);
        }
        closeCapture(null);
        for (int i = 0; i < fragmentCount; i++) {
            fragments[i].release();
            fragments[i] = null;
        }
        fragmentCount = 0;
        fragmentBytes = 0;
        ingress = null;
        holder = null;
        Buffer h = head;
        head = null;
        h.release();
        assert next == null : "released while in a list";
        POOL.give(this);
    }

    // ---- the linear part

    /// The memory of the linear part; valid offsets are [#start()] to [#end()].
    public MemorySegment memory() {
        return head.memory();
    }

    /// The buffer of the linear part; who keeps it longer than the packet retains it.
    public Buffer head() {
        return head;
    }

    /// The offset in [#memory()] of the first byte.
    public int start() {
        return start;
    }

    /// The offset in [#memory()] behind the last byte of the linear part.
    public int end() {
        return end;
    }

    /// The bytes in the linear part.
    public int headLength() {
        return end - start;
    }

    /// All bytes of the packet, fragments included.
    public int length() {
        return end - start + fragmentBytes;
    }

    /// The free bytes in front of the start.
    public int headroom() {
        return start;
    }

    /// The free bytes behind the linear part.
    public int tailroom() {
        return head.capacity() - end;
    }

    /// Makes room for `n` bytes in front and returns their offset in [#memory()].
    public int push(int n) {
        if (n < 0 || n > start) {
            throw new IllegalStateException("headroom is " + start + " bytes, a header of " + n + " does not fit");
        }
        start -= n;
        return start;
    }

    /// Steps `n` bytes forward; they must lie in the linear part. Returns the new start.
    public int pull(int n) {
        if (n < 0 || n > end - start) {
            throw new IllegalStateException("only " + (end - start) + " of " + n + " bytes are linear");
        }
        start += n;
        return start;
    }

    /// Lengthens the linear part by `n` bytes and returns their offset in [#memory()].
    public int append(int n) {
        if (n < 0 || n > tailroom() || fragmentCount > 0) {
            throw new IllegalStateException("no room for " + n + " bytes at the end");
        }
        int at = end;
        end += n;
        return at;
    }

    /// Makes the first `n` bytes linear by copying from the fragments. Returns `false`, with nothing changed, if the
    /// packet is shorter than that or the linear part has no room.
    public boolean makeLinear(int n) {
        if (n <= end - start) {
            return true;
        }
        int missing = n - (end - start);
        if (n > length() || missing > tailroom()) {
            return false;
        }
        copyTo(end - start, head.memory(), end, missing);
        int dropped = missing;
        while (dropped > 0) {
            int take = Math.min(dropped, fragmentLengths[0]);
            fragmentOffsets[0] += take;
            fragmentLengths[0] -= take;
            dropped -= take;
            if (fragmentLengths[0] == 0) {
                fragments[0].release();
                fragmentCount--;
                System.arraycopy(fragments, 1, fragments, 0, fragmentCount);
                System.arraycopy(fragmentOffsets, 1, fragmentOffsets, 0, fragmentCount);
                System.arraycopy(fragmentLengths, 1, fragmentLengths, 0, fragmentCount);
                fragments[fragmentCount] = null;
            }
        }
        fragmentBytes -= missing;
        end += missing;
        return true;
    }

    /// Cuts the packet to its first `length` bytes; a link may have padded it.
    ///
    /// @throws IllegalArgumentException if the packet is shorter than that, or `length` is negative
    public void trim(int length) {
        int excess = length() - length;
        if (excess < 0 || length < 0) {
            throw new IllegalArgumentException("cannot trim " + length() + " bytes to " + length);
        }
        while (excess > 0 && fragmentCount > 0) {
            int i = fragmentCount - 1;
            int cut = Math.min(excess, fragmentLengths[i]);
            fragmentLengths[i] -= cut;
            fragmentBytes -= cut;
            excess -= cut;
            if (fragmentLengths[i] == 0) {
                fragments[i].release();
                fragments[i] = null;
                fragmentCount--;
            }
        }
        end -= excess;
    }

    // ---- fragments

    /// Appends `length` bytes of a buffer as the last part of the payload. The caller's reference moves into the packet.
    ///
    /// @throws IllegalStateException if there are [#MAX_FRAGMENTS] already; the reference then stays the caller's
    /// @throws IndexOutOfBoundsException if the buffer does not hold those bytes; the reference then stays the caller's
    public void addFragment(Buffer buffer, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, buffer.capacity());
        if (fragmentCount == fragments.length) {
            if (fragmentCount == MAX_FRAGMENTS) {
                throw new IllegalStateException("more than " + MAX_FRAGMENTS + " fragments");
            }
            int n = 2 * fragmentCount;
            fragments = Arrays.copyOf(fragments, n);
            fragmentOffsets = Arrays.copyOf(fragmentOffsets, n);
            fragmentLengths = Arrays.copyOf(fragmentLengths, n);
        }
        fragments[fragmentCount] = buffer;
        fragmentOffsets[fragmentCount] = offset;
        fragmentLengths[fragmentCount] = length;
        fragmentCount++;
        fragmentBytes += length;
    }

    /// The number of fragments.
    public int fragmentCount() {
        return fragmentCount;
    }

    /// The buffer of fragment `i`; who keeps it longer than the packet retains it.
    public Buffer fragment(int i) {
        return fragments[i];
    }

    /// Where fragment `i` starts in its buffer, in bytes.
    public int fragmentOffset(int i) {
        return fragmentOffsets[i];
    }

    /// The bytes of fragment `i`.
    public int fragmentLength(int i) {
        return fragmentLengths[i];
    }

    // ---- copying out

    /// Copies `length` bytes that start `from` bytes behind the packet's start.
    public void copyTo(int from, MemorySegment target, long targetOffset, int length) {
        Objects.checkFromIndexSize(from, length, length());
        int linear = Math.min(length, Math.max(0, headLength() - from));
        if (linear > 0) {
            MemorySegment.copy(head.memory(), start + from, target, targetOffset, linear);
        }
        int skip = Math.max(0, from - headLength());
        int left = length - linear;
        long at = targetOffset + linear;
        for (int i = 0; left > 0; i++) {
            int n = fragmentLengths[i];
            if (skip >= n) {
                skip -= n;
                continue;
            }
            int take = Math.min(left, n - skip);
            MemorySegment.copy(fragments[i].memory(), fragmentOffsets[i] + skip, target, at, take);
            skip = 0;
            at += take;
            left -= take;
        }
    }

    /// All bytes of the packet.
    public byte[] toBytes() {
        byte[] bytes = new byte[length()];
        copyTo(0, MemorySegment.ofArray(bytes), 0, bytes.length);
        return bytes;
    }

    // ---- what layers tell one another

    /// Set by IP on the way in: who talks to whom, as [dev.millrace.wire.IpAddress] holds addresses.
    public void setAddresses(long sourceHi, long sourceLo, long destinationHi, long destinationLo) {
        this.sourceHi = sourceHi;
        this.sourceLo = sourceLo;
        this.destinationHi = destinationHi;
        this.destinationLo = destinationLo;
    }

    /// The first 8 bytes of the source address.
    public long sourceHi() {
        return sourceHi;
    }

    /// The last 8 bytes of the source address.
    public long sourceLo() {
        return sourceLo;
    }

    /// The first 8 bytes of the destination address.
    public long destinationHi() {
        return destinationHi;
    }

    /// The last 8 bytes of the destination address.
    public long destinationLo() {
        return destinationLo;
    }

    /// Set by IP on the way in: protocol number, TTL or hop limit, and TOS or traffic class byte.
    public void setIpFacts(int protocol, int hopLimit, int trafficClass) {
        this.protocol = protocol;
        this.hopLimit = hopLimit;
        this.trafficClass = trafficClass;
    }

    /// The transport protocol's number.
    public int protocol() {
        return protocol;
    }

    /// TTL or hop limit, 0 to 255.
    public int hopLimit() {
        return hopLimit;
    }

    /// The TOS or traffic class byte, ECN bits included.
    public int trafficClass() {
        return trafficClass;
    }

    /// Whether a congested router may mark this packet instead of dropping it.
    public boolean isEcnCapable() {
        return ecnCapable;
    }

    /// Says on the way out that its transport understands marks: IP writes ECT(0) (RFC 3168 §5) whatever the traffic class says.
    public void setEcnCapable(boolean value) {
        ecnCapable = value;
    }

    /// Remembers that the network header starts where the packet starts now.
    public void markNetworkHeader() {
        networkStart = start;
    }

    /// Steps back to the network header, so that an ICMP error can quote the packet whole.
    public void rewindToNetworkHeader() {
        start = networkStart;
    }

    /// Whether the packet came to a broadcast or multicast address of its network or link.
    public boolean isBroadcast() {
        return broadcast;
    }

    /// Says whether the packet came to a broadcast or multicast address.
    public void setBroadcast(boolean value) {
        broadcast = value;
    }

    /// The payload bytes of each wire packet that this super-segment stands for, or 0 for a plain packet.
    public int segmentSize() {
        return segmentSize;
    }

    /// Makes this a super-segment to be cut every `bytes` bytes of payload, or with 0 a plain packet.
    public void setSegmentSize(int bytes) {
        segmentSize = bytes;
    }

    /// What is known of the transport checksum.
    public Checksumming checksumming() {
        return checksumming;
    }

    /// Says what is known of the transport checksum.
    public void setChecksumming(Checksumming state) {
        checksumming = state;
    }

    /// Asks the layers below to compute a checksum over the bytes from `from` to the end and to store it `field` bytes
    /// behind `from`; both count from the packet's present start.
    public void wantChecksum(int from, int field) {
        checksumming = Checksumming.WANTED;
        checksumStart = start + from;
        checksumField = start + from + field;
    }

    /// Readies the packet for another stack, as a wire between two stacks of one process does: what the first knew of it
    /// is forgotten, an open capture record is closed.
    public void handOver(Checksumming state) {
        closeCapture(null);
        broadcast = false;
        ingress = null;
        checksumming = state;
    }

    /// The offset in [#memory()] where the bytes under the wanted checksum begin.
    public int checksumStart() {
        return checksumStart;
    }

    /// The offset in [#memory()] of the wanted checksum's field.
    public int checksumField() {
        return checksumField;
    }

    /// Where the packet came in, as the stack marked it, or `null`.
    public Object ingress() {
        return ingress;
    }

    /// Marks where the packet came in.
    public void setIngress(Object where) {
        ingress = where;
    }

    /// Notes that `who` has the packet in hand, until it is released or put into a list. So whoever gives a packet to code
    /// that may fail can tell, when it has failed, whether the packet is still there to be released.
    ///
    /// @param who an object that only the calling thread ever notes
    public void holdFor(Object who) {
        holder = who;
    }

    /// Whether the packet was neither released nor put into a list since the calling thread called [#holdFor] with `who`.
    /// May be asked after the packet was handed over: another thread never makes the answer `true`.
    public boolean isHeldBy(Object who) {
        return holder == who;
    }

    /// Attaches the record of a capture that waits to hear what becomes of the packet.
    public void setCaptureRecord(CaptureRecord record) {
        closeCapture(null);
        captureRecord = record;
    }

    /// Takes the capture record off the packet without closing it, so that a second capture can chain it behind its own,
    /// or a packet that goes on in another object can take it along. `null` if there is none.
    public CaptureRecord detachCapture() {
        CaptureRecord record = captureRecord;
        captureRecord = null;
        return record;
    }

    /// Tells the capture record, if there is one, what became of the packet: dropped for `reason`, or accepted (`null`).
    public void closeCapture(String reason) {
        CaptureRecord record = captureRecord;
        if (record != null) {
            captureRecord = null;
            record.close(reason);
        }
    }

    static long outstandingPackets() {
        return POOL.outstanding();
    }

    static List<Throwable> packetOwners() {
        return POOL.owners();
    }

    @Override
    public String toString() {
        return head == null ? "Packet(released)" : "Packet(" + length() + " bytes, " + fragmentCount + " fragments)";
    }
}
