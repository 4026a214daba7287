package dev.millrace.link.tun;

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
import org.junit.jupiter.params.provider.ValueSource;

/// Options, and the words of errors.
class TunSettingsTest {
    static TunSettings settings(String name, Map<String, String> options) {
        return TunSettings.of(new LinkDriver.Request("n0", name, 0, OptionValues.check("nic[0]", TunSettings.SPECS, options)),
                false);
    }

    @Test
    void defaultsAreOneQueueWithOffload() {
        TunSettings s = settings("", Map.of());
        assertEquals(new TunSettings("n0", "", false, 0, 1, true, false, true, -1, 20_000), s);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a/b", "..", ".", "with space", "sixteen-bytes-ab", "a:b", "tab\tname", "ünïcödé-lång"})
    void namesThatTheKernelRefusesAreConfigurationErrors(String name) {
        var e = assertThrows(ConfigurationException.class, () -> settings(name, Map.of()));
        assertTrue(e.getMessage().contains("15 bytes"), e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({"queues,0", "queues,257", "busy-poll,2s", "fd,-1"})
    void valuesOutOfRangeAreConfigurationErrors(String option, String value) {
        var e = assertThrows(ConfigurationException.class, () -> settings("t0", Map.of(option, value)));
        assertTrue(e.getMessage().contains(option), e.getMessage());
    }

    @Test
    void oneDescriptorIsOneQueue() {
        assertThrows(ConfigurationException.class, () -> settings("t0", Map.of("fd", "5", "queues", "2")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            open(/dev/net/tun) | 2  | --device /dev/net/tun
            open(/dev/net/tun) | 13 | chmod 666 /dev/net/tun
            ioctl(TUNSETIFF)   | 1  | CAP_NET_ADMIN
            ioctl(TUNSETIFF)   | 1  | millrace tun up mr9 --user
            ioctl(TUNSETIFF)   | 16 | another program has the device open
            ioctl(TUNSETIFF)   | 22 | ip -d link show mr9
            open(/dev/net/tun) | 24 | ulimit -n
            """)
    void errorsNameDeviceCallAndRemedy(String call, int errno, String remedy) {
        TunException e = new TunFailures(settings("mr9", Map.of())).of(call, "mr9", errno);
        assertEquals("mr9", e.device());
        assertEquals(call, e.systemCall());
        assertEquals(errno, e.errno());
        assertEquals(ErrorCode.LINK_FAILED, ErrorCode.of(e).orElseThrow());
        for (String part : new String[] {"n0", "mr9", call, Errno.text(errno), remedy}) {
            assertTrue(e.getMessage().contains(part), part + " in " + e.getMessage());
        }
    }

    @Test
    void errorsThatNobodyExpectsStillSayTheirNumber() {
        assertTrue(new TunFailures(settings("", Map.of())).of("close", "", 99).getMessage().contains("errno 99"));
    }
}
