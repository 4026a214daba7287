package acme.weather

import dev.millrace.internet.Host
import dev.millrace.internet.Internet
import dev.millrace.junit.Link
import dev.millrace.junit.Seeds
import dev.millrace.junit.SimHost
import dev.millrace.junit.Troubles
import dev.millrace.junit.VirtualInternet
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.channels.Channel
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.BeforeEach
import org.junit.jupiter.api.Nested
import org.junit.jupiter.api.Test

/** Coroutines on every host, which talk over links that lose packets. */
@VirtualInternet
@Link(from = "roof", to = "station", delay = "40ms", loss = "1%")
@Link(from = "yard", to = "station", delay = "200ms", jitter = "50ms")
class WeatherTest {
    @SimHost
    private lateinit var station: Host

    @SimHost("198.18.0.20")
    lateinit var roof: Host

    @SimHost
    lateinit var yard: Host

    private val readings = Channel<Reading>(Channel.UNLIMITED)

    @BeforeEach
    fun open() {
        station.boot { it.coroutine { Station(it.stack().tcp(), PORT).serve(readings) }.get() }
    }

    private fun sensor(host: Host) = Sensor(host.stack().tcp(), host.name(), station.address(), PORT)

    private fun taken() = generateSequence { readings.tryReceive().getOrNull() }.toList()

    @Test
    fun `an hour of readings is taken`(net: Internet) {
        val reports = listOf(roof, yard).map { it.coroutine { sensor(it).report(60, 1.minutes) } }
        reports.forEach { it.get() }
        assertTrue(net.now().toMinutes() in 60..62) { "after ${net.now()}" }
        assertEquals(2 * (1..60).sum(), taken().distinct().sumOf { it.count })
    }

    @Seeds("1..10")
    @Troubles(cuts = 2, resets = 3, slowLinks = 1, isolations = 1, within = "10m", longest = "1m")
    fun `nothing is lost in troubles`(@SimHost shed: Host) {
        val reports = listOf(roof, yard, shed).map { it.coroutine { sensor(it).report(10, 1.minutes) } }
        reports.forEach { it.get() }
        assertEquals(30, taken().distinct().size)
    }

    @Nested
    inner class AfterACrash {
        @Test
        fun `the sensor goes on where it was`(net: Internet) {
            val report = roof.coroutine { sensor(roof).report(5, 1.minutes) }
            net.at(java.time.Duration.ofSeconds(90)).crash("station", java.time.Duration.ofMinutes(5))
            report.get()
            assertEquals((1..5).toList(), taken().map { it.count }.distinct())
            assertTrue(net.now().toMinutes() in 9..11) { "after ${net.now()}" }
        }
    }

    private companion object {
        const val PORT = 80
    }
}
