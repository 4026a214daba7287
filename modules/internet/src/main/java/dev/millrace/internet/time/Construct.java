package dev.millrace.internet.time;

import java.util.List;
import java.util.Map;

/// What of the JDK, or of Kotlin, a thread waits in that does not take simulated time, and what to write instead.
///
/// @param called such as `Thread.sleep`
/// @param advice what to do
record Construct(String called, String advice) {
    private static final String EXECUTOR = "use host.executor(), whose futures take simulated time";
    private static final String FUTURE = "wait with host.await(future), or make the future with host.future() or host.executor()";
    private static final String LOCK = "another program holds it while it waits: use host.lock(), or do not hold it then";
    private static final String PROGRAM = "start it with host.run(...) and wait with Program.get()";

    /// Kotlin's bridge to coroutines: it parks its thread until they have ended, wherever they run.
    private static final String BLOCKING_COROUTINE = "kotlinx.coroutines.BlockingCoroutine";
    private static final Construct RUN_BLOCKING = new Construct("runBlocking", "start the coroutine in "
            + "CoroutineScope(host.executor().asCoroutineDispatcher()), whose delays take simulated time, and wait with "
            + "host.await(deferred.asCompletableFuture())");

    /// By class, or by class and method.
    private static final Map<String, String> ADVICE = Map.ofEntries(
            Map.entry("java.lang.Thread.sleep", "use host.sleep(...)"),
            Map.entry("java.util.concurrent.TimeUnit.sleep", "use host.sleep(...)"),
            Map.entry("java.lang.Thread.join", PROGRAM),
            Map.entry("java.lang.Object.wait", "use host.lock() and its conditions, host.queue() or host.latch()"),
            Map.entry("java.util.concurrent.CompletableFuture", FUTURE),
            Map.entry("java.util.concurrent.FutureTask", FUTURE),
            Map.entry("java.util.concurrent.ForkJoinTask", FUTURE),
            Map.entry("java.util.concurrent.ForkJoinPool", EXECUTOR),
            Map.entry("java.util.concurrent.ThreadPoolExecutor", EXECUTOR),
            Map.entry("java.util.concurrent.ThreadPerTaskExecutor", EXECUTOR),
            Map.entry("java.util.concurrent.ExecutorService", EXECUTOR),
            Map.entry("java.util.concurrent.AbstractExecutorService", EXECUTOR),
            Map.entry("java.util.concurrent.Executors$", EXECUTOR),
            Map.entry("java.util.concurrent.ExecutorCompletionService", EXECUTOR),
            Map.entry("java.util.concurrent.StructuredTaskScope", EXECUTOR + " or host.await"),
            Map.entry("java.util.concurrent.CountDownLatch", "use host.latch(n)"),
            Map.entry("java.util.concurrent.Semaphore", "use host.semaphore(n)"),
            Map.entry("java.util.concurrent.CyclicBarrier", "use host.latch(n) for each round"),
            Map.entry("java.util.concurrent.Phaser", "use host.latch(n) for each phase"),
            Map.entry("java.util.concurrent.Exchanger", "use two of host.queue(1)"),
            Map.entry("java.util.concurrent.SynchronousQueue", "use host.queue(1)"),
            Map.entry("java.util.concurrent.LinkedBlockingQueue", "use host.queue()"),
            Map.entry("java.util.concurrent.ArrayBlockingQueue", "use host.queue(n)"),
            Map.entry("java.util.concurrent.PriorityBlockingQueue", "use host.queue(), or host.lock() and a condition"),
            Map.entry("java.util.concurrent.LinkedBlockingDeque", "use host.queue()"),
            Map.entry("java.util.concurrent.LinkedTransferQueue", "use host.queue()"),
            Map.entry("java.util.concurrent.DelayQueue", "use host.executor().schedule(...)"),
            Map.entry("java.util.concurrent.locks.ReentrantLock", LOCK),
            Map.entry("java.util.concurrent.locks.ReentrantReadWriteLock", LOCK),
            Map.entry("java.util.concurrent.locks.StampedLock", LOCK),
            Map.entry("java.util.concurrent.locks.AbstractQueuedSynchronizer$ConditionObject", "use host.lock() and its conditions"),
            Map.entry("java.util.concurrent.locks.LockSupport", "use host.latch(n) or host.queue()"),
            Map.entry("java.net.Socket", "sockets of the machine are outside: use host.stack().tcp()"),
            Map.entry("java.net.ServerSocket", "sockets of the machine are outside: use host.stack().tcp()"),
            Map.entry("java.net.DatagramSocket", "sockets of the machine are outside: use host.stack().udp()"),
            Map.entry("java.net.http.HttpClient", "it uses sockets of the machine"),
            Map.entry("java.lang.Process", "another process knows nothing of simulated time"));

    /// What the program called, from the stack trace of its thread; `null` if that is nothing known.
    ///
    /// @param isOurs whether a frame is no program's
    static Construct of(StackTraceElement[] trace, java.util.function.Predicate<StackTraceElement> isOurs) {
        StackTraceElement last = null;
        for (StackTraceElement e : List.of(trace)) {
            if (!isOurs.test(e)) {
                break;
            }
            if (e.getClassName().equals(BLOCKING_COROUTINE)) {
                return RUN_BLOCKING;
            }
            if (!e.getClassName().startsWith("java.")) {
                continue;
            }
            last = e;
        }
        if (last == null) {
            return null;
        }
        String type = last.getClassName();
        String advice = ADVICE.get(type + "." + last.getMethodName());
        for (int end = type.length(); advice == null && end > 0; end = type.lastIndexOf('$', end - 1)) {
            String name = type.substring(0, end);
            advice = ADVICE.containsKey(name) ? ADVICE.get(name) : ADVICE.get(name + "$");
        }
        return advice == null ? null
                : new Construct(type.substring(type.lastIndexOf('.') + 1).replace('$', '.') + "." + last.getMethodName(), advice);
    }
}
