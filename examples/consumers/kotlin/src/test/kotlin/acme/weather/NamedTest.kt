package acme.weather

import dev.millrace.internet.Host
import dev.millrace.internet.Internet
import dev.millrace.junit.SimHost
import dev.millrace.junit.VirtualInternet
import java.util.concurrent.Executors
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.delay
import kotlinx.coroutines.future.asCompletableFuture
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import org.junit.jupiter.api.Test

/** What cannot work in simulated time is named at once, with what to write instead. */
@VirtualInternet
class NamedTest {
    @SimHost
    lateinit var here: Host

    private fun show(what: () -> Unit) {
        val t0 = System.nanoTime()
        try { what(); println("@@@ nothing") } catch (e: Throwable) { println("@@@ ${(System.nanoTime()-t0)/1000000} ms $e") }
    }

    @Test fun a() { show { here.run { runBlocking { delay(1.seconds) } }.get() } }
    @Test fun a2() { show { here.run { runBlocking(here.executor().asCoroutineDispatcher()) { delay(1.seconds) } }.get() } }
    @Test fun a3() { show { runBlocking { delay(1.seconds) } } }
    @Test fun b(net: Internet) { show { here.run {
        val d = Executors.newThreadPerTaskExecutor(here.threads()).asCoroutineDispatcher()
        here.await(CoroutineScope(d).async { delay(1.seconds); println("@@@ now ${net.now()}") }.asCompletableFuture()) }.get() } }
    @Test fun b2(net: Internet) { show { here.run {
        here.await(CoroutineScope(Dispatchers.Default).async { delay(1.seconds) }.asCompletableFuture()) }.get() } }
    @Test fun c(net: Internet) { show { here.coroutine { withContext(Dispatchers.IO) { delay(1.seconds) }
        println("@@@ now ${net.now()} ${Thread.currentThread()}")
     }.get() } }
    @Test fun c2(net: Internet) { show { here.coroutine { withContext(Dispatchers.IO) { Thread.sleep(1000) } 
        println("@@@ now ${net.now()} ${Thread.currentThread()}")
    }.get() } }
    @Test fun c4(net: Internet) { show { here.coroutine { withContext(Dispatchers.IO) {  here.stack().tcp().listen(80) } 
        println("@@@ now ${net.now()} ${Thread.currentThread()}")
    }.get() } }
    @Test fun c5(net: Internet) { show { here.coroutine { withContext(Dispatchers.Default) { 1 } 
        println("@@@ now ${net.now()} ${Thread.currentThread()}")
    }.get() } }
    @Test fun d(net: Internet) { show { here.coroutine { Thread.sleep(1000) }.get() } }
}
