package acme.weather

import dev.millrace.internet.Host
import dev.millrace.internet.Internet
import dev.millrace.junit.Link
import dev.millrace.junit.SimHost
import dev.millrace.junit.VirtualInternet
import java.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.channels.Channel
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Nested
import org.junit.jupiter.api.Test

/** Fails, and says how to run it again: for `-Dtest=Impatience*` alone, since builds look for names that end in `Test`. */
@VirtualInternet
@Link(from = "roof", to = "station", delay = "40ms", loss = "20%")
class Impatience {
    @Nested
    inner class InWinter {
        @Test
        fun `wants ten readings, as if nothing were lost`(net: Internet, @SimHost roof: Host, @SimHost station: Host) {
            station.coroutine { Station(station.stack().tcp(), 80).serve(Channel(Channel.UNLIMITED)) }
            roof.coroutine { Sensor(roof.stack().tcp(), "roof", station.address(), 80).report(10, 1.seconds) }.get()
            assertEquals(Duration.ofMillis(11_600), net.now())
        }
    }
}
