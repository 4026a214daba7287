package dev.millrace.link.packet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.ConfigurationException;
import dev.millrace.ErrorCode;
import dev.millrace.OptionValues;
import dev.millrace.linux.Errno;
import dev.millrace.spi.LinkDriver;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Options, and the words of errors.
class PacketSettingsTest {
    static PacketSettings settings(String name, Map<String, String> options) {
        return PacketSettings.of(new LinkDriver.Request("n0", name, 0,
                OptionValues.check("nic[0]", PacketSettings.SPECS, options)));
    }

    @Test
    void defaultsFitTheirRanges() {
        assertEquals(new PacketSettings("n0", "eth0", 0, true, false, false, true, true, 256 << 10, 64, 0, 8 << 20, 20_000),
                settings("eth0", Map.of()));
    }

    @Test
    void nameIsNeeded() {
        var e = assertThrows(ConfigurationException.class, () -> settings("", Map.of()));
        assertTrue(e.getMessage().contains("packet:eth0"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"ring-block-size,64KiB", "ring-block-size,8MiB", "ring-block-size,196608", "ring-blocks,1", "ring-blocks,1025",
        "ring-timeout,2s", "busy-poll,2s", "buffer,1KiB", "buffer,2GiB"})
    void valuesOutOfRangeAreConfigurationErrors(String option, String value) {
        var e = assertThrows(ConfigurationException.class, () -> settings("eth0", Map.of(option, value)));
        assertTrue(e.getMessage().contains(option), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            socket(AF_PACKET) | 1  | needs CAP_NET_RAW
            socket(AF_PACKET) | 1  | sudo setpriv --reuid
            socket(AF_PACKET) | 97 | modprobe af_packet
            socket(AF_PACKET) | 24 | ulimit -n
            bind(AF_PACKET)   | 19 | no such interface in this network namespace
            """)
    void errorsNameInterfaceCallAndRemedy(String call, int errno, String remedy) {
        PacketException e = new PacketFailures(settings("mr9", Map.of())).of(call, "mr9", errno);
        assertEquals("mr9", e.device());
        assertEquals(call, e.systemCall());
        assertEquals(errno, e.errno());
        assertEquals(ErrorCode.LINK_FAILED, ErrorCode.of(e).orElseThrow());
        for (String part : new String[] {"n0", "mr9", call, Errno.text(errno), remedy.replace("needs ", "need ")}) {
            assertTrue(e.getMessage().contains(part), part + " in " + e.getMessage());
        }
    }

    @Test
    void interfaceThatMayNotBeSetUpSaysHow() {
        PacketException e = new PacketFailures(settings("mr9", Map.of())).down("mr9", Errno.EPERM);
        assertTrue(e.getMessage().contains("sudo ip link set mr9 up"), e.getMessage());
    }
}
