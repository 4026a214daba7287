package dev.millrace.examples.libraries;

import dev.millrace.testkit.Await;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// Compares the threads at two moments, virtual ones included: open it first in a try-with-resources statement, and its end fails if
/// threads are left that were not there before and do not end by themselves soon. Those that the JVM keeps for everybody do not count.
final class ThreadCheck implements AutoCloseable {
    /// Carriers and timers of virtual threads, the common pool, who waits for the ends of processes, and the like; and those of libraries
    /// that are one for all their users. OkHttp's end when they had nothing to do for a minute, those of Kafka's metrics and of MySQL never.
    private static final Pattern OF_THE_JVM = Pattern.compile("(" + String.join("|", "ForkJoinPool-\\d+-", "ForkJoinPool\\.commonPool-",
            "VirtualThread-", ".*-Poller", "CompletableFutureDelayScheduler", "Common-Cleaner", "Cleaner-", "process reaper", "Attach Listener",
            "surefire-", "junit-", "Okio Watchdog", "OkHttp TaskRunner", "metrics-meter-tick-", "mysql-cj-") + ").*");

    private final Map<Long, String> before = threads();

    ThreadCheck() {
    }

    @Override
    public void close() throws Exception {
        Await.until(() -> left().isEmpty(), () -> "these threads are left: " + left().values());
    }

    private Map<Long, String> left() {
        Map<Long, String> now = threads();
        now.keySet().removeAll(before.keySet());
        return now;
    }

    /// Asked of who keeps them, by reflection: a dump, which is the public way to virtual threads, walks their stacks as well, and
    /// JDK 25 can crash on one that is just then moved to another carrier (in the kind of JDK-8392031).
    private static Map<Long, String> threads() {
        Map<Long, String> threads = new HashMap<>();
        try {
            Class<?> containers = Class.forName("jdk.internal.vm.ThreadContainers");
            collect(containers.getMethod("root").invoke(null), threads);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError("start Java with --add-exports java.base/jdk.internal.vm=ALL-UNNAMED", e);
        }
        return threads;
    }

    private static void collect(Object container, Map<Long, String> threads) throws ReflectiveOperationException {
        Class<?> type = Class.forName("jdk.internal.vm.ThreadContainer");
        try (var all = (Stream<?>) type.getMethod("threads").invoke(container)) {
            all.map(Thread.class::cast).filter(t -> !OF_THE_JVM.matcher(t.getName()).matches())
                    .forEach(t -> threads.put(t.threadId(), t.getName()));
        }
        try (var children = (Stream<?>) type.getMethod("children").invoke(container)) {
            for (Object child : children.toList()) {
                collect(child, threads);
            }
        }
    }
}
