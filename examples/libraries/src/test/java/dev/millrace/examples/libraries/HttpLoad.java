package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import dev.millrace.testkit.LeakCheck;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// Many requests to a server that echoes, some of them large, a number of them at once: what HTTP servers and clients are tried with.
///
/// @param requests how many
/// @param large the size of each 500th body, in bytes, and of the last one; the others go round through [#SIZES]
record HttpLoad(int requests, int large) {
    /// How many requests are under way at any time.
    static final int AT_ONCE = 200;
    /// The most bytes that there may be in a body.
    static final int LARGEST = 10_000_000;
    private static final byte[] BYTES = new byte[LARGEST];
    private static final int[] SIZES = {0, 1, 100, 1460, 10_000, 100_000};
    private static final int LARGE_EACH = 500;

    static {
        new Random(1).nextBytes(BYTES);
    }

    /// What is done with two hosts.
    interface OnHosts {
        void run(Host client, Host server) throws Exception;
    }

    /// Has two hosts in real time, on a perfect network or over a line of 40 ms there and back that loses 1 % of the packets. Fails if
    /// threads or packets are left afterwards.
    static void betweenHosts(boolean lossy, OnHosts work) throws Exception {
        try (var threads = new ThreadCheck(); var packets = new LeakCheck()) {
            try (Internet net = Internet.realTime()) {
                Host client = net.host("client", "10.0.0.1");
                Host server = net.host("server", "10.0.0.2");
                if (lossy) {
                    net.link("client", "server", LinkConditions.perfect().delay(Duration.ofMillis(20)).loss(0.01));
                }
                work.run(client, server);
            }
        }
    }

    /// Asks until all is answered, and compares what came back with what was sent.
    void ask(HttpClient client, URI uri) throws Exception {
        var turns = new Semaphore(AT_ONCE);
        List<CompletableFuture<Void>> answers = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            turns.acquire();
            int size = i % LARGE_EACH == LARGE_EACH - 1 || i == requests - 1 ? large : SIZES[i % SIZES.length];
            HttpRequest request = HttpRequest.newBuilder(uri).POST(BodyPublishers.ofByteArray(BYTES, 0, size)).build();
            answers.add(client.sendAsync(request, BodyHandlers.ofByteArray()).whenComplete((_, _) -> turns.release())
                    .thenAccept(answer -> check(answer, client.version(), size)));
        }
        for (CompletableFuture<Void> answer : answers) {
            answer.get(300, TimeUnit.SECONDS);
        }
    }

    private static void check(HttpResponse<byte[]> answer, HttpClient.Version version, int size) {
        assertEquals(200, answer.statusCode());
        assertEquals(version, answer.version());
        assertEquals(size, answer.body().length);
        assertTrue(Arrays.equals(BYTES, 0, size, answer.body(), 0, size), "other bytes than were sent");
    }
}
