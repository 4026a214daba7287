package dev.millrace.examples.libraries;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import dev.millrace.testkit.Await;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Compares the threads at two moments, virtual ones included: open it first in a try-with-resources statement, and its end fails if
/// threads are left that were not there before and do not end by themselves soon. Those that the JVM keeps for everybody do not count.
final class ThreadCheck implements AutoCloseable {
    /// A thread of a dump: `#22 "name" virtual WAITING …`.
    private static final Pattern THREAD = Pattern.compile("#(\\d+) \"(.*?)\" .*");
    /// Carriers and timers of virtual threads, the common pool, who waits for the ends of processes, and the like; and those of libraries
    /// that are one for all their users. OkHttp's end when they had nothing to do for a minute, those of Kafka's metrics and of MySQL never.
    private static final Pattern OF_THE_JVM = Pattern.compile("(" + String.join("|", "ForkJoinPool-\\d+-", "ForkJoinPool\\.commonPool-",
            "VirtualThread-", ".*-Poller", "CompletableFutureDelayScheduler", "Common-Cleaner", "Cleaner-", "process reaper", "Attach Listener",
            "surefire-", "junit-", "Okio Watchdog", "OkHttp TaskRunner", "metrics-meter-tick-", "mysql-cj-") + ").*");

    private final Map<Long, String> before = threads();

    ThreadCheck() throws IOException {
    }

    @Override
    public void close() throws Exception {
        Await.until(() -> left().isEmpty(), () -> "these threads are left: " + left().values());
    }

    private Map<Long, String> left() throws IOException {
        Map<Long, String> now = threads();
        now.keySet().removeAll(before.keySet());
        return now;
    }

    private static Map<Long, String> threads() throws IOException {
        Path folder = Files.createTempDirectory("millrace-threads");
        Path dump = folder.resolve("dump");
        try {
            ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpThreads(dump.toString(), ThreadDumpFormat.TEXT_PLAIN);
            Map<Long, String> threads = new HashMap<>();
            try (Stream<String> lines = Files.lines(dump)) {
                lines.map(THREAD::matcher).filter(Matcher::matches).filter(t -> !OF_THE_JVM.matcher(t.group(2)).matches())
                        .forEach(t -> threads.put(Long.valueOf(t.group(1)), t.group(2)));
            }
            return threads;
        } finally {
            Files.deleteIfExists(dump);
            Files.delete(folder);
        }
    }
}
