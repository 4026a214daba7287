package acme.weather

import dev.millrace.Tcp
import java.io.IOException
import java.net.InetAddress
import java.net.InetSocketAddress
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlin.time.toJavaDuration
import kotlinx.coroutines.delay

/** Measures now and then, and tells the station until it has answered. */
class Sensor(private val tcp: Tcp, private val name: String, station: InetAddress, port: Int) {
    private val station = InetSocketAddress(station, port)

    suspend fun report(times: Int, every: Duration) {
        for (count in 1..times) {
            while (!isTaken(count)) {
                delay(PAUSE)
            }
            delay(every)
        }
    }

    private fun isTaken(count: Int): Boolean =
        try {
            tcp.connect(station, PATIENCE).use { socket ->
                socket.setReadTimeout(PATIENCE)
                socket.outputStream().write("$name $count\n".toByteArray())
                socket.inputStream().bufferedReader().readLine() == "taken"
            }
        } catch (_: IOException) {
            false
        }

    private companion object {
        val PAUSE = 1.seconds
        val PATIENCE = 3.seconds.toJavaDuration()
    }
}
