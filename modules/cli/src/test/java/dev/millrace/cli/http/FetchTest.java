package dev.millrace.cli.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.message.BasicHeader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What `get` makes of servers, good and bad.
@Timeout(60)
class FetchTest {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    private final StringWriter told = new StringWriter();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private Stack stack;
    @TempDir
    Path folder;

    @BeforeEach
    void open() throws IOException {
        stack = Wire.stack();
    }

    @AfterEach
    void close() throws IOException {
        stack.close();
    }

    private static List<InetAddress> names(String host) throws UnknownHostException {
        return switch (host) {
            case "two.test" -> List.of(InetAddress.ofLiteral("10.9.9.9"), InetAddress.ofLiteral(Wire.ADDRESS));
            case "none.test" -> throw new UnknownHostException("none.test: there is no such name");
            default -> List.of(InetAddress.ofLiteral(Wire.ADDRESS));
        };
    }

    private Fetch.Outcome fetch(String url) throws IOException {
        return fetch("GET", url);
    }

    private Fetch.Outcome fetch(String method, String url, Header... headers) throws IOException {
        return fetch(method, url, () -> body, headers);
    }

    private Fetch.Outcome fetch(String method, String url, Fetch.Body to, Header... headers) throws IOException {
        var settings = new Fetch.Settings(method, List.of(headers), 3, Duration.ofMillis(500), Duration.ofSeconds(2));
        var report = new FetchReport(new PrintWriter(told, true), false, false);
        try (var fetch = new Fetch(stack, FetchTest::names, Tls.of(false, null), settings, report)) {
            return fetch.run(FetchUrl.parse(url), to);
        }
    }

    private static String[] connection(String... answers) {
        return answers;
    }

    private static String redirect(int code, String to) {
        return "HTTP/1.1 " + code + " Elsewhere\r\nLocation: " + to + "\r\nContent-Length: 4\r\n\r\ngone";
    }

