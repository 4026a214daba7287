package dev.millrace.cli.http;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URLConnection;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.hc.core5.http.ClassicHttpRequest;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpHeaders;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityTemplate;

/// The files below a folder, and nothing else: with ranges, with time stamps, with a list where there is no index.html.
final class FileResource {
    private static final int CHUNK = 256 * 1024;
    private static final int MAX_LISTED = 10_000;
    private static final DateTimeFormatter HTTP_DATE =
            DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private final Path root;

    /// @throws IOException if it is no folder that can be read
    FileResource(Path root) throws IOException {
        this.root = root.toRealPath();
        if (!Files.isDirectory(this.root)) {
            throw new java.nio.file.NotDirectoryException(root.toString());
        }
    }

    /// Answers a request for a path, which begins with a slash and is still encoded.
    void handle(String path, ClassicHttpRequest request, ClassicHttpResponse response) throws IOException {
        if (!Site.allows(request, response, Set.of("GET", "HEAD"))) {
            return;
        }
        Path file = find(path);
        if (file == null) {
            Site.notFound(response);
        } else if (!Files.isDirectory(file)) {
            send(file, request, response);
        } else if (!path.endsWith("/")) {
            // Or relative links in it would point beside it.
            Site.text(response, 301, "");
            // Never "//host": a browser would take that for another server.
            response.setHeader(HttpHeaders.LOCATION, path.replaceFirst("^/+", "/") + "/");
        } else if (Files.isRegularFile(file.resolve("index.html")) && find(path + "index.html") != null) {
            send(file.resolve("index.html"), request, response);
        } else {
            list(file, path, response);
        }
    }

    /// The file, or `null` if there is none, it may not be read, or its real place is outside the folder.
    private Path find(String path) {
        try {
            String decoded = URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (!decoded.startsWith("/") || decoded.indexOf('\0') >= 0) {
                return null;
            }
            Path real = root.resolve("." + decoded).normalize();
            if (!real.startsWith(root)) {
                return null;
            }
            real = real.toRealPath();
            boolean ordinary = Files.isRegularFile(real) && !decoded.endsWith("/") || Files.isDirectory(real);
            return real.startsWith(root) && ordinary && Files.isReadable(real) ? real : null;
        } catch (IllegalArgumentException | IOException e) {
            // Encoded wrongly (InvalidPathException is one), or not there.
            return null;
        }
    }

    private static void send(Path file, ClassicHttpRequest request, ClassicHttpResponse response) throws IOException {
        long size = Files.size(file);
        FileTime modified = Files.getLastModifiedTime(file);
        Instant seconds = modified.toInstant().truncatedTo(ChronoUnit.SECONDS);
        String tag = "\"" + Long.toHexString(modified.toMillis()) + "-" + Long.toHexString(size) + "\"";
        response.setHeader(HttpHeaders.ACCEPT_RANGES, "bytes");
        response.setHeader(HttpHeaders.LAST_MODIFIED, HTTP_DATE.format(seconds));
        response.setHeader(HttpHeaders.ETAG, tag);
        if (isUnchanged(request, tag, seconds)) {
            response.setCode(304);
            return;
        }
        // RFC 9110 §14.2: ranges are for GET only.
        ByteRange range = request.getMethod().equals("GET") && condition(request, tag, seconds)
                ? ByteRange.parse(value(request, HttpHeaders.RANGE), size) : null;
        if (range != null && range.length() == 0) {
            Site.text(response, 416, "the file has " + size + " bytes\n");
            response.setHeader(HttpHeaders.CONTENT_RANGE, "bytes */" + size);
            return;
        }
        if (range != null) {
            response.setCode(206);
            response.setHeader(HttpHeaders.CONTENT_RANGE,
                    "bytes " + range.first() + "-" + (range.first() + range.length() - 1) + "/" + size);
        }
        ByteRange part = range == null ? new ByteRange(0, size) : range;
        response.setEntity(new EntityTemplate(part.length(), type(file), out -> copy(file, part, out)));
    }

    private static void copy(Path file, ByteRange part, OutputStream out) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            byte[] chunk = new byte[(int) Math.min(CHUNK, Math.max(1, part.length()))];
            long left = part.length();
            channel.position(part.first());
            while (left > 0) {
                int n = channel.read(ByteBuffer.wrap(chunk, 0, (int) Math.min(chunk.length, left)));
                if (n < 0) {
                    throw new IOException(file + " became shorter while it was sent");
                }
                out.write(chunk, 0, n);
                left -= n;
            }
        }
    }

    /// RFC 9110 §13.1.2, §13.1.3: If-None-Match counts, and If-Modified-Since only without it.
    private static boolean isUnchanged(ClassicHttpRequest request, String tag, Instant modified) {
        // Compared weakly (§8.8.3.2): the content is the same if the tags are but for a W/.
        String none = value(request, HttpHeaders.IF_NONE_MATCH);
        if (none != null) {
            return none.equals("*") || List.of(none.split("\\s*,\\s*")).stream().anyMatch(t -> tag.equals(t.replaceFirst("^W/", "")));
        }
        Instant since = date(value(request, HttpHeaders.IF_MODIFIED_SINCE));
        return since != null && !modified.isAfter(since);
    }

    /// RFC 9110 §13.1.5: the range counts only if the file is still the one that the client has a part of.
    private static boolean condition(ClassicHttpRequest request, String tag, Instant modified) {
        String same = value(request, HttpHeaders.IF_RANGE);
        return same == null || same.equals(tag) || modified.equals(date(same));
    }

    private static Instant date(String text) {
        try {
            return text == null ? null : Instant.from(HTTP_DATE.parse(text));
        } catch (DateTimeParseException e) {
            return null;
        }
    }

    private static String value(ClassicHttpRequest request, String name) {
        Header header = request.getFirstHeader(name);
        return header == null ? null : header.getValue().strip();
    }

    private static ContentType type(Path file) {
        String guess = URLConnection.guessContentTypeFromName(file.getFileName().toString());
        if (guess == null) {
            return ContentType.APPLICATION_OCTET_STREAM;
        }
        return guess.startsWith("text/") ? ContentType.create(guess, StandardCharsets.UTF_8) : ContentType.create(guess);
    }

    private static void list(Path folder, String path, ClassicHttpResponse response) throws IOException {
        var html = new StringBuilder("<!DOCTYPE html><meta charset=\"utf-8\"><title>Files</title><ul>\n");
        if (!path.equals("/")) {
            html.append("<li><a href=\"../\">../</a>\n");
        }
        try (Stream<Path> files = Files.list(folder)) {
            files.limit(MAX_LISTED).sorted().forEach(f -> {
                String name = f.getFileName() + (Files.isDirectory(f) ? "/" : "");
                String link = URLEncoder.encode(f.getFileName().toString(), StandardCharsets.UTF_8).replace("+", "%20")
                        + (Files.isDirectory(f) ? "/" : "");
                html.append("<li><a href=\"").append(link).append("\">").append(escape(name)).append("</a>\n");
            });
        }
        response.setCode(200);
        response.setEntity(new ByteArrayEntity(html.append("</ul>\n").toString().getBytes(StandardCharsets.UTF_8),
                ContentType.create("text/html", StandardCharsets.UTF_8)));
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
