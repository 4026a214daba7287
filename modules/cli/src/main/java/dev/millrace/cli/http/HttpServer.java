package dev.millrace.cli.http;

import dev.millrace.Stack;
import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.HttpRequestMapper;
import org.apache.hc.core5.http.MessageConstraintException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.impl.DefaultConnectionReuseStrategy;
import org.apache.hc.core5.http.impl.HttpProcessors;
import org.apache.hc.core5.http.impl.io.DefaultBHttpServerConnection;
import org.apache.hc.core5.http.impl.io.DefaultHttpRequestParserFactory;
import org.apache.hc.core5.http.impl.io.HttpService;
import org.apache.hc.core5.http.io.HttpRequestHandler;
import org.apache.hc.core5.http.io.support.BasicHttpServerExpectationDecorator;
import org.apache.hc.core5.http.io.support.BasicHttpServerRequestHandler;
import org.apache.hc.core5.http.message.BasicClassicHttpResponse;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http.protocol.HttpCoreContext;
import org.apache.hc.core5.util.Timeout;

/// An HTTP/1.1 server on a stack: a virtual thread for each connection, bounded in number, size and time.
final class HttpServer implements AutoCloseable {
    /// What a server allows.
    ///
    /// @param connections how many at once; who comes then is reset
    /// @param idle how long a connection may wait for its next request with all of its head, how long a request's body may
    ///     take to arrive, and how long a client may take none of an answer
    record Limits(int connections, Duration idle) {
        static final Limits STANDARD = new Limits(1024, Duration.ofSeconds(30));
    }

    /// How much of a body that nobody wants is read, so that the connection can go on.
    private static final int MAX_DRAINED = 64 * 1024;
    /// How long a client that still sends has to see its answer.
    private static final Duration LINGER = Duration.ofSeconds(2);

    private static final Http1Config CONFIG = Http1Config.custom().setMaxLineLength(8192).setMaxHeaderCount(100)
            .setMaxEmptyLineCount(10).setBufferSize(16 * 1024).build();
    private static final String SOCKET = "millrace.socket";

