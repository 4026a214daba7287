package dev.millrace.dhcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.wire.IpAddress;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/// Random bytes, and messages that were damaged: a verdict, and nothing thrown; what is taken keeps the bounds.
///
/// `-Dmillrace.fuzz=10000000` says how many inputs, `-Dmillrace.fuzz.seed=N` which.
class DhcpFuzzTest {
    private static final int INPUTS = Integer.getInteger("millrace.fuzz", 200_000);
    private static final long SEED = Long.getLong("millrace.fuzz.seed", 1);
    private static final int[] EDGES = {0, 1, 2, 4, 0x3f, 0x7f, 0x80, 0xc0, 0xfe, 0xff};

    private static List<byte[]> samples() {
        byte[] asked = new RequestWriter(0x0200_0000_0001L, "box", 1500).write(MessageType.DISCOVER, 7, 0, null, null, null);
        Reply rich = Reply.usual(asked, MessageType.ACK, "10.0.0.7", 3600).option(DhcpOption.OVERLOAD, 3)
                .option(DhcpOption.DOMAIN_NAME, 'a', '.', 'b').option(DhcpOption.DOMAIN_SEARCH, 1, 'a', 0, 1, 'b', 0xc0, 0)
                .option(DhcpOption.CLASSLESS_ROUTES, 0, 10, 0, 0, 1, 24, 10, 1, 1, 10, 0, 0, 2)
                .option(DhcpOption.INTERFACE_MTU, 5, 0xdc).seconds(DhcpOption.RENEWAL_TIME, 100)
                .seconds(DhcpOption.REBINDING_TIME, 200).at(DhcpMessage.FILE, DhcpOption.NAME_SERVERS, 4, 10, 0, 0, 9, 255)
                .at(DhcpMessage.SNAME, DhcpOption.DOMAIN_SEARCH, 3, 1, 'c', 0);
        return List.of(Reply.usual(asked, MessageType.OFFER, "10.0.0.7", 60).bytes(), rich.bytes(),
                new Reply(asked, MessageType.NAK, "0.0.0.0").address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.1").bytes());
    }

    @Test
    void anyBytesGiveAVerdictAndNothingElse() {
        var random = new SplittableRandom(SEED);
        List<byte[]> seeds = samples();
        int good = 0;
        for (int i = 0; i < INPUTS; i++) {
            byte[] b = input(seeds, random);
            try {
                good += judge(b, b.length) ? 1 : 0;
            } catch (RuntimeException | Error e) {
                throw new AssertionError("input " + i + " of seed " + SEED + ": " + HexFormat.of().formatHex(b), e);
            }
        }
        assertTrue(good > INPUTS / 10, good + " of " + INPUTS + " were good");
    }

    private static byte[] input(List<byte[]> seeds, SplittableRandom random) {
        if (random.nextInt(8) == 0) {
            byte[] b = new byte[random.nextInt(600)];
            random.nextBytes(b);
            return b;
        }
        byte[] b = seeds.get(random.nextInt(seeds.size())).clone();
        for (int changes = random.nextInt(5); changes > 0; changes--) {
            // The options more often than the header.
            int from = random.nextInt(4) == 0 ? 0 : DhcpMessage.HEADER_LENGTH;
            int at = from < b.length ? random.nextInt(from, b.length) : 0;
            switch (random.nextInt(5)) {
                case 0 -> b[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> b[at] = (byte) EDGES[random.nextInt(EDGES.length)];
                case 2 -> b = Arrays.copyOf(b, Math.max(1, at));
                case 3 -> b = Arrays.copyOf(b, b.length + random.nextInt(100));
                default -> b[at] += (byte) (random.nextInt(5) - 2);
            }
        }
        return b;
    }

    /// Whether it was a message; looks at all that can be read of one.
    private static boolean judge(byte[] b, int length) {
        Optional<DhcpMessage> message = DhcpMessage.parse(b, length);
        if (message.isEmpty()) {
            return false;
        }
        DhcpMessage m = message.get();
        int bytes = m.options().values().stream().mapToInt(o -> o.length).sum();
        assertTrue(bytes <= length, "no more than came");
        Terms.of(m).ifPresent(t -> {
            assertTrue(Terms.isHost(t.address().address()) && t.address().prefixLength() > 0);
            assertTrue(t.leaseNs() >= Terms.MIN_LEASE_SECONDS * Terms.SECOND);
            assertTrue(t.t1Ns() > 0 && t.t1Ns() < t.t2Ns() && t.t2Ns() < t.leaseNs());
            assertTrue(t.routers().size() <= Terms.MAX_SERVERS && t.nameServers().size() <= Terms.MAX_SERVERS);
            assertTrue(t.routes().size() <= ClasslessRoutes.MAX && t.search().size() <= 16);
            assertTrue(t.domain().length() <= 253 && t.search().stream().allMatch(s -> s.length() <= 253));
            assertTrue(t.mtu() == 0 || t.mtu() >= Terms.MIN_MTU);
        });
        client(m);
        return true;
    }

    /// A client in each state takes it, or not, and stays alive.
    private static void client(DhcpMessage m) {
        var client = new DhcpClient(new RequestWriter(m.hardware(), "", 1500), new FixedXid(m.xid()));
        client.start(IpAddress.parse("10.0.0.7"), 0);
        client.onMessage(m, 1);
        drain(client, 2);
        client.start(null, 3);
        client.onMessage(m, 4);
        drain(client, 5);
        client.onMessage(m, 6);
        drain(client, 7);
        assertFalse(client.state() == Dhcp.State.BOUND && client.lease() == null);
    }

    private static void drain(DhcpClient client, long now) {
        int actions = 0;
        for (Action a = client.poll(); a != null; a = client.poll()) {
            assertTrue(++actions < 10);
            if (a instanceof Action.Probe p) {
                client.probed(p.address(), false, now);
            }
        }
    }

    /// Chance that gives every transaction the number of the message.
    private record FixedXid(int xid) implements java.util.random.RandomGenerator {
        @Override
        public long nextLong() {
            return 0;
        }

        @Override
        public int nextInt() {
            return xid;
        }

        @Override
        public long nextLong(long origin, long bound) {
            return origin;
        }

        @Override
        public long nextLong(long bound) {
            return 0;
        }
    }

    /// What is written as options in any number of pieces is read as it was (RFC 3396).
    @Property(tries = 300)
    void optionsInPiecesAreReadInOne(@ForAll @Size(max = 700) byte[] value, @ForAll long seed) {
        var random = new SplittableRandom(seed);
        Reply r = new Reply(1, 2, MessageType.OFFER, "10.0.0.7");
        int at = 0;
        boolean written = false;
        while (at < value.length || !written) {
            int n = Math.min(value.length - at, random.nextInt(256));
            int[] piece = new int[n];
            for (int i = 0; i < n; i++) {
                piece[i] = value[at + i];
            }
            r.option(200, piece);
            written = true;
            at += n;
            if (random.nextBoolean()) {
                r.raw(0, 0).option(201, 1);
            }
        }
        Map<Integer, byte[]> read = r.message().options();
        assertEquals(HexFormat.of().formatHex(value), HexFormat.of().formatHex(read.get(200)));
    }
}
