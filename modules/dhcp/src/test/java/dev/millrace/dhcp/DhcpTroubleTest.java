package dev.millrace.dhcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.dhcp.Dhcp.State;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The client in virtual time, when things go wrong: servers that do not keep their word, links that flap, memory that ends.
@Timeout(60)
class DhcpTroubleTest {
    private static final long MAC = 0x0200_0000_0001L;
    private static final long S = Terms.SECOND;
    private static final IpAddress ADDRESS = IpAddress.parse("10.0.0.7");

    private final RandomGenerator chance = new SplittableRandom(1);
    /// So many calls until one fails for want of memory; less than 0 for never.
    private int callsToFailure = -1;
    private final DhcpClient client = new DhcpClient(new RequestWriter(MAC, "", 1500), this::next);
    private long now = Long.MAX_VALUE - 100 * S;

    private long next() {
        if (callsToFailure >= 0 && callsToFailure-- == 0) {
            throw new OutOfMemoryError("a test's");
        }
        return chance.nextLong();
    }

    private List<Action> actions() {
        var all = new ArrayList<Action>();
        for (Action a = client.poll(); a != null; a = client.poll()) {
            if (!(a instanceof Action.Note)) {
                all.add(a);
            }
        }
        return all;
    }

    private byte[] sent(MessageType type) {
        List<Action> all = actions();
        byte[] message = assertInstanceOf(Action.Send.class, all.getLast(), all.toString()).bytes();
        assertEquals(type, MessageType.of(OptionReader.read(message, message.length).get(DhcpOption.MESSAGE_TYPE)[0]));
        return message;
    }

    private boolean give(byte[] asked, MessageType type, String server, int lease) {
        return client.onMessage(new Reply(asked, type, ADDRESS.toString()).address(DhcpOption.SERVER_IDENTIFIER, server)
                .seconds(DhcpOption.LEASE_TIME, lease).address(DhcpOption.SUBNET_MASK, "255.255.255.0").message(), now);
    }

    private void jump() {
        assertNotEquals(DhcpClient.NEVER, client.nextDeadlineNs(), "nothing comes any more in " + client.state());
        now = client.nextDeadlineNs();
        client.onTimer(now);
    }

    private void bound(int lease) {
        client.start(null, now);
        assertTrue(give(sent(MessageType.DISCOVER), MessageType.OFFER, "10.0.0.1", lease));
        assertTrue(give(sent(MessageType.REQUEST), MessageType.ACK, "10.0.0.1", lease));
        assertEquals(List.of(new Action.Probe(ADDRESS)), actions());
        client.probed(ADDRESS, false, now);
        assertInstanceOf(Action.Use.class, actions().getLast());
    }

    // ---- servers

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whoOffersAndDoesNotKeepItComesAfterOthers(boolean refuses) {
        client.start(null, now);
        assertTrue(give(sent(MessageType.DISCOVER), MessageType.OFFER, "10.0.0.66", 3600));
        if (refuses) {
            assertTrue(give(sent(MessageType.REQUEST), MessageType.NAK, "10.0.0.66", 3600));
        }
        while (client.state() != State.SELECTING) {
            jump();
        }
        byte[] discover = sent(MessageType.DISCOVER);
        // It is the fastest again.
        assertTrue(give(discover, MessageType.OFFER, "10.0.0.66", 3600));
        assertEquals(List.of(), actions());
        assertTrue(give(discover, MessageType.OFFER, "10.0.0.1", 3600));
        assertEquals(IpAddress.parse("10.0.0.1"),
                IpAddress.of(OptionReader.read(sent(MessageType.REQUEST), 300).get(DhcpOption.SERVER_IDENTIFIER)));
    }

    @Test
    void whoIsAloneIsTakenNevertheless() {
        client.start(null, now);
        assertTrue(give(sent(MessageType.DISCOVER), MessageType.OFFER, "10.0.0.1", 3600));
        while (client.state() != State.SELECTING) {
            jump();
        }
        byte[] discover = sent(MessageType.DISCOVER);
        assertTrue(give(discover, MessageType.OFFER, "10.0.0.1", 3600));
        assertFalse(give(discover, MessageType.ACK, "10.0.0.1", 3600));
        assertEquals(List.of(), actions());
        jump();
        assertTrue(give(sent(MessageType.REQUEST), MessageType.ACK, "10.0.0.1", 3600));
    }

