package dev.millrace.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.millrace.config.KeyPlaces.Place;
import org.junit.jupiter.api.Test;

class KeyPlacesTest {
    private static void expect(KeyPlaces places, String key, int line, int column) {
        assertEquals(new Place(line, column), places.of(key), key);
    }

    @Test
    void findsKeysOfTablesAndOfArraysOfTables() {
        var places = new KeyPlaces("""
                top = 1
                [stack]   # a [comment] = "x"
                  name = "lab"
                [[nic]]
                name = "a"
                [[ nic ]]
                name = "b"
                mtu=1500
                """);
        expect(places, "top", 1, 1);
        expect(places, "stack", 2, 1);
        expect(places, "stack.name", 3, 3);
        expect(places, "nic[0]", 4, 1);
        expect(places, "nic[0].name", 5, 1);
        expect(places, "nic[1].name", 7, 1);
        expect(places, "nic[1].mtu", 8, 1);
    }

    @Test
    void findsElementsOfArraysOverManyLines() {
        var places = new KeyPlaces("""
                [[nic]]
                addresses = [ # "not = this"
                  "10.0.0.1/24", 'fd00::1/64',
                  # nor = "this"
                  ["nested",
                   "deep"],
                ]
                mtu = 9000
                """);
        expect(places, "nic[0].addresses", 2, 1);
        expect(places, "nic[0].addresses[0]", 3, 3);
        expect(places, "nic[0].addresses[1]", 3, 18);
        expect(places, "nic[0].addresses[2][1]", 6, 4);
        expect(places, "nic[0].mtu", 8, 1);
    }

    @Test
    void findsKeysOfInlineTables() {
        var places = new KeyPlaces("""
                stack = { name = "x", memory = "1MiB" }
                nic = [
                  { name = "a", link = "loopback:" },
                  { name = "b", addresses = ["10.0.0.1/8",
                      "bad"] },
                ]
                """);
        expect(places, "stack.memory", 1, 23);
        expect(places, "nic[0].link", 3, 17);
        expect(places, "nic[1]", 4, 3);
        expect(places, "nic[1].addresses[1]", 5, 7);
    }

    @Test
    void findsDottedAndQuotedKeys() {
        var places = new KeyPlaces("""
                stack . name = "x"
                "tcp"."receive-buffer" = "1MiB"
                'udp' = {}
                "a.b" = 1
                "c = [" = 2
                "\\u0064\\"" = 3
                [ "ip]v4" . ttl ]
                x = 1
                """);
        expect(places, "stack", 1, 1);
        expect(places, "stack.name", 1, 1);
        expect(places, "tcp.receive-buffer", 2, 1);
        expect(places, "udp", 3, 1);
        expect(places, "a.b", 4, 1);
        expect(places, "c = [", 5, 1);
        expect(places, "d\"", 6, 1);
        expect(places, "ip]v4.ttl.x", 8, 1);
    }

    @Test
    void passesOverStringsThatLookLikeToml() {
        String three = "\"\"\"";
        var places = new KeyPlaces(String.join("\n",
                "a = " + three,
                "b = 1",
                "[c]",
                "\\" + three + " quoted " + three + "\"\"",
                "d = \'\'\'",
                "e = 1 \'\'\'\'",
                "f = \"x # y \\\" [z\"",
                "g = 'C:\\'",
                "h = 1"));
        expect(places, "b", 0, 0);
        expect(places, "c", 0, 0);
        expect(places, "d", 5, 1);
        expect(places, "e", 0, 0);
        expect(places, "f", 7, 1);
        expect(places, "g", 8, 1);
        expect(places, "h", 9, 1);
    }

    @Test
    void subTableOfAnArrayOfTablesBelongsToItsLastElement() {
        var places = new KeyPlaces("[[nic]]\n[[nic]]\n[nic.extra]\nx = 1\n[[nic.sub]]\ny = 2\n");
        expect(places, "nic[1].extra.x", 4, 1);
        expect(places, "nic[1].sub[0].y", 6, 1);
    }

    @Test
    void missingKeyHasThePlaceOfWhatIsAroundIt() {
        var places = new KeyPlaces("[[nic]]\nlink = \"loopback:\"\naddresses = []\n");
        expect(places, "nic[0].name", 1, 1);
        expect(places, "nic[0].addresses[7]", 3, 1);
        expect(places, "route[0].to", 0, 0);
        expect(places, "", 0, 0);
    }

    @Test
    void findsTheFirstKeyThatIsGivenTwice() {
        var twice = new KeyPlaces("[tcp]\nsack = true\n[udp]\nsack = 1\n[[nic]]\nmtu = 1\nmtu = 2\n").duplicate();
        assertEquals("nic[0].mtu", twice.key());
        assertEquals(6, twice.first().line());
        assertEquals(7, twice.again().line());
        assertNull(new KeyPlaces("a.b = 1\na.c = 2\n[[n]]\nx=1\n[[n]]\nx=1\n").duplicate());
    }

    @Test
    void linesMayEndInCrLf() {
        var places = new KeyPlaces("[stack]\r\nname = \"x\"\r\n[[nic]]\r\nmtu = 1\r\n");
        expect(places, "stack.name", 2, 1);
        expect(places, "nic[0].mtu", 4, 1);
    }

    @Test
    void survivesWhatIsNoToml() {
        for (String text : new String[] {"", "[", "[[", "[[]]", "]", "=", "= 1", "a", "a =", "a = [", "a = [}", "a = {]}",
                "a = {b", "\"", "'''", "a = \"\\", "a = \"\\U00", "\"\\UFFFFFFFF\" = 1", ".", "a..b = 1",
                "[".repeat(100_000), "a = " + "[".repeat(100_000), "a = " + "{a=".repeat(100_000),
                "a.".repeat(10_000) + "b = 1", "[[nic]", "[nic]]\nx = 1"}) {
            new KeyPlaces(text).of("nic[0].name");
        }
    }
}
