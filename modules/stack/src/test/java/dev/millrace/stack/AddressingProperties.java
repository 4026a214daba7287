package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Cidr;
import dev.millrace.Stack;
import dev.millrace.spi.NetworkContext.Destination;
import dev.millrace.wire.IpAddress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/// Routes and addresses: longest prefix against a naive search, and what destinations mean.
class AddressingProperties {
    @Property(tries = 200)
    void theLongestPrefixWinsAsInANaiveSearch(@ForAll long seed) throws IOException {
        var random = new Random(seed);
        var fake = new FakePlugins();
        var builder = Stack.builder().nic("n", "fake:", "10.0.0.1/8");
        List<Cidr> nets = new ArrayList<>(List.of(Cidr.parse("10.0.0.0/8")));
        for (int i = 0; i < 12; i++) {
            Cidr net = new Cidr(IpAddress.v4(random.nextInt(4) << 30 | random.nextInt() & 0x00ff00ff), random.nextInt(33)).network();
            nets.add(net);
            builder.route(net.toString(), "n");
        }
        try (Stack stack = fake.assembler().openManual(builder.config(), 1)) {
            for (int i = 0; i < 50; i++) {
                IpAddress to = random.nextBoolean() ? IpAddress.v4(random.nextInt())
                        : IpAddress.v4(nets.get(random.nextInt(nets.size())).address().v4Bits() + random.nextInt(3));
                int best = nets.stream().filter(n -> n.contains(to)).mapToInt(Cidr::prefixLength).max().orElse(-1);
                var route = fake.network.route(to);
                // No route leads a loopback address out.
                if (to.equals(IpAddress.parse("10.0.0.1")) || to.isLoopback()) {
                    assertTrue(route.local());
                } else {
                    assertEquals(best, route == null ? -1 : route.to().prefixLength(), to.toString());
                }
            }
        }
    }

    private static Destination classify(FakePlugins fake, Stack stack, String address) {
        IpAddress a = IpAddress.parse(address);
        return fake.network.classify((StackNic) stack.nics().getFirst(), a.hi(), a.lo());
    }

    @Example
    void destinationsMeanWhatTheRfcsSay() throws IOException {
        var fake = new FakePlugins();
        try (Stack stack = fake.assembler().openManual(
                Stack.builder().nic("n", "fake:", "10.0.0.1/24", "fd00::1234:5678/64").config(), 1)) {
            assertEquals(Destination.LOCAL, classify(fake, stack, "10.0.0.1"));
            assertEquals(Destination.FOREIGN, classify(fake, stack, "10.0.0.2"));
            assertEquals(Destination.BROADCAST, classify(fake, stack, "10.0.0.255"));
            assertEquals(Destination.BROADCAST, classify(fake, stack, "255.255.255.255"));
            assertEquals(Destination.MULTICAST, classify(fake, stack, "224.0.0.1"));
            assertEquals(Destination.FOREIGN, classify(fake, stack, "224.0.0.5"));
            assertEquals(Destination.MULTICAST, classify(fake, stack, "ff02::1"));
            assertEquals(Destination.MULTICAST, classify(fake, stack, "ff02::1:ff34:5678"));
            assertEquals(Destination.FOREIGN, classify(fake, stack, "ff02::1:ff34:5679"));
            assertEquals(Destination.LOCAL, classify(fake, stack, "fd00::1234:5678"));
            assertEquals(Destination.FOREIGN, classify(fake, stack, "fd00::1"));
        }
    }

    @Example
    void aNicMayOwnItsSubnets() throws IOException {
        var fake = new FakePlugins();
        fake.loopback = true;
        try (Stack stack = fake.assembler().openManual(Stack.builder().nic("n", "fake:", "10.0.0.1/24", "fd00::1/64").config(), 1)) {
            assertEquals(Destination.LOCAL, classify(fake, stack, "10.0.0.200"));
            assertEquals(Destination.BROADCAST, classify(fake, stack, "10.0.0.255"));
            assertEquals(Destination.LOCAL, classify(fake, stack, "fd00::dead"));
            assertEquals(Destination.FOREIGN, classify(fake, stack, "10.0.1.1"));
            assertTrue(fake.transport.canBind(IpAddress.parse("10.0.0.77")));
        }
    }

    @Example
    void loopbackAddressesAreOwnWithoutANic() throws IOException {
        var fake = new FakePlugins();
        try (Stack stack = fake.assembler().openManual(Stack.builder().nic("n", "fake:", "10.0.0.1/24", "fd00::1/64")
                .route("default", "10.0.0.254").config(), 1)) {
            for (String[] pair : new String[][] {{"127.0.0.1", "127.0.0.1"}, {"127.9.9.9", "127.0.0.1"}, {"::1", "::1"}}) {
                IpAddress to = IpAddress.parse(pair[0]);
                var route = fake.network.route(to);
                assertTrue(route.local(), pair[0]);
                assertEquals(IpAddress.parse(pair[1]), fake.network.sourceFor(route, to), pair[0]);
                assertEquals(Destination.LOCAL, fake.network.classify(route.nic(), to.hi(), to.lo()), pair[0]);
                assertTrue(fake.transport.canBind(to), pair[0]);
                // From a wire it is nobody's.
                assertEquals(Destination.FOREIGN, classify(fake, stack, pair[0]), pair[0]);
            }
        }
    }

    @Example
    void theSourceIsOfTheRightScopeAndNic() throws IOException {
        var fake = new FakePlugins();
        try (Stack stack = fake.assembler().openManual(Stack.builder().nic("a", "fake:", "10.0.0.1/24", "fe80::1/64", "fd00::1/64")
                .nic("b", "fake:", "10.1.0.1/24", "fd01::1/64").route("default", "10.1.0.254").config(), 1)) {
            for (String[] pair : new String[][] {{"10.0.0.9", "10.0.0.1"}, {"10.1.0.9", "10.1.0.1"}, {"192.0.2.1", "10.1.0.1"},
                {"10.0.0.1", "10.0.0.1"}, {"fe80::9", "fe80::1"}, {"fd00::9", "fd00::1"}, {"fd01::9", "fd01::1"}}) {
                IpAddress to = IpAddress.parse(pair[0]);
                assertEquals(IpAddress.parse(pair[1]), fake.network.sourceFor(fake.network.route(to), to), pair[0]);
            }
        }
    }
}
