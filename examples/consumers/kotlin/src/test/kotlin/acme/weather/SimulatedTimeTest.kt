package acme.weather

import dev.millrace.internet.Host
import dev.millrace.internet.Internet
import dev.millrace.junit.SimHost
import dev.millrace.junit.VirtualInternet
import java.time.Duration
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.debounce
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.toList
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.onTimeout
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What coroutines wait in takes simulated time on a host's executor. */
@VirtualInternet
class SimulatedTimeTest {
    @SimHost
    lateinit var here: Host

    @Test
    fun `an hour of delays takes less than a second`(net: Internet) {
        // The first one loads classes, too.
        val real = (1..3).map { measureTime { here.coroutine { repeat(3600) { delay(1.seconds) } }.get() } }
        assertEquals(Duration.ofHours(3), net.now())
        assertTrue(real.min() < 1.seconds) { "they took $real" }
    }

    @Test
    fun `many delays pass at once`(net: Internet) {
        here.coroutine { repeat(1000) { launch { delay(1.hours) } } }.get()
        assertEquals(Duration.ofHours(1), net.now())
    }

    @Test
    fun `time-outs come at their time`(net: Internet) {
        here.coroutine {
            assertThrows<TimeoutCancellationException> { withTimeout(90.seconds) { delay(1.hours) } }
        }.get()
        assertEquals(Duration.ofSeconds(90), net.now())
    }

    @Test
    fun `who is cancelled does not wait on`(net: Internet) {
        here.coroutine {
            val sleeper = launch { delay(1.hours) }
            delay(1.minutes)
            sleeper.cancelAndJoin()
        }.get()
        assertEquals(Duration.ofMinutes(1), net.now())
    }

    @Test
    fun `channels and mutexes wait for other coroutines`(net: Internet) {
        val channel = Channel<Int>()
        val mutex = Mutex()
        val sum = here.coroutine {
            launch { repeat(3) { mutex.withLock { delay(1.minutes) } } }
            launch { repeat(3) { mutex.withLock { delay(1.minutes) }; channel.send(it) }; channel.close() }
            var sum = 0
            for (i in channel) sum += i
            sum
        }
        assertEquals(3, sum.get())
        assertEquals(Duration.ofMinutes(6), net.now())
    }

    @Test
    @OptIn(kotlinx.coroutines.ExperimentalCoroutinesApi::class)
    fun `selections time out`(net: Internet) {
        val chosen = here.coroutine {
            select {
                Channel<String>().onReceive { it }
                onTimeout(5.minutes) { "nothing" }
            }
        }
        assertEquals("nothing", chosen.get())
        assertEquals(Duration.ofMinutes(5), net.now())
    }

    @Test
    @OptIn(kotlinx.coroutines.FlowPreview::class)
    fun `flows are debounced`() {
        val values = here.coroutine {
            flow {
                emit(1)
                delay(10.seconds)
                emit(2)
                delay(90.seconds)
                emit(3)
            }.debounce(1.minutes).toList()
        }
        assertEquals(listOf(2, 3), values.get())
    }

    @Test
    fun `one thread is enough`(net: Internet) {
        val order = mutableListOf<Int>()
        here.coroutine {
            withContext(here.executor(1).asCoroutineDispatcher()) {
                repeat(3) { launch { delay((3 - it).minutes); order += it } }
            }
        }.get()
        assertEquals(listOf(2, 1, 0), order)
        assertEquals(Duration.ofMinutes(3), net.now())
    }
}

/** JUnit's own is not for suspending bodies before 6. */
private suspend inline fun <reified T : Throwable> assertThrows(body: suspend () -> Unit) {
    val thrown = try {
        body()
        null
    } catch (e: Throwable) {
        e
    }
    if (thrown !is T) throw AssertionError("expected ${T::class}, but was $thrown")
}
