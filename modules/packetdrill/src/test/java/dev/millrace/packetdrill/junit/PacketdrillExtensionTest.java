package dev.millrace.packetdrill.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.millrace.packetdrill.IpVariant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.testkit.engine.EngineExecutionResults;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Event;

/// Scripts as tests of JUnit.
class PacketdrillExtensionTest {
    @PacketdrillTest("basics/*.pkt")
    void ourOwnPass() {
        // The script is the test.
    }

    @PacketdrillTest(value = "basics/*.pkt", variants = IpVariant.IPV4)
    void withAnotherCongestionControl(StackUnderTest stack) {
        assertEquals(IpVariant.IPV4, stack.variant());
        stack.option("tcp", "congestion-control", "newreno");
    }

    private static EngineExecutionResults run(Class<?> tests) {
        return EngineTestKit.engine("junit-jupiter").selectors(selectClass(tests)).execute();
    }

    private static String message(Event event) {
        return event.getPayload(TestExecutionResult.class).flatMap(TestExecutionResult::getThrowable).map(Throwable::getMessage)
                .orElse("");
    }

    static class Outcomes {
        @PacketdrillTest(value = "outcomes/*.pkt", variants = IpVariant.IPV6)
        void outcomes() {
            // As the scripts have it.
        }
    }

    @Test
    void aScriptsOutcomeIsThatOfItsTest() {
        EngineExecutionResults results = run(Outcomes.class);
        List<Event> failed = results.testEvents().failed().list();
        assertEquals(2, failed.size());
        String wrong = message(failed.getFirst());
        assertTrue(wrong.contains("fails.pkt:6:1: failed: another packet came: its ack is 1"), wrong);
        assertTrue(wrong.contains("expected: > S. 0:0(0) ack 1001 <...>"), wrong);
        assertTrue(wrong.contains("actual:   > S. 0:0(0) ack 1 win 65535 <mss 1460>"), wrong);
        assertTrue(message(failed.get(1)).contains("nonsense.pkt:2:7: error"), message(failed.get(1)));
        List<Event> skipped = results.testEvents().aborted().list();
        assertEquals(1, skipped.size());
        assertTrue(message(skipped.getFirst()).contains("pipe"), message(skipped.getFirst()));
        assertTrue(Files.exists(Path.of("target/packetdrill/src-test-outcomes-fails.ipv6.pcapng")));
    }

    static class Nowhere {
        @PacketdrillTest("nowhere/*.pkt")
        void nowhere() {
            // There is nothing to run.
        }
    }

    @Test
    void noScriptIsAnError() {
        String message = message(run(Nowhere.class).containerEvents().failed().list().getFirst());
        assertTrue(message.contains("no script matches \"nowhere/*.pkt\""), message);
    }

    static class Wishes {
        @PacketdrillTest(value = "basics/first.pkt", variants = IpVariant.IPV4)
        void unknownOption(StackUnderTest stack) {
            stack.option("tcp", "no-such-option", "1");
        }
    }

    @Test
    void aStackThatCannotBeIsAnErrorOfTheTest() {
        String message = message(run(Wishes.class).testEvents().failed().list().getFirst());
        assertTrue(message.contains("no-such-option"), message);
    }
}
