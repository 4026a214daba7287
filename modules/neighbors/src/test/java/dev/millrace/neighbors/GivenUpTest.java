package dev.millrace.neighbors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ManualStack;
import dev.millrace.NicAddress;
import dev.millrace.NicAddress.State;
import dev.millrace.spi.Link;
import dev.millrace.testkit.LeakCheck;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A stranger that claims every address that a host tries has it give up; that is not for ever.
class GivenUpTest {
    private static final long STRANGER = 0x0200_0000_0badL;
    private final LeakCheck leaks = new LeakCheck();
    private final Segment segment = new Segment();

    @AfterEach
    void close() {
        segment.close();
        leaks.close();
    }

    private static List<NicAddress> of(ManualStack host, State state) {
        return host.nics().getFirst().addressDetails().stream().filter(a -> a.state() == state).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"stable", "eui64"})
    void onAnotherLinkAllIsTriedAnew(String ids) throws Exception {
        ManualStack host = segment.station("host", Map.of("nic", Map.of("slaac", "true", "interface-id", ids,
                "temporary-addresses", "true")));
        segment.inject(Frames.advertisement(1800, Frames.prefix("2001:db8:1::", true, true, 9000, 9000)));
        for (int i = 0; i < 200; i++) {
            of(host, State.TENTATIVE).forEach(a -> segment.inject(Frames.neighbor(STRANGER, "fe80::bad", a.address(), 0x20)));
            segment.pass(50);
        }
        assertEquals(List.of(), of(host, State.PREFERRED));
        assertTrue(of(host, State.DUPLICATE).size() >= 2);
        segment.pass(60_000);
        assertEquals(List.of(), of(host, State.PREFERRED), "as long as nothing changes");

        var nic = (Link.Sink) host.nics().getFirst();
        nic.stateChanged(false, "the test says so");
        nic.stateChanged(true, "the test says so");
        segment.pass(5_000);
        List<NicAddress> now = of(host, State.PREFERRED);
        assertTrue(now.stream().anyMatch(a -> a.address().isLinkLocal()), now.toString());
        assertEquals(List.of("slaac", "temporary"), now.stream().filter(a -> !a.address().isLinkLocal()).map(NicAddress::origin)
                .sorted().toList());
        assertEquals(List.of(), of(host, State.DUPLICATE));
        assertEquals(Map.of(), host.counters().get("failures"));
    }
}
