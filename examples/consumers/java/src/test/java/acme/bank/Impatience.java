package acme.bank;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.junit.Link;
import dev.millrace.junit.SimHost;
import dev.millrace.junit.VirtualInternet;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// Fails, and says how to run it again: for `-Dtest=Impatience` alone, since builds look for names that end in `Test`.
@VirtualInternet
@Link(from = "shop", to = "bank", delay = "40ms", loss = "20%")
class Impatience {
    @Test
    void wantsTenPaymentsAsIfNothingWereLost(Internet net, @SimHost Host shop, @SimHost(name = "bank") Host where) throws Exception {
        where.run(() -> new Bank(where.stack().tcp(), where.threads()).serve(443));
        shop.run(() -> {
            for (int i = 0; i < 10; i++) {
                new Checkout(shop.stack().tcp(), where.address(), 443).pay("" + i, 10);
            }
        }).get();
        assertEquals(Duration.ofMillis(1600), net.now());
    }
}
