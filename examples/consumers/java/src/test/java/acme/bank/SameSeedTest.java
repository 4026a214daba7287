package acme.bank;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// One seed is one run, packet for packet; here without JUnit's extension.
class SameSeedTest {
    @Test
    void givesTheSameLog() throws Exception {
        List<String> first = run(7);
        assertEquals(first, run(7));
        assertNotEquals(first, run(8));
    }

    private static List<String> run(long seed) throws Exception {
        var log = new ArrayList<String>();
        try (Internet net = Internet.virtualTime(seed)) {
            net.log(log::add);
            Host where = net.host("bank", "10.0.0.1");
            Host shop = net.host("shop", "10.0.0.2");
            net.link("shop", "bank", LinkConditions.perfect().delay(Duration.ofMillis(40)).loss(0.1));
            where.run(() -> new Bank(where.stack().tcp(), where.threads()).serve(443));
            shop.call(() -> new Checkout(shop.stack().tcp(), where.address(), 443).pay("1", 10)).get();
        }
        return log;
    }
}
