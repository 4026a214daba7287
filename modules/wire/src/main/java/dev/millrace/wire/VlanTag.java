package dev.millrace.wire;

import static dev.millrace.wire.BigEndian.put16;
import static dev.millrace.wire.BigEndian.u16;

import java.lang.foreign.MemorySegment;

/// VLAN tags (IEEE 802.1Q and 802.1ad): four bytes each between the addresses and the type of an Ethernet header, a type
/// that says that this is a tag and 16 bits of control information (priority, drop eligible, VLAN). Read and written in
/// place.
///
/// What a walk over the tags of a frame comes to is one `long`; read it with [#error], [#count], [#type] and [#offset].
public final class VlanTag {
    /// The bytes of a tag.
    public static final int LENGTH = 4;
    /// The most tags of one frame that are looked at.
    public static final int MAX_TAGS = 4;
    /// The VLAN number of frames that have a priority but no VLAN.
    public static final int PRIORITY_ONLY = 0;
    /// The largest number of a VLAN; 4095 is reserved.
    public static final int MAX_VLAN = 4094;

    private static final WireError[] ERRORS = WireError.values();

    private VlanTag() {
    }

    /// Walks from the header's first byte over all tags to the type proper. Without a tag that is the header's type, which
    /// may be a length (IEEE 802.3): ask [EtherType#isLength].
    public static long walk(MemorySegment m, long at, int available) {
        if (available < EthernetHeader.LENGTH) {
            return found(WireError.TRUNCATED, 0, 0);
        }
        int type = EthernetHeader.type(m, at);
        int count = 0;
        while (EtherType.isVlan(type)) {
            if (count == MAX_TAGS) {
                return found(WireError.TOO_DEEP, count, type);
            }
            if (EthernetHeader.LENGTH + (count + 1) * LENGTH > available) {
                return found(WireError.TRUNCATED, count, type);
            }
            count++;
            type = u16(m, at + EthernetHeader.TYPE_OFFSET + count * LENGTH);
        }
        return found(WireError.NONE, count, type);
    }

    private static long found(WireError error, int count, int type) {
        return (long) error.ordinal() << 32 | (long) count << 16 | type;
    }

    /// What is wrong: [WireError#NONE], [WireError#TRUNCATED] or [WireError#TOO_DEEP].
    public static WireError error(long found) {
        return ERRORS[(int) (found >>> 32)];
    }

    /// The number of whole tags, 0 to [#MAX_TAGS].
    public static int count(long found) {
        return (int) found >>> 16;
    }

    /// The type behind the last of these tags.
    public static int type(long found) {
        return (int) found & 0xffff;
    }

    /// Bytes from the header's first to the payload's.
    public static int offset(long found) {
        return EthernetHeader.LENGTH + count(found) * LENGTH;
    }

    /// The type of the tag with this index, 0 being the outermost, of the header at `at`: [EtherType#VLAN] or
    /// [EtherType#PROVIDER_VLAN].
    public static int tagType(MemorySegment m, long at, int index) {
        return u16(m, at + EthernetHeader.TYPE_OFFSET + index * LENGTH);
    }

    /// The control information of the tag with this index, 0 being the outermost, of the header at `at`.
    public static int control(MemorySegment m, long at, int index) {
        return u16(m, at + EthernetHeader.TYPE_OFFSET + index * LENGTH + 2);
    }

    /// Control information.
    ///
    /// @param priority 0 to 7
    /// @param vlan 0 to [#MAX_VLAN]
    public static int control(int priority, boolean dropEligible, int vlan) {
        return (priority & 7) << 13 | (dropEligible ? 1 << 12 : 0) | vlan & 0xfff;
    }

    /// The priority, 0 to 7.
    public static int priority(int control) {
        return control >>> 13 & 7;
    }

    /// Whether the frame may be dropped before others.
    public static boolean dropEligible(int control) {
        return (control & 1 << 12) != 0;
    }

    /// The VLAN, [#PRIORITY_ONLY] to 4095.
    public static int vlan(int control) {
        return control & 0xfff;
    }

    /// Writes one tag.
    ///
    /// @param at the offset of the tag, not of the header
    /// @param tagType [EtherType#VLAN] or [EtherType#PROVIDER_VLAN]
    public static void write(MemorySegment m, long at, int tagType, int control) {
        put16(m, at, tagType);
        put16(m, at + 2, control);
    }
}
