package acme.bank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Fault;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.Program;
import dev.millrace.junit.Link;
import dev.millrace.junit.Seeds;
import dev.millrace.junit.SimHost;
import dev.millrace.junit.Troubles;
import dev.millrace.junit.VirtualInternet;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// One program on each host; the links, the faults and the time are the test's.
@VirtualInternet
@Link(from = "shop", to = "bank", delay = "40ms", loss = "1%", rate = "10Mbit/s", queue = 64)
class PaymentTest {
    private static final int PORT = 443;

    @SimHost
    private Host shop;
    @SimHost(value = "198.18.0.20", name = "bank")
    private Host where;
    private Bank bank;

    @BeforeEach
    void open() {
        bank = new Bank(where.stack().tcp(), where.threads());
        where.run(() -> bank.serve(PORT));
    }

    private Program<Integer> paying(Host from, int payments) {
        return from.call(() -> {
            int asked = 0;
            for (int i = 0; i < payments; i++) {
                asked += new Checkout(from.stack().tcp(), where.address(), PORT).pay(from.name() + "-" + i, 10);
            }
            return asked;
        });
    }

    @Test
    @Link(from = "shop", to = "bank", delay = "40ms")
    void takesTwoRoundTrips(Internet net) throws Exception {
        assertEquals(1, paying(shop, 1).get());
        assertEquals(Duration.ofMillis(160), Duration.ofMillis(net.now().toMillis()));
    }

    @Test
    void paysOnceWhenTheAnswerIsLost(Internet net) throws Exception {
        Program<Integer> asked = paying(shop, 1);
        try (Fault silent = net.drop("silent", p -> p.isFrom(where) && p.hasPayload())) {
            net.runFor(Duration.ofSeconds(5));
            assertTrue(silent.packets() > 0, "it said something");
        }
        assertTrue(asked.get() > 1, "it had to ask again");
        assertEquals(10, bank.total());
    }

    @Seeds("1..10")
    @Troubles(cuts = 2, resets = 2, slowLinks = 1, pauses = 1, within = "6s", longest = "4s")
    void paysOnceInSpiteOfTroubles(@SimHost Host kiosk, @SimHost("198.18.0.77") Host web) throws Exception {
        List<Program<Integer>> customers = new ArrayList<>();
        for (Host h : List.of(shop, kiosk, web)) {
            customers.add(paying(h, 20));
        }
        for (Program<Integer> c : customers) {
            assertTrue(c.get() >= 20, "each was answered");
        }
        assertEquals(600, bank.total());
    }

    @Test
    void nobodyAnswersWhereNobodyListens(Internet net) throws Exception {
        Program<Integer> asked = shop.call(() -> new Checkout(shop.stack().tcp(), where.address(), PORT + 1).pay("1", 10));
        try {
            asked.get();
        } catch (java.util.concurrent.ExecutionException e) {
            assertTrue(e.getCause() instanceof IOException, e.toString());
            assertEquals(0, bank.total());
            return;
        }
        throw new AssertionError("somebody answered at " + net.now());
    }
}
