package acme.weather

import dev.millrace.internet.Host
import dev.millrace.internet.Program
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.asCoroutineDispatcher
import kotlinx.coroutines.async
import kotlinx.coroutines.future.asCompletableFuture

/**
 * Starts a program of this host that is a coroutine: it and those that it launches run on the host's threads, and their `delay`,
 * time-outs, channels and locks take simulated time, since `host.executor()` is a scheduler, too. `Program.get()` waits for it.
 */
fun <T> Host.coroutine(body: suspend CoroutineScope.() -> T): Program<T> = call {
    executor().use { await(CoroutineScope(it.asCoroutineDispatcher()).async(block = body).asCompletableFuture()) }
}