    @Test
    void fetchesFromServe() throws Exception {
        byte[] content = new byte[3_000_000];
        new java.util.Random(1).nextBytes(content);
        Files.write(folder.resolve("file"), content);
        try (var _ = new HttpServer(stack, 80, new Site(new FileResource(folder)), HttpServer.Limits.STANDARD, _ -> {
        })) {
            Fetch.Outcome outcome = fetch("http://a.test/file");
            assertEquals(200, outcome.status());
            assertEquals(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content)), outcome.sha256());
            assertEquals(content.length, outcome.bytes());
            assertEquals(80, outcome.remote().getPort());
            assertEquals(List.of(InetAddress.ofLiteral(Wire.ADDRESS)), outcome.addresses());
            assertEquals(0, fetch("HEAD", "http://a.test/file").bytes());
        }
        assertTrue(told.toString().contains("* TCP connection to 192.168.1.1:80 is successful, from 192.168.1.1:"),
                told.toString());
        assertTrue(told.toString().contains("* a.test is 192.168.1.1"), told.toString());
    }

    @Test
    void followsRedirectsOnTheSameConnection() throws Exception {
        for (int code : new int[] {301, 302, 303, 307, 308}) {
            try (var server = new Wire.Script(stack, 80, connection(redirect(code, "/b?c"), OK))) {
                Fetch.Outcome outcome = fetch("http://a.test/a");
                assertEquals("http://a.test/b?c", outcome.url().toString());
                assertEquals(1, outcome.redirects().size());
                assertTrue(server.heads.take().startsWith("0 GET /a HTTP/1.1\r\n"));
                assertTrue(server.heads.take().startsWith("0 GET /b?c HTTP/1.1\r\n"));
            }
        }
        assertEquals("okokokokok", body.toString(StandardCharsets.UTF_8));
        assertTrue(told.toString().contains("* redirected to http://a.test/b?c, on the same connection"), told.toString());
    }

    @Test
    void connectsAnewWhereTheServerOrTheHostEndsTheConnection() throws Exception {
        String closing = redirect(302, "/b").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
        try (var server = new Wire.Script(stack, 80, connection(closing), connection(redirect(302, "http://b.test/c")),
                connection(OK))) {
            fetch("http://a.test/a");
            server.heads.take();
            assertTrue(server.heads.take().startsWith("1 GET /b "));
            String last = server.heads.take();
            assertTrue(last.startsWith("2 GET /c ") && last.contains("Host: b.test\r\n"), last);
        }
        assertFalse(told.toString().contains("same connection"), told.toString());
    }

    @Test
    void triesAgainWhereTheServerClosesAConnectionThatItKept() throws Exception {
        try (var server = new Wire.Script(stack, 80, connection(redirect(302, "/b")), connection(OK))) {
            assertEquals(200, fetch("http://a.test/a").status());
            server.heads.take();
            assertTrue(server.heads.take().startsWith("1 GET /b "));
        }
        assertTrue(told.toString().contains("the server has closed the connection"), told.toString());
    }

    @Test
    void secretsStayWithTheServerTheyAreFor() throws Exception {
        Header secret = new BasicHeader("Authorization", "Basic x");
        Header harmless = new BasicHeader("X-Trace", "1");
        try (var server = new Wire.Script(stack, 80, connection(redirect(302, "/b"), redirect(302, "http://b.test/")),
                connection(OK))) {
            fetch("GET", "http://a.test/", secret, harmless);
            assertTrue(server.heads.take().contains("Authorization: Basic x\r\n"));
            assertTrue(server.heads.take().contains("Authorization: Basic x\r\n"));
            String other = server.heads.take();
            assertFalse(other.contains("Authorization"), other);
            assertTrue(other.contains("X-Trace: 1\r\n"), other);
        }
    }

    @Test
    void givesUpAfterTooManyRedirects() throws Exception {
        try (var _ = new Wire.Script(stack, 80,
                connection(redirect(302, "/1"), redirect(302, "/2"), redirect(302, "/3"), redirect(302, "/4")))) {
            IOException e = assertThrows(IOException.class, () -> fetch("http://a.test/"));
            assertTrue(e.getMessage().contains("more than 3 redirects") && e.getMessage().contains("--max-redirects"),
                    e.getMessage());
        }
    }

    @Test
    void leavesHttpForNothingElse() throws Exception {
        for (String to : new String[] {"file:///etc/passwd", "http://", "http://a:b@c.test/", "ht!tp:x"}) {
            try (var _ = new Wire.Script(stack, 80, connection(redirect(302, to)))) {
                IOException e = assertThrows(IOException.class, () -> fetch("http://a.test/"), to);
                assertTrue(e.getMessage().startsWith("the server redirects to "), e.getMessage());
            }
        }
    }

    @Test
    void readsChunksAndBodiesUpToTheEnd() throws Exception {
        try (var _ = new Wire.Script(stack, 80,
                connection("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nmill\r\n4;x=y\r\nrace\r\n0\r\nT: x\r\n\r\n"),
                connection("HTTP/1.1 200 OK\r\n\r\n, all of it"))) {
            assertEquals(8, fetch("http://a.test/").bytes());
            assertEquals(11, fetch("http://a.test/").bytes());
        }
        assertEquals("millrace, all of it", body.toString(StandardCharsets.UTF_8));
    }

    @Test
    void aBodyThatIsCutShortIsAnError() throws Exception {
        for (String answer : new String[] {"Content-Length: 10\r\n\r\nshort", "Transfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n",
                "Transfer-Encoding: chunked\r\n\r\n9\r\nshort", "Transfer-Encoding: chunked\r\n\r\nzz\r\nshort"}) {
            try (var _ = new Wire.Script(stack, 80, connection("HTTP/1.1 200 OK\r\n" + answer))) {
                IOException e = assertThrows(IOException.class, () -> fetch("http://a.test/"), answer);
                assertTrue(e.getMessage().startsWith("the body is incomplete: "), e.getMessage());
            }
        }
    }

    @Test
    void anAnswerThatIsNoHttpIsAnError() throws Exception {
        for (String answer : new String[] {"SSH-2.0-x\r\n\r\n", "", "HTTP/1.1 abc\r\n\r\n",
                "HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(2000) + "\r\n", "HTTP/1.1 200 OK\r\nX: " + "y".repeat(200_000)}) {
            try (var _ = new Wire.Script(stack, 80, connection(answer))) {
                IOException e = assertThrows(IOException.class, () -> fetch("http://a.test/"));
                assertFalse(e.getMessage().isBlank());
            }
        }
    }

    @Test
    void aServersTextDoesNotControlTheTerminal() throws Exception {
        try (var _ = new Wire.Script(stack, 80,
                connection("HTTP/1.1 200 OK\r\nX: a\u001b[2Jb\r\nContent-Length: 2\r\n\r\nok"))) {
            fetch("http://a.test/");
        }
        assertTrue(told.toString().contains("X: a?[2Jb"), told.toString());
        assertFalse(told.toString().contains("\u001b"));
    }

    @Test
    void aServerThatIsSilentIsLeftWithAReason() throws Exception {
        try (var _ = stack.tcp().listen(80)) {
            IOException e = assertThrows(IOException.class, () -> fetch("http://a.test/"));
            assertEquals("no answer from a.test in 2.0 s", e.getMessage());
        }
    }

    @Test
    void aHeaderThatComesByteAfterByteHasTheTimeThatWasPromisedAndNoMore() throws Exception {
        try (var listener = stack.tcp().listen(80)) {
            Thread.startVirtualThread(() -> {
                try (var socket = listener.accept()) {
                    socket.write(java.nio.ByteBuffer.wrap("HTTP/1.1 200 OK\r\nX: ".getBytes()));
                    while (true) {
                        // Never silent for as long as the time-out, and never done.
                        Thread.sleep(50);
                        socket.write(java.nio.ByteBuffer.wrap(new byte[] {'x'}));
                    }
                } catch (IOException | InterruptedException e) {
                    // The client has enough.
                }
            });
            var e = assertThrows(IOException.class, () -> fetch("http://a.test/"));
            assertEquals("no answer from a.test in 2.0 s", e.getMessage());
        }
    }

    @Test
    void triesTheAddressesInTurn() throws Exception {
        try (var _ = new Wire.Script(stack, 80, connection(OK))) {
            assertEquals(200, fetch("http://two.test/").status());
        }
        assertTrue(told.toString().contains("* TCP connection to 10.9.9.9:80 failed: "), told.toString());
    }

    @Test
    void aClosedPortIsAnErrorThatNamesIt() {
        IOException e = assertThrows(IOException.class, () -> fetch("http://a.test:81/"));
        assertEquals("192.168.1.1 port 81: Connection refused", e.getMessage());
    }

    @Test
    void aNameThatIsNoneIsAnError() {
        assertEquals("none.test: there is no such name",
                assertThrows(IOException.class, () -> fetch("http://none.test/")).getMessage());
    }

    @Test
    void nothingIsOpenedForABodyThatNeverComes() {
        assertThrows(IOException.class, () -> fetch("GET", "http://a.test:81/", () -> {
            throw new AssertionError("opened");
        }));
    }

    @Test
    void aFullDiskEndsItAtOnce() throws Exception {
        var full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        try (var _ = new HttpServer(stack, 80, new Site(new FileResource(folder)), HttpServer.Limits.STANDARD, _ -> {
        })) {
            try (var file = new java.io.RandomAccessFile(folder.resolve("huge").toFile(), "rw")) {
                file.setLength(1L << 40);
            }
            IOException e = assertThrows(IOException.class, () -> fetch("GET", "http://a.test/huge", () -> full));
            assertEquals("No space left on device", e.getMessage());
        }
    }
}
