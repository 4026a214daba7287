package acme.bank;

import dev.millrace.Tcp;
import dev.millrace.TcpSocket;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/// Pays: asks the bank again until it has answered.
public final class Checkout {
    private static final Duration PATIENCE = Duration.ofSeconds(3);
    private static final int TRIES = 50;

    private final Tcp tcp;
    private final InetSocketAddress bank;

    /// @param bank where it is
    public Checkout(Tcp tcp, InetAddress bank, int port) {
        this.tcp = tcp;
        this.bank = new InetSocketAddress(bank, port);
    }

    /// Returns how often it had to ask.
    ///
    /// @param id by which the bank knows the payment when it hears of it again
    /// @throws IOException if the bank never answered
    public int pay(String id, int amount) throws IOException {
        IOException last = null;
        for (int asked = 1; asked <= TRIES; asked++) {
            try {
                ask(id, amount);
                return asked;
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    private void ask(String id, int amount) throws IOException {
        try (TcpSocket socket = tcp.connect(bank, PATIENCE)) {
            socket.setReadTimeout(PATIENCE);
            socket.outputStream().write(("pay " + id + " " + amount + "\n").getBytes(StandardCharsets.UTF_8));
            var lines = new BufferedReader(new InputStreamReader(socket.inputStream(), StandardCharsets.UTF_8));
            String answer = lines.readLine();
            if (!("booked " + id).equals(answer)) {
                throw new IOException("the bank said " + answer);
            }
        }
    }
}
