package acme;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.junit.SimHost;
import dev.millrace.junit.VirtualInternet;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@VirtualInternet
class PaymentTest {
    @SimHost
    private Host shop;

    @Test
    void opens(Internet net, @SimHost(name = "bank") Host bank) throws Exception {
        net.runFor(Duration.ofSeconds(1));
        if (!shop.isOpen() || !bank.isOpen() || !PaymentTest.class.getModule().isNamed()) {
            throw new AssertionError();
        }
    }
}
