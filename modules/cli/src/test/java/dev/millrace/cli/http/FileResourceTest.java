package dev.millrace.cli.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.testkit.Await;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// `serve --root`.
@Timeout(60)
class FileResourceTest {
    private Stack stack;
    private HttpServer server;
    @TempDir
    Path folder;

    @BeforeEach
    void open() throws IOException {
        Path root = Files.createDirectories(folder.resolve("root/sub")).getParent();
        Files.writeString(folder.resolve("secret.txt"), "secret");
        Files.createDirectories(folder.resolve("root2"));
        Files.writeString(folder.resolve("root2/secret.txt"), "secret");
        Files.writeString(root.resolve("digits.txt"), "0123456789");
        Files.writeString(root.resolve("empty.txt"), "");
        Files.writeString(root.resolve("a b&c.json"), "{}");
        Files.createSymbolicLink(root.resolve("out"), folder.resolve("secret.txt"));
        Files.createSymbolicLink(root.resolve("up"), folder);
        Files.createSymbolicLink(root.resolve("in"), root.resolve("digits.txt"));
        Files.createDirectories(root.resolve("site"));
        Files.writeString(root.resolve("site/index.html"), "<p>index");
        Files.createDirectories(root.resolve("bad"));
        Files.createSymbolicLink(root.resolve("bad/index.html"), folder.resolve("secret.txt"));
        stack = Wire.stack();
        server = new HttpServer(stack, 80, new Site(new FileResource(root)), HttpServer.Limits.STANDARD, _ -> {
        });
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        stack.close();
    }

    private String call(String method, String path, String... headers) throws IOException {
        var lines = new StringBuilder();
        for (String h : headers) {
            lines.append(h).append("\r\n");
        }
        return Wire.exchange(stack, 80,
                method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + lines + "\r\n");
    }

    private String get(String path, String... headers) throws IOException {
        return call("GET", path, headers);
    }

    private static int status(String answer) {
        return Integer.parseInt(answer.substring(9, 12));
    }

    private static String body(String answer) {
        return answer.substring(answer.indexOf("\r\n\r\n") + 4);
    }

    private static String header(String answer, String name) {
        return answer.lines().filter(l -> l.startsWith(name + ": ")).map(l -> l.substring(name.length() + 2))
                .findFirst().orElse(null);
    }

    @Test
    void sendsAFileWithWhatThereIsToSayAboutIt() throws IOException {
        String answer = get("/digits.txt");
        assertEquals("0123456789", body(answer));
        assertEquals("10", header(answer, "Content-Length"));
        assertEquals("text/plain; charset=UTF-8", header(answer, "Content-Type"));
        assertEquals("bytes", header(answer, "Accept-Ranges"));
        assertEquals("application/json", header(get("/a%20b&c.json"), "Content-Type"));
        assertEquals("0123456789", body(get("/in")));
        assertEquals(404, status(get("/digits.txt/")));
    }

    @Test
    void noPathLeadsOut() throws IOException {
        for (String path : new String[] {"/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/sub/../../secret.txt",
                "/sub/%2e%2e%2f..%2fsecret.txt", "/out", "/up/secret.txt", "/up/", "/%00", "/digits.txt%00.html", "/%zz",
                "/../root2/secret.txt", "//../secret.txt", "/%c0%ae%c0%ae/secret.txt", "/..\\secret.txt", "/bad/index.html"}) {
            String answer = get(path);
            assertFalse(answer.contains("secret"), path);
            assertTrue(status(answer) == 404 || status(answer) == 400, path + " " + answer);
        }
        assertFalse(get("/bad/").contains("secret"));
    }

    @Test
    void sendsOneRange() throws IOException {
        String answer = get("/digits.txt", "Range: bytes=2-4");
        assertEquals(206, status(answer));
        assertEquals("234", body(answer));
        assertEquals("bytes 2-4/10", header(answer, "Content-Range"));
        assertEquals("789", body(get("/digits.txt", "Range: bytes=-3")));
        assertEquals("789", body(get("/digits.txt", "Range: bytes=7-")));
        assertEquals("9", body(get("/digits.txt", "Range: bytes=9-999999999999")));
        assertEquals("0123456789", body(get("/digits.txt", "Range: bytes=-99")));
    }

