package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.ManualStack;
import dev.millrace.NameServers;
import dev.millrace.Nic;
import dev.millrace.NicAddress;
import dev.millrace.NicAddress.State;
import dev.millrace.Stack;
import dev.millrace.spi.HostConfiguration;
import dev.millrace.spi.HostConfiguration.Assignment;
import dev.millrace.spi.HostConfiguration.LearnedRoute;
import dev.millrace.spi.NicPort;
import dev.millrace.spi.Route;
import dev.millrace.testkit.Requirement;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Addresses and routes that a plug-in has learned: their states, lifetimes and order.
class LearnedConfigurationTest {
    private static final long S = 1_000_000_000L;
    private static final long EVER = HostConfiguration.FOREVER;

    private final FakePlugins fake = new FakePlugins();
    private final List<String> heard = new ArrayList<>();
    private ManualStack stack;
    private Nic nic;
    private NicPort port;
    private HostConfiguration learned;

    @BeforeEach
    void open() throws IOException {
        stack = fake.assembler().openManual(Stack.builder().nic("a", "fake:", "fd00::1/64").nic("b", "fake:", "10.0.0.1/24")
                .config(), 1);
        stack.step(0);
        nic = stack.nics().getFirst();
        port = (NicPort) nic;
        learned = fake.network.hostConfiguration("test", new HostConfiguration.Listener() {
            @Override
            public void addressUsable(NicPort n, IpAddress address) {
                heard.add("usable " + address);
            }

            @Override
            public void addressDuplicate(NicPort n, IpAddress address) {
                heard.add("duplicate " + address);
            }

            @Override
            public void addressRemoved(NicPort n, IpAddress address) {
                heard.add("removed " + address);
                throw new IllegalStateException("a listener's own fault");
            }
        });
    }

    @AfterEach
    void close() {
        stack.close();
    }

    private boolean put(String cidr, boolean check, boolean temporary, long preferred, long valid) {
        return learned.put(port, new Assignment(Cidr.parse(cidr), false, check, temporary, preferred, valid));
    }

    private State state(String address) {
        return nic.addressDetails().stream().filter(a -> a.address().equals(IpAddress.parse(address)))
                .map(NicAddress::state).findFirst().orElse(null);
    }

    private String source(String destination) {
        IpAddress to = IpAddress.parse(destination);
        Route route = fake.network.route(to);
        return route == null ? "no route" : fake.network.sourceFor(route, to).toString();
    }

    private String via(String destination) {
        Route route = fake.network.route(IpAddress.parse(destination));
        return route == null ? "none" : route.via() == null ? "link" : route.via().toString();
    }

    @Test
    void anAddressGoesThroughItsStates() {
        assertTrue(put("2001:db8::5/64", true, false, 100 * S, 200 * S));
        assertEquals(State.TENTATIVE, state("2001:db8::5"));
        assertFalse(nic.addresses().contains(Cidr.parse("2001:db8::5/64")));
        assertFalse(fake.transport.canBind(IpAddress.parse("2001:db8::5")));
        assertNull(fake.network.route(IpAddress.parse("2001:db8::5")), "nothing comes to it");
        fake.network.addressChecked(port, IpAddress.parse("2001:db8::5"), true);
        assertEquals(State.PREFERRED, state("2001:db8::5"));
        assertTrue(fake.transport.canBind(IpAddress.parse("2001:db8::5")));
        stack.step(99 * S);
        assertEquals(State.PREFERRED, state("2001:db8::5"));
        stack.step(101 * S);
        assertEquals(State.DEPRECATED, state("2001:db8::5"));
        assertTrue(fake.transport.canBind(IpAddress.parse("2001:db8::5")), "who has it keeps it");
        Route before = fake.network.route(IpAddress.parse("fd00::9"));
        stack.step(199 * S);
        assertEquals(Duration.ofSeconds(1), nic.addressDetails().getLast().valid());
        stack.step(201 * S);
        assertNull(state("2001:db8::5"));
        assertFalse(before.isCurrent());
        assertFalse(before.allows(IpAddress.parse("2001:db8::5")), "nothing leaves from it over the old path");
        assertTrue(before.allows(IpAddress.parse("fd00::1")));
        assertEquals(List.of("usable 2001:db8::5", "removed 2001:db8::5"), heard);
        assertEquals(1, stack.counters().get("failures").get("address-listener"));
    }

    @Test
    void aRenewedLifetimeDisturbsNoPath() {
        assertTrue(put("2001:db8::5/64", false, false, 100 * S, 200 * S));
        learned.putRoute(port, new LearnedRoute(Cidr.parse("::/0"), IpAddress.parse("fe80::1"), 0, true, 100 * S));
        Route route = fake.network.route(IpAddress.parse("fd00::9"));
        for (int i = 1; i < 50; i++) {
            stack.step(i * 50 * S);
            assertTrue(put("2001:db8::5/64", true, false, i * 50 * S + 100 * S, i * 50 * S + 200 * S));
            learned.putRoute(port, new LearnedRoute(Cidr.parse("::/0"), IpAddress.parse("fe80::1"), 0, true, (i * 50 + 100) * S));
        }
        assertEquals(State.PREFERRED, state("2001:db8::5"), "what is in use is not checked again");
        assertTrue(route.isCurrent());
        assertEquals("fe80::1", via("2001:db8:9::1"));
        stack.step(100_000 * S);
        assertEquals("none", via("2001:db8:9::1"));
        assertNull(state("2001:db8::5"));
    }

