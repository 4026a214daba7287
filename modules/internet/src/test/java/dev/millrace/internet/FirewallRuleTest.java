package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.internet.FirewallRule.Action;
import dev.millrace.internet.FirewallRule.Direction;
import dev.millrace.wire.IpAddress;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Rules as text.
class FirewallRuleTest {
    @Test
    void aRuleIsReadWordByWord() {
        assertEquals(new FirewallRule(Action.DROP, Direction.BOTH, 6, null, Cidr.parse("10.0.0.0/8"), 80, 90),
                FirewallRule.parse("drop tcp from any to 10.0.0.0/8 port 80-90"));
        assertEquals(new FirewallRule(Action.ALLOW, Direction.IN, 1, Cidr.parse("2001:db8::/32"), null, 0, 65535),
                FirewallRule.parse("  ALLOW in icmp\tfrom 2001:db8::/32 to any "));
        assertEquals(new FirewallRule(Action.REJECT, Direction.OUT, FirewallRule.ANY_PROTOCOL, null, null, 0, 65535),
                FirewallRule.parse("reject out any from any to any"));
        assertEquals(new FirewallRule(Action.ALLOW, Direction.BOTH, 17, Cidr.parse("10.0.0.1"), null, 53, 53),
                FirewallRule.parse("allow udp from 10.0.0.1 to any port 53"));
    }

    @Test
    void hostBitsAndTheOtherIcmpMakeNoDifference() {
        assertEquals(FirewallRule.parse("drop 1 from 10.0.0.0/8 to any"), FirewallRule.parse("drop 58 from 10.9.9.9/8 to any"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "'' | an action is missing",
        "permit tcp from any to any | \"permit\" is no action",
        "drop | a protocol is missing",
        "drop tpc from any to any | \"tpc\" is no protocol",
        "drop 256 from any to any | \"256\" is no protocol",
        "drop tcp any to any | \"any\" stands where \"from\" must",
        "drop tcp from any | \"to\" is missing",
        "drop tcp from any to | an address is missing",
        "drop tcp from any to 10.0.0.1.1 | is no IP address",
        "drop tcp from any to example.org | \"example.org\" is no IP address",
        "drop tcp from any to 10.0.0.0/33 | prefix length 33",
        "drop tcp from 10.0.0.0/8 to fd00::/8 | different IP versions",
        "drop tcp from any to any port | a port is missing",
        "drop tcp from any to any port http | \"http\" is no port",
        "drop tcp from any to any port 90-80 | ports 90-80 are no range",
        "drop tcp from any to any port 1-65536 | \"65536\" is no port",
        "drop tcp from any to any port 80- | \"\" is no port",
        "drop icmp from any to any port 80 | only tcp and udp have ports",
        "drop tcp from any to any port 80 now | \"now\" is more than a rule has",
        "drop tcp from any to any ports 80 | \"ports\" stands where \"port\" must"})
    void aMistakeIsNamedAndTheFormSaid(String text, String mistake) {
        String message = assertThrows(IllegalArgumentException.class, () -> FirewallRule.parse(text)).getMessage();
        assertTrue(message.startsWith("\"" + text + "\" is no firewall rule: "), message);
        assertTrue(message.contains(mistake), message);
        assertTrue(message.contains("a rule reads: "), message);
    }

    @ParameterizedTest
    @ValueSource(ints = {-2, 256})
    void thereIsNoSuchProtocol(int protocol) {
        assertThrows(IllegalArgumentException.class,
                () -> new FirewallRule(Action.DROP, Direction.IN, protocol, null, null, 0, 65535));
    }

    @Provide
    Arbitrary<FirewallRule> rules() {
        Arbitrary<Cidr> v4 = Combinators.combine(Arbitraries.integers(), Arbitraries.integers().between(0, 32))
                .as((bits, n) -> new Cidr(IpAddress.v4(bits), n));
        Arbitrary<Cidr> v6 = Combinators.combine(Arbitraries.longs().between(1L << 56, Long.MAX_VALUE), Arbitraries.longs(),
                Arbitraries.integers().between(8, 128)).as((hi, lo, n) -> new Cidr(new IpAddress(hi, lo), n));
        Arbitrary<Cidr[]> pairs = Arbitraries.oneOf(v4.injectNull(0.2).array(Cidr[].class).ofSize(2),
                v6.injectNull(0.2).array(Cidr[].class).ofSize(2));
        Arbitrary<int[]> ports = Arbitraries.integers().between(0, 65535).array(int[].class).ofSize(2);
        return Combinators.combine(Arbitraries.of(Action.class), Arbitraries.of(Direction.class),
                Arbitraries.integers().between(-1, 255), pairs, ports).as((action, direction, protocol, c, p) -> {
                    boolean hasPorts = protocol == 6 || protocol == 17;
                    return new FirewallRule(action, direction, protocol, c[0], c[1], hasPorts ? Math.min(p[0], p[1]) : 0,
                            hasPorts ? Math.max(p[0], p[1]) : 65535);
                });
    }

    @Property
    void textAndRuleSayTheSame(@ForAll("rules") FirewallRule rule) {
        assertEquals(rule, FirewallRule.parse(rule.toString()));
    }

    @Property
    void anyTextIsARuleOrAnArgumentError(@ForAll String text) {
        try {
            FirewallRule.parse(text);
        } catch (IllegalArgumentException e) {
            assertTrue(e.getMessage().contains("a rule reads"));
        }
    }
}