    @Test
    void rangesOutsideAre416() throws IOException {
        for (String range : new String[] {"10-", "10-12", "-0"}) {
            String answer = get("/digits.txt", "Range: bytes=" + range);
            assertEquals(416, status(answer), range);
            assertEquals("bytes */10", header(answer, "Content-Range"), range);
        }
        assertEquals(416, status(get("/empty.txt", "Range: bytes=0-")));
    }

    @Test
    void sendsTheWholeFileForRangesItDoesNotTake() throws IOException {
        for (String range : new String[] {"bytes=0-1,3-4", "bytes=4-2", "lines=1-2", "bytes=-", "bytes=x-1",
                "bytes=99999999999999999999-"}) {
            String answer = get("/digits.txt", "Range: " + range);
            assertEquals(200, status(answer), range);
            assertEquals("0123456789", body(answer), range);
        }
        assertEquals(200, status(call("HEAD", "/digits.txt", "Range: bytes=0-1")));
        assertEquals(200, status(get("/empty.txt", "Range: bytes=-5")));
    }

    @Test
    void aRangeOfAnotherVersionIsTheWholeFile() throws IOException {
        String tag = header(get("/digits.txt"), "ETag");
        assertEquals(206, status(get("/digits.txt", "Range: bytes=0-1", "If-Range: " + tag)));
        assertEquals(200, status(get("/digits.txt", "Range: bytes=0-1", "If-Range: \"other\"")));
    }

    @Test
    void whatTheClientHasIsNotSentAgain() throws IOException {
        String first = get("/digits.txt");
        String tag = header(first, "ETag");
        String date = header(first, "Last-Modified");
        for (String condition : new String[] {"If-None-Match: " + tag, "If-None-Match: \"x\", W/" + tag, "If-None-Match: *",
                "If-Modified-Since: " + date}) {
            String answer = get("/digits.txt", condition);
            assertEquals(304, status(answer), condition);
            assertEquals("", body(answer), condition);
            assertEquals(tag, header(answer, "ETag"), condition);
        }
        assertEquals(200, status(get("/digits.txt", "If-None-Match: \"x\"", "If-Modified-Since: " + date)));
        assertEquals(200, status(get("/digits.txt", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT")));
        assertEquals(200, status(get("/digits.txt", "If-Modified-Since: nonsense")));
    }

    @Test
    void foldersHaveTheirIndexOrAList() throws IOException {
        assertEquals("<p>index", body(get("/site/")));
        String moved = get("/site");
        assertEquals(301, status(moved));
        assertEquals("/site/", header(moved, "Location"));
        for (String path : new String[] {"//site", "///site", "/%2fsite"}) {
            String location = header(get(path), "Location");
            assertTrue(location == null || location.matches("/[^/].*"), path + " leads to " + location);
        }
        String list = body(get("/"));
        assertTrue(list.contains("<a href=\"a%20b%26c.json\">a b&amp;c.json</a>"), list);
        assertTrue(list.contains("<a href=\"sub/\">sub/</a>"), list);
    }

    @Test
    void aClientThatTakesNothingIsCutOff() throws Exception {
        Path big = folder.resolve("root/big");
        try (var file = new java.io.RandomAccessFile(big.toFile(), "rw")) {
            file.setLength(200_000_000);
        }
        try (var quick = new HttpServer(stack, 81, new Site(new FileResource(folder.resolve("root"))),
                new HttpServer.Limits(10, java.time.Duration.ofMillis(400)), _ -> {
                }); var socket = Wire.connect(stack, 81)) {
            Wire.send(socket, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
            Wire.head(socket);
            assertEquals(1, quick.connections());
            Await.until(() -> quick.connections() == 0, () -> "connections left: " + quick.connections());
        }
    }
}
