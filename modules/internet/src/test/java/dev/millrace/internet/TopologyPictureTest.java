package dev.millrace.internet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class TopologyPictureTest {
    @Test
    void aPictureShowsNodesLinksAndTheirConditions() throws Exception {
        try (Internet net = Internet.virtualTime(1)) {
            net.host("shop", "10.0.0.1");
            net.host("b<nk", "10.0.0.2");
            net.link("shop", "b<nk", LinkConditions.perfect().delay(Duration.ofMillis(40)).loss(0.02));
            net.router("r1");
            net.link("r1", "internet", LinkConditions.perfect()).cut();
            net.nat("home", "10.0.0.9", NatOptions.DEFAULT).host("pc", "192.168.1.2");
            String svg = net.picture();
            for (String text : new String[] {"shop", "b&lt;nk", "10.0.0.1", "delay 40 ms, loss 2 %", "r1", "class=\"cut\"",
                "home", "NAT", "192.168.1.2"}) {
                assertTrue(svg.contains(text), text);
            }
            assertFalse(svg.contains("NaN"));
            assertEquals(svg, net.picture());
        }
    }

    @Test
    void manyHostsAndNoneMakePicturesToo() throws Exception {
        try (Internet net = Internet.virtualTime(1)) {
            assertTrue(net.picture().contains("<svg"));
            for (int i = 0; i < 150; i++) {
                net.host("h" + i, "10.0.1." + i);
            }
            assertTrue(net.picture().contains("30 more nodes are not drawn"));
        }
    }
}
