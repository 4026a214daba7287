package dev.millrace.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.Program;
import dev.millrace.junit.Link;
import dev.millrace.junit.SimHost;
import dev.millrace.junit.VirtualInternet;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/// The test of the README, as users have it: on the class path, with the extension and nothing else.
@VirtualInternet
@Link(from = "shop", to = "bank", delay = "40ms", loss = "1%")
class SimulatedPaymentTest {
    @SimHost
    Host shop;
    @SimHost
    Host bank;
    private int paid;

    @Test
    void paysOnceInSpiteOfAPartition(Internet net) throws Exception {
        bank.run(() -> {
            try (TcpListener l = bank.stack().tcp().listen(80)) {
                while (true) {
                    try (TcpSocket s = l.accept()) {
                        paid += s.inputStream().read();
                        s.outputStream().write(paid);
                    }
                }
            } catch (IOException e) {
                // The end.
            }
        });
        Program<Integer> payment = shop.call(() -> {
            shop.sleep(Duration.ofSeconds(3));
            try (TcpSocket s = shop.stack().tcp().connect(new InetSocketAddress(bank.address(), 80), Duration.ofMinutes(1))) {
                s.outputStream().write(1);
                return s.inputStream().read();
            }
        });
        net.at(Duration.ofSeconds(2)).cut("shop", "bank", Duration.ofSeconds(20));
        assertEquals(1, payment.get());
        assertEquals(1, paid);
        assertTrue(net.now().compareTo(Duration.ofSeconds(22)) > 0, net.now().toString());
    }
}
