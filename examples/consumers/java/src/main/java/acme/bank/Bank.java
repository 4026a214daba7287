package acme.bank;

import dev.millrace.Tcp;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ThreadFactory;

/// Books payments, each of them once, however often it is told of it. A payment is a line `pay ID AMOUNT`, its answer `booked ID`.
public final class Bank {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Tcp tcp;
    private final ThreadFactory threads;
    private final Map<String, Integer> booked = new LinkedHashMap<>();

    /// @param threads make one for each connection: virtual ones, or those of a simulated host
    public Bank(Tcp tcp, ThreadFactory threads) {
        this.tcp = tcp;
        this.threads = threads;
    }

    /// Serves until it is interrupted, or its stack closed.
    public void serve(int port) throws IOException {
        try (TcpListener listener = tcp.listen(port)) {
            while (true) {
                TcpSocket customer = listener.accept();
                threads.newThread(() -> answer(customer)).start();
            }
        }
    }

    private void answer(TcpSocket customer) {
        try (customer) {
            customer.setReadTimeout(PATIENCE);
            var lines = new BufferedReader(new InputStreamReader(customer.inputStream(), StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                book(words[1], Integer.parseInt(words[2]));
                customer.outputStream().write(("booked " + words[1] + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // Who paid asks again, with the same ID.
            return;
        }
    }

    private synchronized void book(String id, int amount) {
        booked.putIfAbsent(id, amount);
    }

    /// All that it has.
    public synchronized int total() {
        return booked.values().stream().mapToInt(Integer::intValue).sum();
    }
}