    /// RFC 2131 §4.4.5: a lease counts from the request that was answered, not from one long before it that was not.
    @Test
    void aShorterLeaseThatComesLateHolds() {
        bound(80_000);
        jump();
        assertEquals(State.RENEWING, client.state());
        actions();
        jump();
        jump();
        byte[] third = sent(MessageType.REQUEST);
        assertEquals(State.RENEWING, client.state());
        long asked = now;
        now += S;
        assertTrue(give(third, MessageType.ACK, "10.0.0.1", 3600));
        assertEquals(State.BOUND, client.state());
        assertEquals(asked, assertInstanceOf(Action.Use.class, actions().getLast()).beganNs());
        assertTrue(client.nextDeadlineNs() - now > 1_000 * S);
    }

    /// The stack hears of the end of a lease whatever ended it.
    @Test
    void aLeaseThatIsOverWhenItComesEndsTheOneBefore() {
        bound(3600);
        client.linkUp(now);
        byte[] request = sent(MessageType.REQUEST);
        now += 40 * S;
        assertTrue(give(request, MessageType.ACK, "10.0.0.1", 30));
        assertNull(client.lease());
        assertTrue(actions().stream().anyMatch(Action.End.class::isInstance));
        assertEquals(State.SELECTING, client.state());
    }

    // ---- the link

    @Test
    void whatAnotherNetworkGrantedIsNotUsedWhenTheLinkComesBack() {
        client.start(null, now);
        assertTrue(give(sent(MessageType.DISCOVER), MessageType.OFFER, "10.0.0.1", 3600));
        assertTrue(give(sent(MessageType.REQUEST), MessageType.ACK, "10.0.0.1", 3600));
        assertEquals(State.CHECKING, client.state());
        actions();
        client.linkUp(now);
        byte[] anew = sent(MessageType.DISCOVER);
        client.probed(ADDRESS, false, now);
        assertEquals(List.of(), actions());
        assertNull(client.lease());
        assertTrue(give(anew, MessageType.OFFER, "10.0.0.1", 3600));
    }

    // ---- the beginning

    @Test
    void hostsThatBeginTogetherNeedNotAskTogether() {
        client.startLater(3 * S, now);
        assertEquals(List.of(), actions());
        assertEquals(State.INIT, client.state());
        long began = now;
        jump();
        assertEquals(3 * S, now - began);
        assertEquals(0, DhcpMessage.i16(sent(MessageType.DISCOVER), 8), "secs counts from the first message");
    }

    // ---- memory

    /// Whatever input fails, at whatever point: the client comes to a lease.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void whatFailsOnceIsDoneLater(int calls) {
        callsToFailure = calls;
        step(() -> client.start(null, now));
        for (int i = 0; i < 100 && client.state() != State.BOUND; i++) {
            List<Action> all = actions();
            for (Action a : all) {
                if (a instanceof Action.Send s) {
                    boolean offer = client.state() == State.SELECTING;
                    step(() -> give(s.bytes(), offer ? MessageType.OFFER : MessageType.ACK, "10.0.0.1", 3600));
                } else if (a instanceof Action.Probe p) {
                    step(() -> client.probed(p.address(), false, now));
                }
            }
            if (all.isEmpty()) {
                assertNotEquals(DhcpClient.NEVER, client.nextDeadlineNs(), "nothing comes any more in " + client.state());
                now = client.nextDeadlineNs();
                step(() -> client.onTimer(now));
            }
        }
        assertEquals(State.BOUND, client.state());
        assertInstanceOf(Action.Use.class, actions().getLast());
        assertTrue(callsToFailure < 0, "it was not failed");
    }

    @Test
    void aRenewalThatFailsKeepsTheLease() {
        bound(3600);
        callsToFailure = 0;
        now = client.nextDeadlineNs();
        assertThrows(OutOfMemoryError.class, () -> client.onTimer(now));
        client.failed(now);
        assertEquals(3600 * S, client.lease().leaseNs());
        jump();
        assertTrue(give(sent(MessageType.REQUEST), MessageType.ACK, "10.0.0.1", 3600));
        assertEquals(State.BOUND, client.state());
    }

    /// As its NIC does it.
    private void step(Runnable input) {
        try {
            input.run();
        } catch (OutOfMemoryError e) {
            client.failed(now);
        }
    }
}