    private final TcpListener listener;
    private final Limits limits;
    private final HttpService service;
    private final Consumer<String> log;
    private final Set<TimedSocket> open = ConcurrentHashMap.newKeySet();
    private final LongAdder requests = new LongAdder();
    private final Thread acceptor;
    private final Thread sweeper;

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
            // The head is there; the body has a time of its own.
            ((TimedSocket) context.getAttribute(SOCKET)).setReadDeadline(System.nanoTime() + limits.idle().toNanos());
            answer(site, request, response, context);
            settleBody(request, response);
            requests.increment();
            log.accept(line(request, response.getCode(), context));
        };
        HttpRequestMapper<HttpRequestHandler> everything = (_, _) -> answer;
        service = new HttpService(HttpProcessors.server("millrace"),
                new BasicHttpServerExpectationDecorator(new BasicHttpServerRequestHandler(everything)),
                CONFIG, DefaultConnectionReuseStrategy.INSTANCE, null);
        acceptor = Thread.ofVirtual().name("http-accept").start(this::acceptAll);
        sweeper = Thread.ofVirtual().name("http-sweep").start(this::resetStuck);
    }

    private void answer(HttpRequestHandler site, ClassicHttpRequest request, ClassicHttpResponse response,
            HttpContext context) throws HttpException, IOException {
        try {
            site.handle(request, response, context);
        } catch (FileSystemException | RuntimeException e) {
            // The file went away meanwhile, or a defect: the client learns only that, the log what.
            Site.text(response, 500, "this did not work\n");
            log.accept(printable(request.getMethod() + " " + request.getRequestUri() + ": " + e));
        }
    }

    /// Reads what the site left of the body if that is little, and else has the connection end after the answer: HttpCore
    /// would read all of it, however much that is.
    private static void settleBody(ClassicHttpRequest request, ClassicHttpResponse response) throws IOException {
        HttpEntity body = request.getEntity();
        if (body == null) {
            return;
        }
        boolean drained = body.getContentLength() <= MAX_DRAINED + (long) TodoResource.MAX_BODY
                && body.getContent().readNBytes(MAX_DRAINED + 1).length <= MAX_DRAINED;
        if (!drained) {
            response.setHeader(HttpHeaders.CONNECTION, "close");
            request.setEntity(null);
        }
    }

    /// Ends connections whose clients take nothing of their answers: TCP itself lets them be for ever (RFC 9293 §3.8.6.1).
    private void resetStuck() {
        try {
            while (true) {
                Thread.sleep(limits.idle().dividedBy(4));
                long since = System.nanoTime() - limits.idle().toNanos();
                open.stream().filter(s -> s.isStuckSince(since)).forEach(TimedSocket::abort);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    InetSocketAddress address() {
        return listener.localAddress();
    }

    private static String line(ClassicHttpRequest request, int code, HttpContext context) {
        return ((TimedSocket) context.getAttribute(SOCKET)).getInetAddress().getHostAddress() + " "
                + request.getMethod() + " " + printable(request.getRequestUri()) + " " + code;
    }

    /// A path as it may go to a terminal.
    private static String printable(String text) {
        return text.chars().mapToObj(c -> c >= 0x20 && c < 0x7f ? String.valueOf((char) c) : String.format("\\u%04x", c))
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
                var adapted = new TimedSocket(socket);
                open.add(adapted);
                Thread.ofVirtual().name("http").start(() -> serve(adapted));
            }
        } catch (IOException e) {
            // The listener or the stack was closed: nobody else comes.
            return;
        }
    }

    private void serve(TimedSocket socket) {
        // Without a parser that has the limits, too, HttpCore counts no headers.
        try (socket; var connection = new DefaultBHttpServerConnection("http", CONFIG, null, null, null, null,
                new DefaultHttpRequestParserFactory(CONFIG), null)) {
            socket.setTcpNoDelay(true);
            socket.lingerOnClose(LINGER);
            connection.bind(socket);
            connection.setSocketTimeout(Timeout.of(limits.idle()));
            try {
                serve(connection, socket);
            } catch (MessageConstraintException e) {
                refuse(connection, e);
                throw e;
            }
        } catch (HttpException | IOException e) {
            // What was wrong with a request HttpCore has answered; else the client went away or was too slow.
            log.accept(socket.getInetAddress().getHostAddress() + " connection ended: " + printable("" + e.getMessage()));
        } catch (RuntimeException e) {
            log.accept("connection failed: " + printable(e.toString()));
        } finally {
            open.remove(socket);
        }
    }

    private void serve(DefaultBHttpServerConnection connection, TimedSocket socket) throws HttpException, IOException {
        while (connection.isOpen()) {
            socket.setReadDeadline(System.nanoTime() + limits.idle().toNanos());
            HttpCoreContext context = HttpCoreContext.create();
            context.setAttribute(SOCKET, socket);
            try {
                service.handleRequest(connection, context);
            } catch (ConnectionClosedException e) {
                if (connection.isOpen()) {
                    throw e;
                }
                // HttpCore has ended it after the last answer, and then looked at it once more.
            }
        }
    }

    /// Answers a head that is too large (RFC 6585 §5), which HttpCore only reports.
    private static void refuse(DefaultBHttpServerConnection connection, MessageConstraintException e)
            throws HttpException, IOException {
        var response = new BasicClassicHttpResponse(431);
        Site.text(response, 431, e.getMessage() + "\n");
        response.setHeader(HttpHeaders.CONNECTION, "close");
        response.setHeader(HttpHeaders.CONTENT_TYPE, Site.TEXT);
        response.setHeader(HttpHeaders.CONTENT_LENGTH, response.getEntity().getContentLength());
        connection.sendResponseHeader(response);
        connection.sendResponseEntity(response);
        connection.flush();
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
        sweeper.interrupt();
        try {
            acceptor.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        open.forEach(TimedSocket::abort);
    }
}
