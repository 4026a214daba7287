package dev.millrace.wire;

import static dev.millrace.wire.NetworkSamples.ALL_NODES;
import static dev.millrace.wire.NetworkSamples.GLOBAL;
import static dev.millrace.wire.NetworkSamples.LOCAL_1;
import static dev.millrace.wire.NetworkSamples.LOCAL_2;
import static dev.millrace.wire.NetworkSamples.MAC_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.function.ToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Neighbour discovery messages: every rule of RFC 4861 §6.1, §7.1 and §8.1 that a message must keep, broken once.
class NdpMessageTest {
    private static final IpAddress NODE = new IpAddress(NdpMessage.SOLICITED_NODE_HI, NdpMessage.solicitedNodeLo(1));
    private static final IpAddress MULTICAST = IpAddress.parse("ff02::5");
    private static final IpAddress NOBODY = IpAddress.ANY_V6;

    private static MemorySegment message(ToLongFunction<MemorySegment> writer) {
        byte[] bytes = new byte[256];
        long length = writer.applyAsLong(MemorySegment.ofArray(bytes));
        return MemorySegment.ofArray(java.util.Arrays.copyOf(bytes, (int) length));
    }

    private static MemorySegment solicitation(IpAddress target) {
        return message(m -> NdpMessage.writeNeighborSolicitation(m, 0, target.hi(), target.lo()));
    }

    private static MemorySegment advertisement(int flags, IpAddress target) {
        return message(m -> NdpMessage.writeNeighborAdvertisement(m, 0, flags, target.hi(), target.lo()));
    }

    private static MemorySegment redirect(IpAddress target, IpAddress destination) {
        return message(m -> NdpMessage.writeRedirect(m, 0, target.hi(), target.lo(), destination.hi(), destination.lo()));
    }

    private static MemorySegment routerSolicitation() {
        return message(m -> NdpMessage.writeRouterSolicitation(m, 0));
    }

    private static MemorySegment routerAdvertisement() {
        return message(m -> NdpMessage.writeRouterAdvertisement(m, 0, 64, 0, 0, 1800, 0, 0));
    }

    private static MemorySegment withSource(MemorySegment message) {
        return message(m -> {
            MemorySegment.copy(message, 0, m, 0, message.byteSize());
            return NdpOptionWriter.sourceLinkLayerAddress(m, message.byteSize(), MAC_1);
        });
    }

    private static WireError check(MemorySegment m, int hopLimit, IpAddress from, IpAddress to) {
        return NdpMessage.check(m, 0, (int) m.byteSize(), hopLimit, from.hi(), from.lo(), to.hi(), to.lo());
    }

    private static WireError check(MemorySegment m, IpAddress from, IpAddress to) {
        return check(m, 255, from, to);
    }

