package dev.millrace.dhcp;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.dhcp.Dhcp.State;
import dev.millrace.wire.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The client in virtual time: what it sends to whom, and when.
@Timeout(60)
class DhcpClientTest {
    private static final long MAC = 0x0200_0000_0001L;
    private static final long S = Terms.SECOND;
    private static final String ADDRESS = "10.0.0.7";

    private final DhcpClient client = new DhcpClient(new RequestWriter(MAC, "box", 1500), new SplittableRandom(1));
    /// Near the end of what a long holds: only differences mean something.
    private long now = Long.MAX_VALUE - 100 * S;

    private Action.Send sent() {
        Action a = client.poll();
        while (a instanceof Action.Note) {
            a = client.poll();
        }
        return assertInstanceOf(Action.Send.class, a);
    }

    private byte[] broadcast(MessageType type) {
        Action.Send s = sent();
        assertNull(s.to());
        assertEquals(type, type(s.bytes()));
        return s.bytes();
    }

    private static MessageType type(byte[] message) {
        return MessageType.of(options(message).get(DhcpOption.MESSAGE_TYPE)[0]);
    }

    private static Map<Integer, byte[]> options(byte[] message) {
        return OptionReader.read(message, message.length);
    }

    private void nothing() {
        assertNull(client.poll());
    }

    /// Jumps to the next deadline, and returns how many seconds that took.
    private double next() {
        long deadline = client.nextDeadlineNs();
        assertNotEquals(DhcpClient.NEVER, deadline);
        double seconds = (deadline - now) / (double) S;
        now = deadline;
        client.onTimer(now);
        return seconds;
    }

    private void pass(long seconds) {
        long end = now + seconds * S;
        for (int i = 0; client.nextDeadlineNs() != DhcpClient.NEVER && client.nextDeadlineNs() - end <= 0; i++) {
            assertTrue(i < 1_000, "the time does not pass");
            now = client.nextDeadlineNs();
            client.onTimer(now);
        }
        now = end;
    }

    private boolean give(Reply reply) {
        return client.onMessage(reply.message(), now);
    }

    private static void near(double expected, double found, double most) {
        assertTrue(Math.abs(found - expected) <= most, "expected " + expected + " but was " + found);
    }

    /// Up to a lease of this many seconds.
    private void bound(int leaseSeconds) {
        client.start(null, now);
        take(leaseSeconds);
    }

    private void take(int leaseSeconds) {
        assertTrue(give(Reply.usual(broadcast(MessageType.DISCOVER), MessageType.OFFER, ADDRESS, leaseSeconds)));
        assertTrue(give(Reply.usual(broadcast(MessageType.REQUEST), MessageType.ACK, ADDRESS, leaseSeconds)));
        assertEquals(new Action.Probe(IpAddress.parse(ADDRESS)), client.poll());
        client.probed(IpAddress.parse(ADDRESS), false, now);
        assertInstanceOf(Action.Use.class, client.poll());
        nothing();
        assertEquals(State.BOUND, client.state());
    }

    @Test
    void anAddressIsFoundAskedForCheckedAndUsed() {
        client.start(null, now);
        byte[] discover = broadcast(MessageType.DISCOVER);
        Map<Integer, byte[]> said = options(discover);
        assertTrue(discover.length >= 300);
        assertEquals(0x80, discover[10] & 0xff, "answers are to come to all stations");
        assertEquals(MAC, Reply.hardware(discover));
        assertArrayEquals(new byte[] {1, 2, 0, 0, 0, 0, 1}, said.get(DhcpOption.CLIENT_IDENTIFIER));
        assertArrayEquals("box".getBytes(), said.get(DhcpOption.HOST_NAME));
        assertEquals(1500, DhcpMessage.i16(said.get(DhcpOption.MAX_MESSAGE_SIZE), 0));
        assertNull(said.get(DhcpOption.REQUESTED_ADDRESS));
        nothing();

        assertTrue(give(Reply.usual(discover, MessageType.OFFER, ADDRESS, 3600)));
        byte[] request = broadcast(MessageType.REQUEST);
        assertEquals(DhcpMessage.i32(discover, DhcpMessage.XID), DhcpMessage.i32(request, DhcpMessage.XID));
        assertArrayEquals(IpAddress.parse(ADDRESS).toBytes(), options(request).get(DhcpOption.REQUESTED_ADDRESS));
        assertArrayEquals(IpAddress.parse("10.0.0.1").toBytes(), options(request).get(DhcpOption.SERVER_IDENTIFIER));
        assertEquals(0, DhcpMessage.i32(request, DhcpMessage.CIADDR), "RFC 2131 table 5: ciaddr is zero");

        now += S;
        assertTrue(give(Reply.usual(request, MessageType.ACK, ADDRESS, 3600)));
        assertInstanceOf(Action.Probe.class, client.poll());
        assertEquals(State.CHECKING, client.state());
        now += S;
        client.probed(IpAddress.parse(ADDRESS), false, now);
        var use = assertInstanceOf(Action.Use.class, client.poll());
        assertEquals(now - 2 * S, use.beganNs(), "a lease counts from its request");
        assertEquals("10.0.0.7/24", use.terms().address().toString());
        assertEquals(State.BOUND, client.state());
        assertFalse(give(Reply.usual(request, MessageType.ACK, ADDRESS, 3600)), "a second one is nothing new");
    }

