package dev.millrace.cli.http;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/// HTTP as bytes: a client that sends what a test says, and a server that answers what a test says.
final class Wire {
    static final String ADDRESS = "192.168.1.1";

    private Wire() {
    }

    static Stack stack() throws IOException {
        return Stack.builder().nic("lo", "loopback:", ADDRESS + "/24").open();
    }

    static TcpSocket connect(Stack stack, int port) throws IOException {
        TcpSocket socket = stack.tcp().connect(
                new InetSocketAddress(InetAddress.ofLiteral(ADDRESS), port), Duration.ofSeconds(5));
        socket.setReadTimeout(Duration.ofSeconds(10));
        return socket;
    }

    /// Sends bytes, and returns what comes until the server closes.
    static String exchange(Stack stack, int port, String request) throws IOException {
        try (TcpSocket socket = connect(stack, port)) {
            send(socket, request);
            return rest(socket);
        }
    }

    static void send(TcpSocket socket, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        socket.write(bytes, 0, bytes.length);
    }

    static String rest(TcpSocket socket) throws IOException {
        var all = new ByteArrayOutputStream();
        socket.inputStream().transferTo(all);
        return all.toString(StandardCharsets.UTF_8);
    }

    /// Reads up to and with the end of a head.
    static String head(TcpSocket socket) throws IOException {
        var text = new StringBuilder();
        int b;
        while (text.indexOf("\r\n\r\n") < 0 && (b = socket.inputStream().read()) >= 0) {
            text.append((char) b);
        }
        return text.toString();
    }

    /// A server that gives its connections in turn the answers of a script; the answers of one connection follow one
    /// request each, and its end is the end of the connection.
    static final class Script implements AutoCloseable {
        private final TcpListener listener;
        /// The heads that came, with the number of their connection before them.
        final BlockingQueue<String> heads = new ArrayBlockingQueue<>(100);

        Script(Stack stack, int port, String[]... connections) throws IOException {
            listener = stack.tcp().listen(port);
            Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < connections.length; i++) {
                        try (TcpSocket socket = listener.accept()) {
                            for (String answer : connections[i]) {
                                heads.add(i + " " + head(socket));
                                send(socket, answer);
                            }
                        }
                    }
                } catch (IOException e) {
                    heads.add("failed: " + e);
                }
            });
        }

        @Override
        public void close() {
            listener.close();
        }
    }
}
