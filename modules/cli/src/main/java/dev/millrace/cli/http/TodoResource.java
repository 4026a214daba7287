package dev.millrace.cli.http;

import dev.millrace.cli.Commands;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/// A list of things to do, in memory: the REST example of every TCP tutorial, with the answers that clients expect.
final class TodoResource {
    static final int MAX_BODY = 64 * 1024;
    private static final int MAX_TITLE = 250;
    private static final int MAX_TODOS = 1000;

    private final Map<Integer, Todo> todos = new TreeMap<>();
    private int last;
    /// The list as it is sent, until something changes: a thousand clients at once share one.
    private byte[] listed;

    private record Todo(int id, String title, Instant createdAt) {
        ObjectNode json() {
            return Commands.json().createObjectNode().put("id", id).put("title", title)
                    .put("createdAt", createdAt.toString());
        }
    }

    TodoResource() {
        add("todo1");
    }

    private Todo add(String title) {
        var todo = new Todo(++last, title, Instant.now().truncatedTo(ChronoUnit.MILLIS));
        put(todo);
        return todo;
    }

    private void put(Todo todo) {
        todos.put(todo.id(), todo);
        listed = null;
    }

    /// Answers a request for `/todos` or something below it.
    void handle(String path, ClassicHttpRequest request, ClassicHttpResponse response) throws IOException {
        boolean all = path.equals("/todos");
        if (!Site.allows(request, response, all ? Set.of("GET", "HEAD", "POST") : Set.of("GET", "HEAD", "PUT", "DELETE"))) {
            return;
        }
        String title = null;
        if (Set.of("POST", "PUT").contains(request.getMethod())) {
            // Without the lock: the client may be slow.
            title = title(request, response);
            if (title == null) {
                return;
            }
        }
        synchronized (this) {
            if (all) {
                all(title, response);
            } else {
                one(path, request.getMethod(), title, response);
            }
        }
    }

    private void one(String path, String method, String title, ClassicHttpResponse response) {
        Todo todo = todos.get(id(path.substring("/todos/".length())));
        if (todo == null) {
            Site.text(response, 404, "there is no such todo\n");
            return;
        }
        switch (method) {
            case "DELETE" -> {
                todos.remove(todo.id());
                listed = null;
                response.setCode(204);
            }
            case "PUT" -> {
                var changed = new Todo(todo.id(), title, todo.createdAt());
                put(changed);
                json(response, 200, changed.json());
            }
            default -> json(response, 200, todo.json());
        }
    }

    private static int id(String text) {
        return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
    }

    /// Lists them, or adds one if there is a title.
    private void all(String title, ClassicHttpResponse response) {
        if (title == null) {
            if (listed == null) {
                ArrayNode list = Commands.json().createArrayNode();
                todos.values().forEach(t -> list.add(t.json()));
                listed = bytes(list);
            }
            response.setCode(200);
            response.setEntity(new ByteArrayEntity(listed, ContentType.APPLICATION_JSON));
        } else if (todos.size() >= MAX_TODOS) {
            Site.text(response, 507, "there are " + MAX_TODOS + " todos already; delete some\n");
        } else {
            Todo todo = add(title);
            json(response, 201, todo.json());
            response.setHeader(HttpHeaders.LOCATION, "/todos/" + todo.id());
        }
    }

    /// The title that the request's body gives, or `null` after an answer that says what is wrong with it.
    private static String title(ClassicHttpRequest request, ClassicHttpResponse response) throws IOException {
        HttpEntity entity = request.getEntity();
        if (entity == null) {
            Site.text(response, 400, "a body is missing: {\"title\": \"...\"}\n");
            return null;
        }
        ContentType type = ContentType.parseLenient(entity.getContentType());
        // curl -d says application/x-www-form-urlencoded whatever the data is; the original took it, too.
        if (type != null && !Set.of("application/json", "application/x-www-form-urlencoded", "text/plain")
                .contains(type.getMimeType().toLowerCase(java.util.Locale.ROOT))) {
            Site.text(response, 415, "the body must be application/json, not " + type.getMimeType() + "\n");
            return null;
        }
        // Not closed: that would read all the rest, however much it is.
        byte[] body = entity.getContent().readNBytes(MAX_BODY + 1);
        if (body.length > MAX_BODY) {
            Site.text(response, 413, "the body is larger than " + MAX_BODY + " bytes\n");
            return null;
        }
        return titleOf(body, response);
    }

    private static String titleOf(byte[] body, ClassicHttpResponse response) {
        JsonNode node;
        try {
            node = Commands.json().readTree(body);
        } catch (JacksonException e) {
            Site.text(response, 400, "bad JSON: " + e.getOriginalMessage() + "\n");
            return null;
        }
        JsonNode title = node == null ? null : node.get("title");
        if (title == null || !title.isString() || title.asString().isBlank() || title.asString().length() > MAX_TITLE) {
            Site.text(response, 400, "\"title\" must be a text of 1 to " + MAX_TITLE + " characters\n");
            return null;
        }
        return title.asString();
    }

    private static void json(ClassicHttpResponse response, int code, JsonNode node) {
        response.setCode(code);
        response.setEntity(new ByteArrayEntity(bytes(node), ContentType.APPLICATION_JSON));
    }

    private static byte[] bytes(JsonNode node) {
        return (Commands.text(node) + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
