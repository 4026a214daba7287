package acme.weather

import dev.millrace.Tcp
import dev.millrace.TcpSocket
import java.io.IOException
import kotlinx.coroutines.channels.SendChannel
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.launch

/** What a sensor has measured: the [count]th of its values. */
data class Reading(val sensor: String, val count: Int)

/** Takes readings, a line each, and answers each with a line. */
class Station(private val tcp: Tcp, private val port: Int) {

    /**
     * Serves until it is cancelled, a coroutine for each sensor. Sockets block, so its dispatcher has threads for all: virtual
     * ones, or a simulated host's.
     */
    suspend fun serve(readings: SendChannel<Reading>): Unit = coroutineScope {
        tcp.listen(port).use { listener ->
            while (true) {
                val sensor = listener.accept()
                launch { take(sensor, readings) }
            }
        }
    }

    private suspend fun take(sensor: TcpSocket, readings: SendChannel<Reading>) = sensor.use {
        try {
            val lines = sensor.inputStream().bufferedReader()
            while (true) {
                val (name, count) = (lines.readLine() ?: break).split(' ')
                readings.send(Reading(name, count.toInt()))
                sensor.outputStream().write("taken\n".toByteArray())
            }
        } catch (_: IOException) {
            // The sensor sends again what was not answered.
        }
    }
}