    @Test
    void unansweredQuestionsAreRepeatedLessAndLessOften() {
        client.start(null, now);
        byte[] first = broadcast(MessageType.DISCOVER);
        double seconds = 0;
        for (int expected : new int[] {4, 8, 16, 32, 64, 64, 64}) {
            double waited = next();
            near(expected, waited, 1);
            seconds += waited;
            byte[] again = broadcast(MessageType.DISCOVER);
            assertEquals(DhcpMessage.i32(first, DhcpMessage.XID), DhcpMessage.i32(again, DhcpMessage.XID));
            near(seconds, DhcpMessage.i16(again, 8), 1);
        }
    }

    @Test
    void whoOffersAndSaysNoMoreIsLeft() {
        client.start(null, now);
        give(Reply.usual(broadcast(MessageType.DISCOVER), MessageType.OFFER, ADDRESS, 3600));
        byte[] request = broadcast(MessageType.REQUEST);
        for (int expected : new int[] {4, 8, 16}) {
            near(expected, next(), 1);
            assertEquals(MessageType.REQUEST, type(broadcast(MessageType.REQUEST)));
        }
        near(32, next(), 1);
        byte[] discover = broadcast(MessageType.DISCOVER);
        assertNotEquals(DhcpMessage.i32(request, DhcpMessage.XID), DhcpMessage.i32(discover, DhcpMessage.XID));
        assertFalse(give(Reply.usual(request, MessageType.ACK, ADDRESS, 3600)), "too late");
    }

