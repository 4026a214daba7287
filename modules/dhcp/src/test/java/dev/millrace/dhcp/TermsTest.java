package dev.millrace.dhcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.IpAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What of a server's words is believed.
class TermsTest {
    private static Reply offer(String yours) {
        return new Reply(1, 2, MessageType.OFFER, yours).address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.1")
                .seconds(DhcpOption.LEASE_TIME, 3600);
    }

    private static Terms terms(Reply r) {
        return Terms.of(r.message()).orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.7, 255.255.255.0, 24", "10.0.0.6, 255.255.255.252, 30", "10.0.0.7, 255.255.255.255, 32",
        "10.0.0.7, 255.255.255.254, 31", "10.0.0.6, 255.255.255.254, 31", "10.0.0.7, 255.0.0.0, 8", "10.0.0.7, , 8",
        "172.20.1.1, , 16", "192.168.1.1, , 24"})
    void sensibleAddressesAreTaken(String yours, String mask, int prefix) {
        Reply r = offer(yours);
        assertEquals(yours + "/" + prefix, terms(mask == null ? r : r.address(DhcpOption.SUBNET_MASK, mask)).address().toString());
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.7, 0.0.0.0", "10.0.0.7, 255.0.255.0", "10.0.0.7, 0.0.0.255", "10.0.0.0, 255.255.255.0",
        "10.0.0.255, 255.255.255.0", "0.0.0.0, 255.255.255.0", "127.0.0.1, 255.0.0.0", "224.0.0.1, 255.255.255.0",
        "255.255.255.255, 255.255.255.0", "240.0.0.1, 255.255.255.0", "10.0.0.1, 255.255.255.0"})
    void nonsenseIsRefused(String yours, String mask) {
        assertTrue(Terms.of(offer(yours).address(DhcpOption.SUBNET_MASK, mask).message()).isEmpty());
    }

    @Test
    void whatHasToBeThereHasToBeThere() {
        assertTrue(Terms.of(offer("10.0.0.7").option(DhcpOption.SUBNET_MASK, 255, 255).message()).isEmpty());
        assertTrue(Terms.of(new Reply(1, 2, MessageType.OFFER, "10.0.0.7").seconds(DhcpOption.LEASE_TIME, 60).message()).isEmpty());
        assertTrue(Terms.of(new Reply(1, 2, MessageType.OFFER, "10.0.0.7").address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.1")
                .message()).isEmpty());
        assertTrue(Terms.of(new Reply(1, 2, MessageType.OFFER, "10.0.0.7").address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.1")
                .seconds(DhcpOption.LEASE_TIME, 0).message()).isEmpty());
        assertTrue(Terms.of(new Reply(1, 2, MessageType.OFFER, "10.0.0.7").address(DhcpOption.SERVER_IDENTIFIER, "255.255.255.255")
                .seconds(DhcpOption.LEASE_TIME, 60).message()).isEmpty());
    }

    @Test
    void serversAndRoutersAreHostsAndNotTooMany() {
        Reply r = offer("10.0.0.7").address(DhcpOption.ROUTER, "10.0.0.7", "0.0.0.0", "224.1.1.1", "10.0.0.1", "10.0.0.1", "10.0.0.2");
        String[] many = new String[60];
        for (int i = 0; i < many.length; i++) {
            many[i] = "10.1.0." + (i + 1);
        }
        r.address(DhcpOption.NAME_SERVERS, many);
        assertEquals(List.of(IpAddress.parse("10.0.0.1"), IpAddress.parse("10.0.0.2")), terms(r).routers());
        assertEquals("[Hop[to=0.0.0.0/0, via=10.0.0.1]]", terms(r).routes().toString());
        assertEquals(Terms.MAX_SERVERS, terms(r).nameServers().size());
    }

    /// RFC 3442: the examples of its page 5, and that they stand instead of the routers.
    @Test
    void classlessRoutes() {
        Reply r = offer("10.0.0.7").address(DhcpOption.ROUTER, "10.0.0.1").option(DhcpOption.CLASSLESS_ROUTES,
                0, 10, 0, 0, 2, 8, 10, 10, 0, 0, 3, 24, 10, 17, 0, 0, 0, 0, 0, 25, 10, 229, 0, 128, 10, 0, 0, 4,
                32, 10, 198, 122, 47, 10, 0, 0, 5, 4, 224, 10, 0, 0, 6, 8, 127, 10, 0, 0, 6, 24, 10, 9, 9, 10, 0, 0, 7);
        assertEquals("[Hop[to=0.0.0.0/0, via=10.0.0.2], Hop[to=10.0.0.0/8, via=10.0.0.3], Hop[to=10.17.0.0/24, via=null], "
                + "Hop[to=10.229.0.128/25, via=10.0.0.4], Hop[to=10.198.122.47/32, via=10.0.0.5]]", terms(r).routes().toString());
        // Host bits, as some servers send them, are cut; what is malformed leaves the routers.
        assertEquals("[Hop[to=10.0.0.0/12, via=10.0.0.2]]",
                terms(offer("10.0.0.7").option(DhcpOption.CLASSLESS_ROUTES, 12, 10, 15, 10, 0, 0, 2)).routes().toString());
        assertEquals("[Hop[to=0.0.0.0/0, via=10.0.0.1]]", terms(offer("10.0.0.7").address(DhcpOption.ROUTER, "10.0.0.1")
                .option(DhcpOption.CLASSLESS_ROUTES, 33, 1, 2, 3, 4, 5, 1, 1, 1, 1)).routes().toString());
    }

    @Test
    void domainsAreNamesOfHostsOrNothing() {
        assertEquals("a.example", Domains.name("a.example.\0".getBytes()));
        for (String bad : new String[] {"a..b", ".a", "a b", "a;rm -rf", "ä", "x".repeat(64) + ".de", "\n"}) {
            assertEquals("", Domains.name(bad.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1)), bad);
        }
        // RFC 3397 §2's form: "eng.apple.com." and "marketing.apple.com." with a pointer.
        byte[] list = {3, 'e', 'n', 'g', 5, 'a', 'p', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0, 9, 'm', 'a', 'r', 'k', 'e', 't', 'i', 'n',
            'g', (byte) 0xc0, 4};
        assertEquals(List.of("eng.apple.com", "marketing.apple.com"), Domains.searchList(list));
        assertEquals(List.of(), Domains.searchList(new byte[] {(byte) 0xc0, 0}));
        assertEquals(List.of("a"), Domains.searchList(new byte[] {1, 'a', 0, 1, 'b', (byte) 0xc0, 3}));
        assertEquals(List.of(), Domains.searchList(null));
    }

    @Test
    void longOptionsAreJoinedAndOverloadedFieldsRead() {
        Reply r = offer("10.0.0.7").option(DhcpOption.OVERLOAD, 3).option(DhcpOption.DOMAIN_NAME, 'a', '.');
        r.at(DhcpMessage.FILE, DhcpOption.DOMAIN_NAME, 2, 'b', '.', DhcpOption.END, DhcpOption.DOMAIN_NAME, 9);
        r.at(DhcpMessage.SNAME, 0, 0, DhcpOption.DOMAIN_NAME, 1, 'c');
        assertEquals("a.b.c", terms(r).domain());
        // Not overloaded: what is in the fields is a file's and a server's name.
        Reply plain = offer("10.0.0.7").at(DhcpMessage.FILE, DhcpOption.DOMAIN_NAME, 1, 'x');
        assertEquals("", terms(plain).domain());
    }

    @Test
    void optionsThatAreLongerThanTheMessageMakeItNone() {
        byte[] b = offer("10.0.0.7").raw(DhcpOption.ROUTER, 8, 10, 0, 0, 1).bytes();
        assertTrue(DhcpMessage.parse(b, b.length - 1).isEmpty());
        byte[] withoutEnd = offer("10.0.0.7").bytes();
        assertFalse(DhcpMessage.parse(withoutEnd, withoutEnd.length - 1).isEmpty());
        byte[] lone = offer("10.0.0.7").raw(DhcpOption.ROUTER).bytes();
        assertTrue(DhcpMessage.parse(lone, lone.length - 1).isEmpty());
    }

    @ParameterizedTest
    @CsvSource({"1500, 1500", "576, 576", "575, 0", "0, 0", "65535, 65535"})
    void mtu(int said, int taken) {
        assertEquals(taken, terms(offer("10.0.0.7").option(DhcpOption.INTERFACE_MTU, said >>> 8, said & 0xff)).mtu());
    }
}
