package acme.weather

import dev.millrace.internet.Host
import dev.millrace.internet.SimulationException
import dev.millrace.junit.SimHost
import dev.millrace.junit.VirtualInternet
import java.util.concurrent.Executors
import kotlin.time.Duration.Companion.hours
import kotlin.time.Duration.Companion.minutes
import kotlin.time.Duration.Companion.seconds
import kotlin.time.measureTime
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.future.asCompletableFuture
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Assertions.assertThrows
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

/** What cannot work in simulated time is named at once, with what to write instead. */
@VirtualInternet(failWithPrograms = false)
class NamedTest {
    @SimHost
    lateinit var here: Host

    /** Has it fail, and says whether the message has all that. */
    private fun assertNamed(vararg words: String, body: () -> Unit) {
        val real = measureTime {
            val told = assertThrows(SimulationException::class.java) { here.run(body).get() }
            words.forEach { assertTrue(it in told.message!!) { told.message } }
        }
        assertTrue(real < 30.seconds) { "after $real" }
    }

    @Test
    fun `runBlocking parks its thread`() =
        assertNamed("runBlocking", "NamedTest", DISPATCHER) { runBlocking { delay(1.hours) } }

    @Test
    fun `runBlocking parks it wherever its coroutines run`() =
        assertNamed("runBlocking", "NamedTest", DISPATCHER) {
            runBlocking(here.executor().asCoroutineDispatcher()) { delay(1.hours) }
        }

    @Test
    fun `threads that are no scheduler have delays of the wall clock`() =
        assertNamed("NamedTest", "delay", DISPATCHER) {
            val dispatcher = Executors.newThreadPerTaskExecutor(here.threads()).asCoroutineDispatcher()
            here.await(CoroutineScope(dispatcher).async { delay(1.hours) }.asCompletableFuture())
        }

    @Test
    fun `other dispatchers have threads of their own`() =
        assertNamed("NamedTest", "Dispatchers.Default", DISPATCHER) {
            here.await(CoroutineScope(Dispatchers.Default).async { delay(1.hours) }.asCompletableFuture())
        }

    @Test
    fun `nobody comes back from them in simulated time`() =
        assertNamed("Dispatchers.Default", DISPATCHER) {
            here.coroutine { withContext(Dispatchers.IO) { delay(1.hours) } }.get()
        }

    @Test
    fun `blocking calls of the JDK are named in coroutines too`() =
        assertNamed("Thread.sleep", "NamedTest", "host.sleep") { here.coroutine { Thread.sleep(1.minutes.inWholeMilliseconds) }.get() }

    private companion object {
        const val DISPATCHER = "host.executor().asCoroutineDispatcher()"
    }
}
