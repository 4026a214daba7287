package dev.millrace.cli.http;

import dev.millrace.cli.Commands;
import java.io.IOException;
import java.io.InputStream;
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
    private static final int MAX_BODY = 64 * 1024;
    private static final int MAX_TITLE = 1000;
    private static final int MAX_TODOS = 10_000;

    private final Map<Integer, Todo> todos = new TreeMap<>();
    private int last;

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
        todos.put(todo.id(), todo);
        return todo;
    }

    /// Answers a request for `/todos` or something below it.
    synchronized void handle(String path, ClassicHttpRequest request, ClassicHttpResponse response) throws IOException {
        if (path.equals("/todos")) {
            all(request, response);
            return;
        }
        Todo todo = todos.get(id(path.substring("/todos/".length())));
        if (todo == null) {
            Site.text(response, 404, "there is no such todo\n");
        } else if (Site.allows(request, response, Set.of("GET", "HEAD", "PUT", "DELETE"))) {
            one(todo, request, response);
        }
    }

    private static int id(String text) {
        return text.matches("[0-9]{1,9}") ? Integer.parseInt(text) : -1;
    }

    private void all(ClassicHttpRequest request, ClassicHttpResponse response) throws IOException {
        if (!Site.allows(request, response, Set.of("GET", "HEAD", "POST"))) {
            return;
        }
        if (!request.getMethod().equals("POST")) {
            ArrayNode list = Commands.json().createArrayNode();
            todos.values().forEach(t -> list.add(t.json()));
            json(response, 200, list);
            return;
        }
        String title = title(request, response);
        if (title == null) {
            return;
        }
        if (todos.size() >= MAX_TODOS) {
            Site.text(response, 507, "there are " + MAX_TODOS + " todos already; delete some\n");
            return;
        }
        Todo todo = add(title);
        json(response, 201, todo.json());
        response.setHeader(HttpHeaders.LOCATION, "/todos/" + todo.id());
    }

    private void one(Todo todo, ClassicHttpRequest request, ClassicHttpResponse response) throws IOException {
        switch (request.getMethod()) {
            case "DELETE" -> {
                todos.remove(todo.id());
                response.setCode(204);
            }
            case "PUT" -> {
                String title = title(request, response);
                if (title != null) {
                    var changed = new Todo(todo.id(), title, todo.createdAt());
                    todos.put(todo.id(), changed);
                    json(response, 200, changed.json());
                }
            }
            default -> json(response, 200, todo.json());
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
        byte[] body;
        try (InputStream in = entity.getContent()) {
            body = in.readNBytes(MAX_BODY + 1);
        }
        if (body.length > MAX_BODY) {
            Site.text(response, 413, "the body is larger than " + MAX_BODY + " bytes\n");
            response.setHeader(HttpHeaders.CONNECTION, "close");
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
        byte[] bytes = (Commands.text(node) + "\n").getBytes(StandardCharsets.UTF_8);
        response.setEntity(new ByteArrayEntity(bytes, ContentType.APPLICATION_JSON));
    }
}
