package dev.millrace.cli.http;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpRequestMapper;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.HttpProcessors;
import org.apache.hc.core5.http.impl.io.DefaultBHttpServerConnection;
import org.apache.hc.core5.http.impl.io.HttpService;
import org.apache.hc.core5.http.io.HttpRequestHandler;
import org.apache.hc.core5.http.io.support.BasicHttpServerExpectationDecorator;
import org.apache.hc.core5.http.io.support.BasicHttpServerRequestHandler;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.Timeout;

/// An HTTP/1.1 server on a stack: a virtual thread for each connection, bounded in number, size and time.
final class HttpServer implements AutoCloseable {
    /// What a server allows.
    ///
    /// @param connections how many at once; who comes then is reset
    /// @param idle how long a connection may wait for its next request, and a request's head and each piece of a body may
    ///     take to arrive
    record Limits(int connections, Duration idle) {
        static final Limits STANDARD = new Limits(1024, Duration.ofSeconds(30));
    }

    private static final Http1Config CONFIG = Http1Config.custom().setMaxLineLength(8192).setMaxHeaderCount(100)
            .setMaxEmptyLineCount(10).setBufferSize(16 * 1024).build();
    private static final String SOCKET = "millrace.socket";

    private final TcpListener listener;
    private final Limits limits;
    private final HttpService service;
    private final Consumer<String> log;
    private final Set<TcpSocket> open = ConcurrentHashMap.newKeySet();
    private final LongAdder requests = new LongAdder();
    private final Thread acceptor;

    /// Begins to serve.
    ///
    /// @param site what answers each request
    /// @param log told one line for each answer; on the connection's thread
    /// @throws IOException if the port is taken
    HttpServer(Stack stack, int port, HttpRequestHandler site, Limits limits, Consumer<String> log) throws IOException {
        this.limits = limits;
        this.log = log;
        listener = stack.tcp().listen(port);
        HttpRequestHandler answer = (request, response, context) -> {
            // The head is there: its time no longer runs.
            ((StackSocket) context.getAttribute(SOCKET)).clearReadDeadline();
            site.handle(request, response, context);
            requests.increment();
            log.accept(line(request, response.getCode(), context));
        };
        HttpRequestMapper<HttpRequestHandler> everything = (_, _) -> answer;
        service = new HttpService(HttpProcessors.server("millrace"),
                new BasicHttpServerExpectationDecorator(new BasicHttpServerRequestHandler(everything)),
                CONFIG, DefaultConnectionReuseStrategy.INSTANCE, null);
        acceptor = Thread.ofVirtual().name("http-accept").start(this::acceptAll);
    }

    InetSocketAddress address() {
        return listener.localAddress();
    }

    private static String line(ClassicHttpRequest request, int code, HttpContext context) {
        return ((StackSocket) context.getAttribute(SOCKET)).getInetAddress().getHostAddress() + " "
                + request.getMethod() + " " + printable(request.getRequestUri()) + " " + code;
    }

    /// A path as it may go to a terminal.
    private static String printable(String text) {
        return text.chars().mapToObj(c -> c > 0x20 && c < 0x7f ? String.valueOf((char) c) : String.format("\\u%04x", c))
                .collect(java.util.stream.Collectors.joining());
    }

    private void acceptAll() {
        try {
            while (true) {
                TcpSocket socket = listener.accept();
                if (open.size() >= limits.connections()) {
                    socket.abort();
                    continue;
                }
                open.add(socket);
                Thread.ofVirtual().name("http").start(() -> serve(socket));
            }
        } catch (IOException e) {
            // The listener or the stack was closed: nobody else comes.
            return;
        }
    }

    private void serve(TcpSocket socket) {
        try (socket; var connection = new DefaultBHttpServerConnection("http", CONFIG)) {
            socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
            var adapted = new StackSocket(socket);
            connection.bind(adapted);
            connection.setSocketTimeout(Timeout.of(limits.idle()));
            while (connection.isOpen()) {
                adapted.setReadDeadline(System.nanoTime() + limits.idle().toNanos());
                HttpCoreContext context = HttpCoreContext.create();
                context.setAttribute(SOCKET, adapted);
                service.handleRequest(connection, context);
            }
            connection.close(CloseMode.GRACEFUL);
        } catch (HttpException | IOException e) {
            // What was wrong with a request HttpCore has answered; else the client went away or was too slow.
            log.accept(socket.remoteAddress().getAddress().getHostAddress() + " connection ended: " + e.getMessage());
        } catch (RuntimeException e) {
            log.accept("connection failed: " + e);
        } finally {
            open.remove(socket);
        }
    }

    /// How many requests were answered.
    long requests() {
        return requests.sum();
    }

    /// How many connections there are now.
    int connections() {
        return open.size();
    }

    /// Stops listening and waits for the connections to end, for this long at most.
    void drain(Duration most) throws InterruptedException {
        listener.close();
        long until = System.nanoTime() + most.toNanos();
        while (!open.isEmpty() && System.nanoTime() < until) {
            Thread.sleep(10);
        }
    }

    /// Stops listening and ends all connections.
    @Override
    public void close() {
        listener.close();
        open.forEach(TcpSocket::abort);
        try {
            acceptor.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
