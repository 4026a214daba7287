package dev.millrace.cli.explore;

import dev.millrace.cli.Commands;
import dev.millrace.cli.explore.SeedFailure.Kind;
import dev.millrace.internet.FailureCause;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/// What a search has done, in a file, so that a later one goes on with it. The file is replaced as a whole or not at all, so
/// that it is good whenever the machine stops.
final class StateFile {
    private static final String FORMAT = "millrace explore 1";
    private static final long LARGEST = 64 << 20;

    private final Path file;
    private final String target;
    private final boolean check;
    private final String digest;
    private final Map<String, OfTest> tests = new LinkedHashMap<>();

    /// What is known of one test. The ranges are guarded by themselves.
    record OfTest(SeedRanges done, Findings findings) {
    }

    /// @param file may be `null`: then nothing is kept
    /// @param target the class
    /// @param digest what the classes are now
    private StateFile(Path file, String target, boolean check, String digest) {
        this.file = file;
        this.target = target;
        this.check = check;
        this.digest = digest;
    }

    /// Keeps nothing.
    static StateFile none() {
        return new StateFile(null, "", false, "");
    }

    /// Reads a file, or begins one that is not there yet.
    ///
    /// @throws StateException if it is none, or of another search or program
    static StateFile open(Path file, String target, boolean check, String digest) throws IOException {
        var state = new StateFile(file, target, check, digest);
        if (Files.exists(file)) {
            state.read();
        }
        return state;
    }

    OfTest of(String test) {
        return tests.computeIfAbsent(test, _ -> new OfTest(new SeedRanges(), new Findings()));
    }

    // ---- reading

    private void read() throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > LARGEST) {
            throw new StateException(file, "is no file of a search" + advice(), null);
        }
        JsonNode root;
        try {
            root = Commands.json().readTree(Files.readString(file));
        } catch (JacksonException | java.nio.charset.CharacterCodingException e) {
            throw new StateException(file, "is no file of a search, or damaged: " + e.getMessage().lines().findFirst().orElse("") + advice(), e);
        }
        if (!root.path("format").asString("").equals(FORMAT)) {
            throw new StateException(file, "is no file of a search: its \"format\" is not \"" + FORMAT + "\"" + advice(), null);
        }
        same("class", root, target, "it is of");
        same("check", root, Boolean.toString(check), "there --check was");
        if (!root.path("classes").asString("").equals(digest)) {
            throw new StateException(file, "the classes have changed since: what passed then may fail now" + advice(), null);
        }
        try {
            root.path("tests").properties().forEach(e -> tests.put(e.getKey(), test(e.getValue())));
        } catch (IllegalArgumentException | JacksonException e) {
            throw new StateException(file, "is damaged: " + e.getMessage() + advice(), e);
        }
    }

    private void same(String field, JsonNode root, String wanted, String word) throws StateException {
        String found = root.path(field).asString("");
        if (!found.equals(wanted)) {
            throw new StateException(file, "belongs to another search: " + word + " \"" + found + "\", not \"" + wanted + "\"" + advice(), null);
        }
    }

    private static String advice() {
        return "; remove it to begin anew";
    }

    private static OfTest test(JsonNode node) {
        var done = new SeedRanges();
        for (JsonNode range : array(node, "done")) {
            if (!range.isArray() || range.size() != 2) {
                throw new IllegalArgumentException("\"done\" has " + range + " instead of two seeds");
            }
            done.add(new SeedRange(number(range.get(0)), number(range.get(1))));
        }
        var findings = new Findings();
        for (JsonNode g : array(node, "failures")) {
            findings.add(group(g));
        }
        return new OfTest(done, findings);
    }

    private static Findings.Group group(JsonNode g) {
        var seeds = new ArrayList<Long>();
        array(g, "seeds").forEach(s -> seeds.add(number(s)));
        var frames = new ArrayList<String>();
        array(g, "frames").forEach(f -> frames.add(f.asString("")));
        long count = number(g.path("count"));
        if (seeds.isEmpty() || count < seeds.size() || seeds.size() > Findings.SEEDS) {
            throw new IllegalArgumentException("a failure has " + seeds.size() + " seeds of " + count);
        }
        var failure = new SeedFailure(seeds.getFirst(), Kind.valueOf(text(g, "kind")),
                new FailureCause(text(g, "type"), text(g, "about"), frames), text(g, "message"), text(g, "details"));
        return new Findings.Group(count, seeds, failure);
    }

    private static List<JsonNode> array(JsonNode node, String field) {
        JsonNode array = node.path(field);
        if (!array.isArray()) {
            throw new IllegalArgumentException("\"" + field + "\" is no list");
        }
        var all = new ArrayList<JsonNode>();
        array.forEach(all::add);
        return all;
    }

    private static String text(JsonNode node, String field) {
        JsonNode value = node.path(field);
        if (!value.isString()) {
            throw new IllegalArgumentException("\"" + field + "\" is no text");
        }
        return value.asString();
    }

    private static long number(JsonNode node) {
        if (!node.isIntegralNumber() || !node.canConvertToLong()) {
            throw new IllegalArgumentException(node + " is no whole number");
        }
        return node.asLong();
    }

    // ---- writing

    /// Writes it.
    synchronized void write() throws IOException {
        if (file == null) {
            return;
        }
        ObjectNode root = Commands.json().createObjectNode().put("format", FORMAT).put("class", target)
                .put("check", Boolean.toString(check)).put("classes", digest);
        ObjectNode all = root.putObject("tests");
        Map.copyOf(tests).entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(e -> put(all.putObject(e.getKey()), e.getValue()));
        Path folder = file.toAbsolutePath().getParent();
        Path next = Files.createTempFile(folder, file.getFileName().toString(), ".tmp");
        try {
            Files.write(next, Commands.text(root).getBytes(StandardCharsets.UTF_8));
            try (var channel = java.nio.channels.FileChannel.open(next, java.nio.file.StandardOpenOption.WRITE)) {
                // Or after a loss of power there may be a new name for no bytes.
                channel.force(true);
            }
            try {
                Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(next);
        }
    }

    private static void put(ObjectNode node, OfTest test) {
        var done = node.putArray("done");
        synchronized (test.done) {
            test.done.all().forEach(r -> done.addArray().add(r.first()).add(r.last()));
        }
        var failures = node.putArray("failures");
        for (Findings.Group g : test.findings.groups()) {
            ObjectNode f = failures.addObject().put("kind", g.lowest().kind().name()).put("type", g.lowest().cause().type())
                    .put("about", g.lowest().cause().message()).put("count", g.count()).put("message", g.lowest().message())
                    .put("details", g.lowest().details());
            var seeds = f.putArray("seeds");
            g.seeds().forEach(seeds::add);
            var frames = f.putArray("frames");
            g.lowest().cause().frames().forEach(frames::add);
        }
    }
}