    private static MemorySegment ofType(int type) {
        return switch (type) {
            case NdpMessage.ROUTER_SOLICITATION -> routerSolicitation();
            case NdpMessage.ROUTER_ADVERTISEMENT -> routerAdvertisement();
            case NdpMessage.NEIGHBOR_SOLICITATION -> solicitation(LOCAL_1);
            case NdpMessage.NEIGHBOR_ADVERTISEMENT -> advertisement(0, LOCAL_1);
            default -> redirect(LOCAL_1, GLOBAL);
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {133, 134, 135, 136, 137})
    void everyTypeHasTheseRules(int type) {
        MemorySegment m = ofType(type);
        int length = (int) m.byteSize();
        assertEquals(NdpMessage.fixedLength(type), length);
        assertEquals(WireError.NONE, check(m, LOCAL_1, NODE));
        for (int hopLimit : new int[] {0, 1, 64, 254}) {
            assertEquals(WireError.BAD_HOP_LIMIT, check(m, hopLimit, LOCAL_1, NODE));
        }
        assertEquals(WireError.BAD_SOURCE, check(m, MULTICAST, NODE));
        for (int n = 0; n < length; n++) {
            assertEquals(WireError.TRUNCATED, check(m.asSlice(0, n), LOCAL_1, NODE), n + " bytes");
        }
        BigEndian.put8(m, 1, 1);
        assertEquals(WireError.BAD_CODE, check(m, LOCAL_1, NODE));
    }

    @ParameterizedTest
    @ValueSource(ints = {133, 134, 135, 136, 137})
    void optionsHaveALengthAndEndWithTheMessage(int type) {
        MemorySegment whole = withSource(ofType(type));
        int length = (int) whole.byteSize();
        assertEquals(WireError.NONE, check(whole, LOCAL_1, NODE));
        for (int n = length - 7; n < length; n++) {
            assertEquals(WireError.BAD_OPTION_LENGTH, check(whole.asSlice(0, n), LOCAL_1, NODE), n + " bytes");
        }
        BigEndian.put8(whole, length - 7, 0);
        assertEquals(WireError.BAD_OPTION_LENGTH, check(whole, LOCAL_1, NODE));
        BigEndian.put8(whole, length - 7, 2);
        assertEquals(WireError.BAD_OPTION_LENGTH, check(whole, LOCAL_1, NODE));
    }

    @Test
    void otherTypesAreNone() {
        for (int type : new int[] {0, 128, 132, 138, 255}) {
            MemorySegment m = routerSolicitation();
            BigEndian.put8(m, 0, type);
            assertEquals(WireError.UNKNOWN_FORMAT, check(m, LOCAL_1, ALL_NODES));
            assertFalse(NdpMessage.isNdp(type));
        }
    }

    @Test
    void whoHasNoAddressSendsNoLinkLayerAddress() {
        assertEquals(WireError.NONE, check(routerSolicitation(), NOBODY, IpAddress.parse("ff02::2")));
        assertEquals(WireError.FORBIDDEN_OPTION, check(withSource(routerSolicitation()), NOBODY, IpAddress.parse("ff02::2")));
        assertEquals(WireError.NONE, check(solicitation(LOCAL_1), NOBODY, NODE));
        assertEquals(WireError.FORBIDDEN_OPTION, check(withSource(solicitation(LOCAL_1)), NOBODY, NODE));
        // RFC 4861 §7.1.2 has no such rule for advertisements; the option means nothing there.
        assertEquals(WireError.NONE, check(withSource(advertisement(0, LOCAL_1)), NOBODY, ALL_NODES));
    }

    @Test
    void whoHasNoAddressAsksTheSolicitedNodeGroup() {
        for (IpAddress to : new IpAddress[] {LOCAL_1, ALL_NODES, IpAddress.parse("ff05::1:ff00:1")}) {
            assertEquals(WireError.BAD_DESTINATION, check(solicitation(LOCAL_1), NOBODY, to));
            assertEquals(WireError.NONE, check(solicitation(LOCAL_1), LOCAL_2, to));
        }
    }

    @Test
    void routersSpeakFromLinkLocalAddresses() {
        for (IpAddress from : new IpAddress[] {GLOBAL, NOBODY, IpAddress.parse("fec0::1")}) {
            assertEquals(WireError.BAD_SOURCE, check(routerAdvertisement(), from, ALL_NODES));
            assertEquals(WireError.BAD_SOURCE, check(redirect(LOCAL_1, GLOBAL), from, GLOBAL));
        }
        assertEquals(WireError.NONE, check(routerAdvertisement(), IpAddress.parse("febf::1"), ALL_NODES));
    }

    @Test
    void nobodyIsAskedForAGroup() {
        assertEquals(WireError.BAD_TARGET, check(solicitation(MULTICAST), LOCAL_2, NODE));
        assertEquals(WireError.BAD_TARGET, check(advertisement(0, MULTICAST), LOCAL_2, LOCAL_1));
    }

    @Test
    void answersToOneAreNotSentToAll() {
        assertEquals(WireError.BAD_DESTINATION, check(advertisement(NdpMessage.SOLICITED, LOCAL_1), LOCAL_1, ALL_NODES));
        assertEquals(WireError.NONE, check(advertisement(NdpMessage.SOLICITED, LOCAL_1), LOCAL_1, LOCAL_2));
        assertEquals(WireError.NONE, check(advertisement(NdpMessage.OVERRIDE, LOCAL_1), LOCAL_1, ALL_NODES));
    }

    @Test
    void redirectsNameARouterOrTheDestinationItself() {
        assertEquals(WireError.NONE, check(redirect(GLOBAL, GLOBAL), LOCAL_1, GLOBAL));
        assertEquals(WireError.BAD_TARGET, check(redirect(IpAddress.parse("2001:db8::3"), GLOBAL), LOCAL_1, GLOBAL));
        assertEquals(WireError.BAD_DESTINATION, check(redirect(LOCAL_2, MULTICAST), LOCAL_1, GLOBAL));
    }

    @Test
    void checksumsCoverTheAddresses() {
        MemorySegment m = solicitation(LOCAL_1);
        IcmpHeader.setChecksum(m, 0, IcmpHeader.computeV6(m, 0, 24, LOCAL_2, NODE));
        assertTrue(NdpMessage.checksumIsRight(m, 0, 24, LOCAL_2.hi(), LOCAL_2.lo(), NODE.hi(), NODE.lo()));
        assertFalse(NdpMessage.checksumIsRight(m, 0, 24, LOCAL_2.hi(), LOCAL_2.lo() + 1, NODE.hi(), NODE.lo()));
    }

    @Test
    void preferenceIsMediumUnlessARouterSaysOtherwise() {
        for (int preference = -1; preference <= 1; preference++) {
            int p = preference;
            MemorySegment m = message(s -> NdpMessage.writeRouterAdvertisement(s, 0, 0, 0, p, 1, 0, 0));
            assertEquals(p, NdpMessage.preference(m, 0));
            BigEndian.put16(m, 6, 0);
            assertEquals(0, NdpMessage.preference(m, 0), "of none");
        }
        MemorySegment reserved = routerAdvertisement();
        BigEndian.put8(reserved, 5, 0x10);
        assertEquals(0, NdpMessage.preference(reserved, 0));
    }

    @Test
    void solicitedNodeAddressesKeepTheLast24Bits() {
        assertEquals(IpAddress.parse("ff02::1:ff0e:8c6c"), new IpAddress(NdpMessage.SOLICITED_NODE_HI,
                NdpMessage.solicitedNodeLo(IpAddress.parse("4037::1:800:200e:8c6c").lo())));
        assertNotEquals(NdpMessage.solicitedNodeLo(1), NdpMessage.solicitedNodeLo(2));
    }
}
