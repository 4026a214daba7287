package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.wire.IpAddress;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A host that has no default router any more asks for one, however it came to have none.
class RouterLossTest {
    private static final long STRANGER_MAC = 0x0200_5e00_0badL;
    private static final String STRANGER = "fe80::bad:1";
    private final Segment segment = new Segment();

    @BeforeEach
    void begin() throws Exception {
        ManualStack host = segment.station("host", Map.of("nic", Map.of("slaac", "true")));
        assertEquals(List.of(), host.routes().stream().filter(r -> r.via() != null).toList());
        segment.pass(2_500);
        assertTrue(questions() > 0);
    }

    @AfterEach
    void close() {
        segment.close();
    }

    private long questions() {
        return segment.words().stream().filter(w -> w.contains("router-solicit")).count();
    }

    @Test
    void oneWhoIsRouterForAMomentDoesNotEndTheSearch() {
        segment.inject(Frames.advertisement(STRANGER_MAC, STRANGER, 1, 0, Frames.NONE));
        segment.seen.clear();
        segment.pass(900);
        assertEquals(0, questions(), "it has one");
        segment.pass(5_000);
        assertEquals(1, questions());
    }

    @Test
    void theLastRouterThatWithdrawsIsFollowedByAnother() {
        segment.inject(Frames.advertisement(1800, Frames.NONE));
        segment.pass(100_000);
        segment.seen.clear();
        segment.inject(Frames.advertisement(0, Frames.NONE));
        segment.pass(2_000);
        assertEquals(1, questions());
        segment.pass(60_000);
        long more = questions();
        assertTrue(more >= 2 && more <= 5, "ever more seldom: " + more);
    }

    @Test
    void whoHasAnotherDoesNotAsk() {
        segment.inject(Frames.advertisement(1800, Frames.NONE));
        segment.inject(Frames.advertisement(STRANGER_MAC, STRANGER, 1, 0, Frames.NONE));
        segment.seen.clear();
        segment.pass(3_000);
        segment.inject(Frames.advertisement(STRANGER_MAC, STRANGER, 0, 0, Frames.NONE));
        segment.pass(10_000);
        assertEquals(0, questions());
    }

    @Test
    void aRouterThatIsNoneAnyMoreIsFollowedByAnother() {
        segment.inject(Frames.advertisement(1800, Frames.NONE));
        segment.pass(5_000);
        segment.seen.clear();
        // RFC 4861 §7.2.5: the flag R is gone.
        segment.inject(Frames.neighbor(Frames.ROUTER_MAC, Frames.ROUTER, IpAddress.parse(Frames.ROUTER), 0x20));
        segment.pass(2_000);
        assertEquals(1, questions());
    }

    /// One that goes on withdrawing does not have the network filled.
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void questionsStayFewAndDoNotEnd(int lifetime) {
        segment.seen.clear();
        for (int i = 0; i < 100; i++) {
            segment.inject(Frames.advertisement(STRANGER_MAC, STRANGER, lifetime, 0, Frames.NONE));
            segment.pass(1_200);
        }
        long few = questions();
        assertTrue(few >= 3 && few <= 10, "questions in two minutes: " + few);
    }
}
