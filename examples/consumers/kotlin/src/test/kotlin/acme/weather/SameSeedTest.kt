package acme.weather

import dev.millrace.internet.Internet
import dev.millrace.internet.LinkConditions
import java.time.Duration
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.launch
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNotEquals
import org.junit.jupiter.api.Test

/** One seed is one run, packet for packet, whatever coroutines there are; here without JUnit's extension. */
class SameSeedTest {
    @Test
    fun `gives the same log`() {
        val first = run(7)
        assertEquals(first, run(7))
        assertNotEquals(first, run(8))
    }

    private fun run(seed: Long): List<String> {
        val log = mutableListOf<String>()
        Internet.virtualTime(seed).use { net ->
            net.log(log::add)
            val station = net.host("station", "10.0.0.1")
            val roof = net.host("roof", "10.0.0.2")
            net.link("roof", "station", LinkConditions.perfect().delay(Duration.ofMillis(40)).loss(0.1))
            station.coroutine { Station(station.stack().tcp(), 80).serve(Channel(Channel.UNLIMITED)) }
            roof.coroutine {
                repeat(5) { i -> launch { Sensor(roof.stack().tcp(), "roof-$i", station.address(), 80).report(3, 1.minutes) } }
            }.get()
        }
        return log
    }
}
