package dev.millrace.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServicesCommandTest {
    @Test
    void endsByItselfAndSaysWhereItWasAndWhatItDid() {
        Run run = Run.of("services", "--link", "loopback:", "--address", "10.0.0.2/24", "--address", "fd00::2/64", "--for",
                "1ms");
        assertEquals(0, run.code(), run.err());
        assertEquals("services on 10.0.0.2, fd00::2: TCP 5001 sink, 5002 source, 5003 echo, 5004 accept-read-close; "
                + "UDP 5003 echo", run.lines().getFirst());
        assertTrue(run.lines().getLast().startsWith("udp-echo "), run.out());
    }

    @Test
    void jsonHasAllServices() {
        Run run = Run.of("services", "--link", "loopback:", "--address", "10.0.0.2/24", "--for", "1ms", "--json");
        var node = Commands.json().readTree(run.lines().getLast());
        assertEquals(5, node.size(), run.out());
        assertEquals(0, node.path("tcp-echo").path("received_bytes").asLong(-1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"services", "services --link loopback: --address 10.0.0.2/24 --for never",
            "services --link loopback: --address 10.0.0.2/24 --connections 0", "services --link loopback: --for 1ms"})
    void wrongUsageEndsWithTwo(String args) {
        Run run = Run.of(args.split(" "));
        assertEquals(2, run.code(), run.out() + run.err());
    }
}
