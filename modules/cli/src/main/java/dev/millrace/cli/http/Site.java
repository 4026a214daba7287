package dev.millrace.cli.http;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.HttpRequestHandler;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.protocol.HttpContext;

/// Which resource answers which path: `/todos`, files if there is a folder, and a greeting.
final class Site implements HttpRequestHandler {
    static final ContentType TEXT = ContentType.create("text/plain", StandardCharsets.UTF_8);

    private final TodoResource todos = new TodoResource();
    private final FileResource files;

    /// @param files the folder, or `null` for none
    Site(FileResource files) {
        this.files = files;
    }

    @Override
    public void handle(ClassicHttpRequest request, ClassicHttpResponse response, HttpContext context)
            throws HttpException, IOException {
        String path = request.getPath();
        int end = path.indexOf('?');
        if (end >= 0) {
            path = path.substring(0, end);
        }
        if (path.equals("/todos") || path.startsWith("/todos/")) {
            todos.handle(path, request, response);
        } else if (files != null) {
            files.handle(path, request, response);
        } else if (path.equals("/")) {
            if (allows(request, response, Set.of("GET", "HEAD"))) {
                text(response, 200, "Hello, World!\r\n");
            }
        } else {
            notFound(response);
        }
    }

    /// Answers with a text.
    static void text(ClassicHttpResponse response, int code, String text) {
        response.setCode(code);
        response.setEntity(new ByteArrayEntity(text.getBytes(StandardCharsets.UTF_8), TEXT));
    }

    static void notFound(ClassicHttpResponse response) {
        text(response, 404, "not found\n");
    }

    /// Whether the method is one of these; else answers so (RFC 9110 §15.5.6).
    static boolean allows(ClassicHttpRequest request, ClassicHttpResponse response, Set<String> methods) {
        if (methods.contains(request.getMethod())) {
            return true;
        }
        String allowed = String.join(", ", methods.stream().sorted().toList());
        text(response, 405, request.getMethod() + " is not allowed here; allowed are " + allowed + "\n");
        response.setHeader(HttpHeaders.ALLOW, allowed);
        return false;
    }
}
