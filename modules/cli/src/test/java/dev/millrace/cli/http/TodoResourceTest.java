package dev.millrace.cli.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.Stack;
import dev.millrace.cli.Commands;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

/// K9 done right.
@Timeout(60)
class TodoResourceTest {
    private Stack stack;
    private HttpServer server;

    @BeforeEach
    void open() throws IOException {
        stack = Wire.stack();
        server = new HttpServer(stack, 80, new Site(null), HttpServer.Limits.STANDARD, _ -> {
        });
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        stack.close();
    }

    private record Answer(int status, String head, String body) {
        JsonNode json() {
            return Commands.json().readTree(body);
        }
    }

    private Answer call(String method, String path, String type, String body) throws IOException {
        int length = body == null ? 0 : body.getBytes(StandardCharsets.UTF_8).length;
        String answer = Wire.exchange(stack, 80, method + " " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                + (body == null ? "" : "Content-Type: " + type + "\r\nContent-Length: " + length + "\r\n") + "\r\n"
                + (body == null ? "" : body));
        int end = answer.indexOf("\r\n\r\n");
        return new Answer(Integer.parseInt(answer.substring(9, 12)), answer.substring(0, end + 2), answer.substring(end + 4));
    }

    private Answer get(String path) throws IOException {
        return call("GET", path, null, null);
    }

    private Answer post(String body) throws IOException {
        return call("POST", "/todos", "application/json", body);
    }

    @Test
    void beginsWithOne() throws IOException {
        Answer answer = get("/todos");
        assertEquals(200, answer.status());
        assertTrue(answer.body().endsWith("]\n"), answer.body());
        JsonNode first = answer.json().get(0);
        assertEquals(1, answer.json().size());
        assertEquals(1, first.get("id").asInt());
        assertEquals("todo1", first.get("title").asString());
        java.time.Instant.parse(first.get("createdAt").asString());
    }

    @Test
    void lengthsAreInBytes() throws IOException {
        String title = "Brücke 橋 🌉";
        Answer made = post("{\"title\":\"" + title + "\"}");
        assertEquals(201, made.status());
        assertTrue(made.head().contains("Location: /todos/2\r\n"), made.head());
        assertEquals(title, made.json().get("title").asString());
        assertTrue(made.head().contains("Content-Length: " + made.body().getBytes(StandardCharsets.UTF_8).length + "\r\n"),
                made.head());
        assertEquals(title, get("/todos/2").json().get("title").asString());
    }

    @Test
    void theListFollowsWhatHappens() throws IOException {
        assertEquals(1, get("/todos").json().size());
        post("{\"title\":\"two\"}");
        assertEquals(2, get("/todos").json().size());
        assertEquals(200, call("PUT", "/todos/2", "application/json", "{\"title\":\"zwei\"}").status());
        assertEquals("zwei", get("/todos").json().get(1).get("title").asString());
        assertEquals(204, call("DELETE", "/todos/1", null, null).status());
        assertEquals(1, get("/todos").json().size());
        assertEquals(404, get("/todos/1").status());
        assertEquals(404, call("DELETE", "/todos/1", null, null).status());
    }

    @Test
    void whatIsNoTodoIs400WithAReason() throws IOException {
        for (String bad : new String[] {"{", "", "[]", "{}", "{\"title\":7}", "{\"title\":\" \"}", "{\"title\":null}",
                "{\"title\":\"" + "x".repeat(251) + "\"}", "[".repeat(5000), "{\"title\":\"x\"} more"}) {
            Answer answer = post(bad);
            assertEquals(400, answer.status(), bad);
            assertTrue(answer.body().length() > 5, bad);
        }
        assertEquals(400, call("POST", "/todos", null, null).status());
        assertEquals(1, get("/todos").json().size());
    }

    @Test
    void otherMediaTypesAre415() throws IOException {
        assertEquals(415, call("POST", "/todos", "text/xml", "<title/>").status());
    }

    @Test
    void otherMethodsAre405() throws IOException {
        Answer answer = call("DELETE", "/todos", null, null);
        assertEquals(405, answer.status());
        assertTrue(answer.head().contains("Allow: GET, HEAD, POST\r\n"), answer.head());
    }

    @Test
    void whatIsNoNumberIs404() throws IOException {
        for (String id : new String[] {"", "x", "-1", "99999999999999999999", "1/2"}) {
            assertEquals(404, get("/todos/" + id).status(), id);
        }
    }

    @Test
    void theirNumberIsBounded() throws IOException {
        int status = 201;
        int made = 0;
        while (status == 201 && made < 1100) {
            status = post("{\"title\":\"x\"}").status();
            made++;
        }
        assertEquals(507, status);
        assertEquals(1000, made);
    }
}