    @Test
    void onlyAnswersToTheLastQuestionCount() {
        client.start(null, now);
        byte[] discover = broadcast(MessageType.DISCOVER);
        int xid = DhcpMessage.i32(discover, DhcpMessage.XID);
        assertFalse(client.onMessage(Reply.usual(discover, MessageType.ACK, ADDRESS, 60).message(), now));
        assertFalse(client.onMessage(Reply.usual(discover, MessageType.NAK, ADDRESS, 60).message(), now));
        assertFalse(client.onMessage(new Reply(xid + 1, MAC, MessageType.OFFER, ADDRESS).message(), now));
        byte[] others = discover.clone();
        others[DhcpMessage.CHADDR + 5] ^= 1;
        assertFalse(give(Reply.usual(others, MessageType.OFFER, ADDRESS, 60)));
        nothing();
        assertEquals(State.SELECTING, client.state());

        assertTrue(give(Reply.usual(discover, MessageType.OFFER, ADDRESS, 60)));
        byte[] request = broadcast(MessageType.REQUEST);
        assertFalse(give(Reply.usual(request, MessageType.ACK, "10.0.0.8", 60)), "another address than was asked for");
        Reply otherServer = new Reply(request, MessageType.ACK, ADDRESS).address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.2")
                .seconds(DhcpOption.LEASE_TIME, 60).address(DhcpOption.SUBNET_MASK, "255.255.255.0");
        assertFalse(give(otherServer));
        assertFalse(give(new Reply(request, MessageType.NAK, "0.0.0.0").address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.2")));
        assertFalse(give(new Reply(request, MessageType.NAK, "0.0.0.0")), "from nobody");
        nothing();
        assertEquals(State.REQUESTING, client.state());
    }

    @Test
    void aLeaseIsRenewedWithItsServerAtHalfTime() {
        bound(3600);
        near(1800, next(), 1800 / 32 + 1);
        assertEquals(State.RENEWING, client.state());
        Action.Send s = sent();
        assertEquals(IpAddress.parse("10.0.0.1"), s.to());
        assertEquals(IpAddress.parse(ADDRESS), s.from());
        assertEquals(IpAddress.parse(ADDRESS).v4Bits(), DhcpMessage.i32(s.bytes(), DhcpMessage.CIADDR));
        assertEquals(0, s.bytes()[10], "no broadcast: the client can be reached");
        assertNull(options(s.bytes()).get(DhcpOption.REQUESTED_ADDRESS));
        assertNull(options(s.bytes()).get(DhcpOption.SERVER_IDENTIFIER));
        long asked = now;
        now += S;
        assertTrue(give(Reply.usual(s.bytes(), MessageType.ACK, ADDRESS, 7200)));
        var use = assertInstanceOf(Action.Use.class, client.poll());
        assertEquals(asked, use.beganNs());
        nothing();
        near(3600, next(), 3600 / 32 + 2);
        assertEquals(State.RENEWING, client.state());
    }

    @Test
    void theTimesThatTheServerSaysHoldIfTheyMakeSense() {
        client.start(null, now);
        give(Reply.usual(broadcast(MessageType.DISCOVER), MessageType.OFFER, ADDRESS, 1000));
        give(Reply.usual(broadcast(MessageType.REQUEST), MessageType.ACK, ADDRESS, 1000).seconds(DhcpOption.RENEWAL_TIME, 100)
                .seconds(DhcpOption.REBINDING_TIME, 200));
        client.poll();
        client.probed(IpAddress.parse(ADDRESS), false, now);
        client.poll();
        near(100, next(), 100 / 32 + 1);
        sent();
        now += 60 * S;
        client.onTimer(now);
        pass(45);
        assertEquals(State.REBINDING, client.state());
    }

    @Test
    void withoutAnAnswerAllAreAskedAndThenTheAddressIsGone() {
        bound(3600);
        long began = now;
        next();
        assertEquals(State.RENEWING, client.state());
        // Half of the time that is left until T2, then half of that, and never more often than once a minute.
        near(1350 / 2.0, next(), 60);
        assertEquals(IpAddress.parse("10.0.0.1"), sent().to());
        assertEquals(IpAddress.parse("10.0.0.1"), sent().to());
        for (int i = 0; client.state() == State.RENEWING; i++) {
            assertTrue(next() > 0 && i < 100);
        }
        assertEquals(State.REBINDING, client.state());
        near(3150, (now - began) / (double) S, 1);
        int rebinds = 0;
        Action a;
        byte[] last = null;
        for (int i = 0; client.state() == State.REBINDING; i++) {
            next();
            assertTrue(i < 100);
        }
        near(3600, (now - began) / (double) S, 1);
        boolean ended = false;
        List<Action> all = new ArrayList<>();
        while ((a = client.poll()) != null) {
            all.add(a);
            if (a instanceof Action.Send s && s.from() != null && s.to() == null) {
                rebinds++;
                last = s.bytes();
                assertEquals(IpAddress.parse(ADDRESS).v4Bits(), DhcpMessage.i32(last, DhcpMessage.CIADDR));
            }
            ended |= a instanceof Action.End;
        }
        assertTrue(ended && rebinds >= 2 && rebinds <= 6, all.toString());
        assertEquals(State.SELECTING, client.state());
        assertNull(client.lease());
        // What it had is what it would like to have again.
        byte[] discover = ((Action.Send) all.getLast()).bytes();
        assertArrayEquals(IpAddress.parse(ADDRESS).toBytes(), options(discover).get(DhcpOption.REQUESTED_ADDRESS));
    }

    @Test
    void anyServerMayAnswerWhoRebinds() {
        bound(3600);
        next();
        sent();
        for (int i = 0; client.state() == State.RENEWING; i++) {
            next();
            assertTrue(i < 100);
        }
        Action.Send s = null;
        for (Action a = client.poll(); a != null; a = client.poll()) {
            s = (Action.Send) a;
        }
        assertNull(s.to());
        Reply other = new Reply(s.bytes(), MessageType.ACK, ADDRESS).address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.2")
                .seconds(DhcpOption.LEASE_TIME, 600).address(DhcpOption.SUBNET_MASK, "255.255.255.0");
        assertTrue(give(other));
        assertInstanceOf(Action.Use.class, client.poll());
        assertEquals(IpAddress.parse("10.0.0.2"), client.lease().server());
        assertEquals(State.BOUND, client.state());
    }

    @Test
    void aRefusalEndsTheLeaseAndBeginsAnew() {
        bound(3600);
        next();
        byte[] request = sent().bytes();
        assertTrue(give(new Reply(request, MessageType.NAK, "0.0.0.0").address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.1")));
        assertInstanceOf(Action.Note.class, client.poll());
        assertInstanceOf(Action.End.class, client.poll());
        byte[] discover = broadcast(MessageType.DISCOVER);
        assertNull(options(discover).get(DhcpOption.REQUESTED_ADDRESS), "not what was refused");
        assertNull(client.lease());
    }

    @Test
    void aServerThatGoesOnRefusingIsAskedLessAndLessOften() {
        client.start(null, now);
        int messages = 0;
        long end = now + 300 * S;
        while (now - end < 0) {
            for (Action a = client.poll(); a != null; a = client.poll()) {
                if (a instanceof Action.Send s) {
                    assertTrue(++messages < 1_000);
                    boolean offer = type(s.bytes()) == MessageType.DISCOVER;
                    assertTrue(give(offer ? Reply.usual(s.bytes(), MessageType.OFFER, ADDRESS, 60)
                            : new Reply(s.bytes(), MessageType.NAK, "0.0.0.0").address(DhcpOption.SERVER_IDENTIFIER, "10.0.0.1")));
                }
            }
            assertTrue(client.nextDeadlineNs() - now > 0);
            next();
        }
        assertTrue(messages <= 24, messages + " messages in five minutes");
    }

    @Test
    void anAddressThatIsInUseIsDeclinedAndAnotherAskedForLater() {
        client.start(null, now);
        give(Reply.usual(broadcast(MessageType.DISCOVER), MessageType.OFFER, ADDRESS, 3600));
        give(Reply.usual(broadcast(MessageType.REQUEST), MessageType.ACK, ADDRESS, 3600));
        client.poll();
        client.probed(IpAddress.parse(ADDRESS), true, now);
        Map<Integer, byte[]> said = options(broadcast(MessageType.DECLINE));
        assertArrayEquals(IpAddress.parse(ADDRESS).toBytes(), said.get(DhcpOption.REQUESTED_ADDRESS));
        assertArrayEquals(IpAddress.parse("10.0.0.1").toBytes(), said.get(DhcpOption.SERVER_IDENTIFIER));
        nothing();
        assertEquals(State.INIT, client.state());
        near(10.5, next(), 0.6);
        assertNull(options(broadcast(MessageType.DISCOVER)).get(DhcpOption.REQUESTED_ADDRESS));
    }

    @Test
    void anAddressFromBeforeIsAskedForFirst() {
        client.start(IpAddress.parse(ADDRESS), now);
        byte[] request = broadcast(MessageType.REQUEST);
        assertEquals(State.REBOOTING, client.state());
        assertEquals(0, DhcpMessage.i32(request, DhcpMessage.CIADDR));
        assertArrayEquals(IpAddress.parse(ADDRESS).toBytes(), options(request).get(DhcpOption.REQUESTED_ADDRESS));
        assertNull(options(request).get(DhcpOption.SERVER_IDENTIFIER), "RFC 2131 §4.3.2: none in INIT-REBOOT");
        assertTrue(give(Reply.usual(request, MessageType.ACK, ADDRESS, 3600)));
        assertInstanceOf(Action.Probe.class, client.poll());
        client.probed(IpAddress.parse(ADDRESS), false, now);
        assertInstanceOf(Action.Use.class, client.poll());
    }

    @Test
    void anAddressFromBeforeThatNobodyKnowsIsGivenUp() {
        client.start(IpAddress.parse(ADDRESS), now);
        broadcast(MessageType.REQUEST);
        next();
        broadcast(MessageType.REQUEST);
        near(8, next(), 1);
        broadcast(MessageType.DISCOVER);
        assertEquals(State.SELECTING, client.state());
    }

    @Test
    void anAddressFromBeforeThatIsWrongHereIsForgotten() {
        client.start(IpAddress.parse(ADDRESS), now);
        byte[] request = broadcast(MessageType.REQUEST);
        assertTrue(give(new Reply(request, MessageType.NAK, "0.0.0.0").address(DhcpOption.SERVER_IDENTIFIER, "192.168.9.1")));
        assertNull(options(broadcast(MessageType.DISCOVER)).get(DhcpOption.REQUESTED_ADDRESS));
    }

    @Test
    void aLinkThatComesBackHasTheLeaseConfirmed() {
        bound(3600);
        now += 100 * S;
        client.linkUp(now);
        byte[] request = broadcast(MessageType.REQUEST);
        assertEquals(State.REBOOTING, client.state());
        assertNotNull(client.lease());
        // Nobody answers: what was granted still holds, with its times.
        next();
        broadcast(MessageType.REQUEST);
        next();
        nothing();
        assertEquals(State.BOUND, client.state());
        assertFalse(give(Reply.usual(request, MessageType.ACK, ADDRESS, 3600)));
        client.linkUp(now);
        request = broadcast(MessageType.REQUEST);
        assertTrue(give(new Reply(request, MessageType.NAK, "0.0.0.0").address(DhcpOption.SERVER_IDENTIFIER, "192.168.9.1")));
        assertNull(client.lease());
    }

    @Test
    void releaseGivesTheAddressBackAndStops() {
        bound(3600);
        client.release(now);
        Action.Send s = sent();
        assertEquals(MessageType.RELEASE, type(s.bytes()));
        assertEquals(IpAddress.parse("10.0.0.1"), s.to());
        assertEquals(IpAddress.parse(ADDRESS).v4Bits(), DhcpMessage.i32(s.bytes(), DhcpMessage.CIADDR));
        assertNull(options(s.bytes()).get(DhcpOption.REQUESTED_ADDRESS));
        assertInstanceOf(Action.End.class, client.poll());
        nothing();
        assertEquals(State.STOPPED, client.state());
        assertEquals(DhcpClient.NEVER, client.nextDeadlineNs());
        client.renew(now);
        take(60);
    }

    @Test
    void theProgramMayRenewAtAnyTime() {
        bound(3600);
        client.renew(now);
        Action.Send s = sent();
        assertEquals(IpAddress.parse("10.0.0.1"), s.to());
        assertEquals(State.RENEWING, client.state());
        assertTrue(give(Reply.usual(s.bytes(), MessageType.ACK, ADDRESS, 3600)));
        assertEquals(State.BOUND, client.state());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closingGivesBackWhatIsNotKept(boolean keep) {
        bound(3600);
        client.close(keep, now);
        if (!keep) {
            assertEquals(MessageType.RELEASE, type(sent().bytes()));
        }
        nothing();
        assertEquals(DhcpClient.NEVER, client.nextDeadlineNs());
    }

    @Test
    void anInfiniteLeaseNeverEnds() {
        bound(-1);
        assertTrue(client.lease().isInfinite());
        assertEquals(DhcpClient.NEVER, client.nextDeadlineNs());
        now += 200L * 365 * 86400 * S;
        client.onTimer(now);
        nothing();
        client.renew(now);
        sent();
        near(60, next(), 1);
        assertEquals(State.RENEWING, client.state());
    }

    @ParameterizedTest
    @CsvSource({"1, 30", "29, 30", "31, 31", "2147483647, 1073741824", "-2, 1073741824"})
    void leasesThatAreTooShortOrTooLongAreCut(int said, long seconds) {
        bound(said);
        assertEquals(seconds * S, client.lease().leaseNs());
        assertTrue(client.lease().t1Ns() >= 10 * S && client.lease().t1Ns() < client.lease().t2Ns()
                && client.lease().t2Ns() < client.lease().leaseNs());
        near(seconds / 2.0, next(), seconds / 64.0 + 1);
    }

    @Test
    void aServerThatLendsForAMomentCannotFillTheNetwork() {
        client.start(null, now);
        int messages = 0;
        long end = now + 600 * S;
        while (now - end < 0) {
            for (Action a = client.poll(); a != null; a = client.poll()) {
                if (a instanceof Action.Send s) {
                    assertTrue(++messages < 1_000);
                    give(Reply.usual(s.bytes(), type(s.bytes()) == MessageType.DISCOVER ? MessageType.OFFER : MessageType.ACK,
                            ADDRESS, 1).seconds(DhcpOption.RENEWAL_TIME, 0).seconds(DhcpOption.REBINDING_TIME, 1));
                } else if (a instanceof Action.Probe p) {
                    client.probed(p.address(), false, now);
                }
            }
            next();
        }
        assertTrue(messages <= 60, messages + " messages in ten minutes");
    }
}