    @Test
    void aDuplicateIsShownAndNotUsed() {
        put("2001:db8::5/64", true, false, EVER, EVER);
        fake.network.addressChecked(port, IpAddress.parse("2001:db8::5"), false);
        assertEquals(State.DUPLICATE, state("2001:db8::5"));
        fake.network.addressChecked(port, IpAddress.parse("2001:db8::5"), true);
        assertEquals(State.DUPLICATE, state("2001:db8::5"));
        assertFalse(fake.transport.canBind(IpAddress.parse("2001:db8::5")));
        assertTrue(learned.remove(port, IpAddress.parse("2001:db8::5")));
        assertFalse(learned.remove(port, IpAddress.parse("2001:db8::5")));
    }

    @Test
    void whatIsAnothersIsLeftAlone() {
        HostConfiguration other = fake.network.hostConfiguration("other", new HostConfiguration.Listener() {
        });
        assertTrue(put("2001:db8::5/64", false, false, EVER, EVER));
        var same = new Assignment(Cidr.parse("2001:db8::5/64"), true, false, false, EVER, EVER);
        assertFalse(other.put(port, same));
        assertFalse(other.remove(port, IpAddress.parse("2001:db8::5")));
        assertFalse(learned.put(port, new Assignment(Cidr.parse("fd00::1/64"), true, false, false, EVER, EVER)));
        assertFalse(learned.put((NicPort) stack.nics().getLast(), same), "it is another NIC's");
        assertFalse(put("ff02::1/64", false, false, EVER, EVER));
        assertFalse(put("2001:db8::6/64", false, false, EVER, 0), "its time is over already");
        learned.putRoute(port, new LearnedRoute(Cidr.parse("::/0"), IpAddress.parse("fe80::1"), 0, true, EVER));
        assertFalse(other.removeRoute(port, Cidr.parse("::/0"), IpAddress.parse("fe80::1")));
        assertTrue(learned.removeRoute(port, Cidr.parse("::/0"), IpAddress.parse("fe80::1")));
        stack.close();
        assertFalse(put("2001:db8::7/64", false, false, EVER, EVER));
    }

    /// RFC 6724 §5, the rules 2, 3, 6, 7 and 8.
    @Requirement("RFC9293:MUST-44")
    @ParameterizedTest
    @CsvSource({"2001:db8:1::9, 2001:db8:1::7", "2001:db8:2::9, 2001:db8:2::5", "fd00::9, fd00::1", "fe80::9, fe80::5",
        "ff02::1, fe80::5", "ff05::1, 2001:db8:1::7", "2001:db8:2::5, 2001:db8:2::5"})
    void theSourceFitsTheDestination(String destination, String expected) {
        learned.putRoute(port, new LearnedRoute(Cidr.parse("::/0"), IpAddress.parse("fe80::1"), 0, true, EVER));
        put("fe80::5/64", false, false, EVER, EVER);
        put("2001:db8:1::4/64", false, false, 0, EVER);
        put("2001:db8:1::5/64", false, false, EVER, EVER);
        put("2001:db8:1::6/64", false, true, 0, EVER);
        put("2001:db8:1::7/64", false, true, EVER, EVER);
        put("2001:db8:1::8/64", true, true, EVER, EVER);
        put("2001:db8:2::5/64", false, false, EVER, EVER);
        if (expected.equals("2001:db8:2::5")) {
            learned.remove(port, IpAddress.parse("2001:db8:1::7"));
        }
        assertEquals(expected, source(destination));
    }

    @Test
    void routesAreTriedInTheOrderOfRfc4191() {
        Cidr all = Cidr.parse("::/0");
        learned.putRoute(port, new LearnedRoute(all, IpAddress.parse("fe80::1"), 0, true, EVER));
        learned.putRoute(port, new LearnedRoute(all, IpAddress.parse("fe80::2"), 1, true, EVER));
        learned.putRoute(port, new LearnedRoute(all, IpAddress.parse("fe80::3"), -1, true, EVER));
        learned.putRoute(port, new LearnedRoute(Cidr.parse("2001:db8:7::/48"), IpAddress.parse("fe80::3"), -1, true, EVER));
        assertEquals("fe80::2", via("2001:db8::1"));
        assertEquals("fe80::3", via("2001:db8:7::1"), "the more specific route");
        // Who does not answer comes last, however preferred.
        learned.putRoute(port, new LearnedRoute(all, IpAddress.parse("fe80::2"), 1, false, EVER));
        assertEquals("fe80::1", via("2001:db8::1"));
        learned.putRoute(port, new LearnedRoute(all, IpAddress.parse("fe80::1"), 0, false, EVER));
        assertEquals("fe80::3", via("2001:db8::1"));
        assertEquals(3, stack.routes().stream().filter(r -> r.origin().equals("test") && r.to().equals(all)).count());
    }

    @Test
    void nameServersLiveAsLongAsTheyAreTold() {
        NameServers servers = stack.service(NameServers.class).orElseThrow();
        learned.setNameServers(port, List.of(new HostConfiguration.NameServer(IpAddress.parse("2001:db8::53"), 10 * S),
                new HostConfiguration.NameServer(IpAddress.parse("2001:db8::54"), EVER)));
        assertEquals(2, servers.list().size());
        assertEquals("test", servers.list().getFirst().origin());
        stack.step(11 * S);
        assertEquals(List.of("2001:db8::54"), servers.list().stream().map(s -> IpAddress.of(s.address()).toString()).toList());
        learned.setNameServers(port, List.of());
        assertEquals(List.of(), servers.list());
    }
}
