package dev.millrace.cli.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.TcpSocket;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What `serve` says to good, bad and slow clients.
@Timeout(60)
class HttpServerTest {
    private static final String HOST = "Host: x\r\n";
    private static final String LAST = "Connection: close\r\n\r\n";

    private final List<String> log = new CopyOnWriteArrayList<>();
    private Stack stack;
    private HttpServer server;

    @BeforeEach
    void open() throws IOException {
        stack = Wire.stack();
        server = new HttpServer(stack, 80, new Site(null), HttpServer.Limits.STANDARD, log::add);
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        stack.close();
    }

    private String exchange(String request) throws IOException {
        return Wire.exchange(stack, 80, request);
    }

    private static void assertStatus(int status, String answer) {
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    }

    private static String body(String answer) {
        return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }

    @Test
    void saysHello() throws IOException {
        String answer = exchange("GET / HTTP/1.1\r\n" + HOST + LAST);
        assertStatus(200, answer);
        assertEquals("Hello, World!\r\n", body(answer));
        assertTrue(answer.contains("Content-Type: text/plain; charset=UTF-8\r\n"), answer);
        assertTrue(answer.contains("Content-Length: 15\r\n"), answer);
        assertEquals(List.of("192.168.1.1 GET / 200"), log);
    }

    @Test
    void headHasTheLengthAndNoBody() throws IOException {
        String answer = exchange("HEAD / HTTP/1.1\r\n" + HOST + LAST);
        assertTrue(answer.contains("Content-Length: 15\r\n"), answer);
        assertEquals("", body(answer));
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws IOException {
        String answer = exchange("GET / HTTP/1.1\r\n" + HOST + "\r\nGET /nothing HTTP/1.1\r\n" + HOST
                + "\r\nGET /todos/1 HTTP/1.1\r\n" + HOST + LAST);
        int ok = answer.indexOf("HTTP/1.1 200");
        int missing = answer.indexOf("HTTP/1.1 404");
        assertTrue(ok == 0 && missing > ok && answer.indexOf("\"todo1\"") > missing, answer);
    }

    @Test
    void anHttp10ConnectionEndsByItself() throws IOException {
        String answer = exchange("GET / HTTP/1.0\r\n\r\n");
        assertTrue(answer.contains(" 200 ") && answer.endsWith("Hello, World!\r\n"), answer);
    }

    @Test
    void takesTheAbsoluteFormOfATarget() throws IOException {
        assertStatus(200, exchange("GET http://x/ HTTP/1.1\r\n" + HOST + LAST));
        assertStatus(200, exchange("GET http://x HTTP/1.1\r\n" + HOST + LAST));
    }

    @Test
    void asksForTheBodyOfAClientThatWaits() throws IOException {
        try (TcpSocket socket = Wire.connect(stack, 80)) {
            String title = "{\"title\":\"later\"}";
            Wire.send(socket, "POST /todos HTTP/1.1\r\n" + HOST + "Content-Type: application/json\r\nExpect: 100-continue\r\n"
                    + "Content-Length: " + title.length() + "\r\n" + LAST);
            assertStatus(100, Wire.head(socket));
            Wire.send(socket, title);
            assertStatus(201, Wire.rest(socket));
        }
    }

    @Test
    void otherMethodsAre405AndSayWhatIsAllowed() throws IOException {
        String answer = exchange("DELETE / HTTP/1.1\r\n" + HOST + LAST);
        assertStatus(405, answer);
        assertTrue(answer.contains("Allow: GET, HEAD\r\n"), answer);
    }

    @Test
    void aRequestWithoutHostIs400() throws IOException {
        assertStatus(400, exchange("GET / HTTP/1.1\r\n\r\n"));
    }

    @Test
    void garbageIs400() throws IOException {
        assertStatus(400, exchange("\u0001\u0002 what is this\r\n\r\n"));
    }

    @Test
    void aLineThatIsTooLongIs431() throws IOException {
        assertStatus(431, exchange("GET /" + "a".repeat(100_000) + " HTTP/1.1\r\n" + HOST + LAST));
        assertStatus(431, exchange("GET / HTTP/1.1\r\nX: " + "a".repeat(100_000) + "\r\n" + HOST + LAST));
    }

    @Test
    void tooManyHeadersAre431() throws IOException {
        assertStatus(431, exchange("GET / HTTP/1.1\r\n" + "X: y\r\n".repeat(1000) + HOST + LAST));
    }

    @Test
    void aBadChunkEndsTheConnectionAndNoMore() throws IOException {
        String answer = exchange("POST /todos HTTP/1.1\r\n" + HOST
                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n");
        assertFalse(answer.contains(" 201 "), answer);
        assertStatus(200, exchange("GET / HTTP/1.1\r\n" + HOST + LAST));
    }

    @Test
    void lengthAndChunksTogetherAreNotTakenForTwoRequests() throws IOException {
        String answer = exchange("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "0\r\n\r\nGET /todos HTTP/1.1\r\n" + HOST + LAST);
        assertFalse(answer.contains("todo1"), answer);
    }

    @Test
    void theAnswerComesAlthoughTheRestOfAHugeBodyDoesNot() throws IOException {
        String answer = exchange("POST /todos HTTP/1.1\r\n" + HOST
                + "Content-Type: application/json\r\nContent-Length: 10000000000\r\n\r\n" + " ".repeat(200_000));
        assertStatus(413, answer);
        assertTrue(answer.contains("Connection: close\r\n"), answer);
    }

    @Test
    void aSmallBodyNobodyWantsDoesNotEndTheConnection() throws IOException {
        String answer = exchange("POST / HTTP/1.1\r\n" + HOST + "Content-Length: 5\r\n\r\nhello"
                + "GET / HTTP/1.1\r\n" + HOST + LAST);
        assertStatus(405, answer);
        assertTrue(answer.endsWith("Hello, World!\r\n"), answer);
    }

    @Test
    void aHeadThatTricklesInIsCutOff() throws IOException {
        server.close();
        try (var quick = new HttpServer(stack, 81, new Site(null),
                new HttpServer.Limits(10, Duration.ofMillis(300)), log::add); TcpSocket socket = Wire.connect(stack, 81)) {
            long begun = System.nanoTime();
            // Without a deadline for the whole head each byte would begin a new 300 ms.
            Thread.ofVirtual().start(() -> {
                try {
                    for (int i = 0; i < 100; i++) {
                        Wire.send(socket, "G");
                        Thread.sleep(100);
                    }
                } catch (IOException | InterruptedException e) {
                    return;
                }
            });
            assertEquals("", Wire.rest(socket));
            assertTrue(System.nanoTime() - begun < 4_000_000_000L);
        }
    }

    @Test
    void aSlowBodyDoesNotHoldUpOthers() throws IOException {
        try (TcpSocket slow = Wire.connect(stack, 80)) {
            Wire.send(slow, "POST /todos HTTP/1.1\r\n" + HOST + "Content-Length: 100\r\nExpect: 100-continue\r\n\r\n");
            assertStatus(100, Wire.head(slow));
            Wire.send(slow, "{");
            assertTimeoutPreemptively(Duration.ofSeconds(5),
                    () -> assertStatus(200, exchange("GET /todos HTTP/1.1\r\n" + HOST + LAST)));
        }
    }

    @Test
    void moreConnectionsThanAllowedAreReset() throws IOException {
        try (var small = new HttpServer(stack, 81, new Site(null), new HttpServer.Limits(1, Duration.ofSeconds(30)), log::add);
                TcpSocket first = Wire.connect(stack, 81)) {
            Wire.send(first, "GET / HTTP/1.1\r\n" + HOST + "\r\n");
            assertStatus(200, Wire.head(first));
            org.junit.jupiter.api.Assertions.assertThrows(IOException.class,
                    () -> Wire.exchange(stack, 81, "GET / HTTP/1.1\r\n" + HOST + LAST));
            assertEquals(1, small.connections());
        }
    }

    @Test
    void aDefectOfTheSiteIs500() throws IOException {
        try (var broken = new HttpServer(stack, 81, (_, _, _) -> {
            throw new IllegalStateException("a secret");
        }, HttpServer.Limits.STANDARD, log::add)) {
            String answer = Wire.exchange(stack, 81, "GET / HTTP/1.1\r\n" + HOST + LAST);
            assertStatus(500, answer);
            assertFalse(answer.contains("secret"), answer);
        }
    }
}
