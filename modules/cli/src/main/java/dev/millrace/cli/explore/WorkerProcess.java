package dev.millrace.cli.explore;

import dev.millrace.cli.explore.SeedFailure.Kind;
import dev.millrace.internet.FailureCause;
import dev.millrace.junit.SeedExplorer;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A [Worker] in a JVM of its own.
final class WorkerProcess implements SeedWorker {
    /// How much of what a JVM has printed is shown when it has died.
    private static final int TAIL = 8192;
    private static final int TAIL_LINES = 20;
    private static final long TO_END_MS = 2000;

    private final Process process;
    private final DataOutputStream commands;
    private final DataInputStream messages;
    private final Thread printer;
    /// The last of what it printed; guarded by itself.
    private final StringBuilder printed = new StringBuilder();
    private volatile boolean stopped;
    /// Whether it has done a chunk.
    private boolean served;

    /// Begins.
    ///
    /// @param path the class path of the tests
    /// @param jobs how many there are, which share the machine's memory
    /// @throws IOException if there is no JVM to begin
    WorkerProcess(String path, int jobs, long limitSeconds) throws IOException {
        process = new ProcessBuilder(command(path, jobs, limitSeconds)).start();
        commands = new DataOutputStream(new BufferedOutputStream(process.getOutputStream()));
        messages = new DataInputStream(new BufferedInputStream(process.getInputStream()));
        printer = Thread.ofVirtual().name("millrace-worker-output").start(() -> keep(process.getErrorStream()));
    }

    private static List<String> command(String path, int jobs, long limitSeconds) {
        var all = new ArrayList<String>();
        all.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // The short code of the first compiler: the second one takes a second of a core, and more JVMs than one share few cores.
        all.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:MaxRAMPercentage=" + Math.max(5, 50 / jobs),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=" + System.getProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn")));
        String given = System.getenv("MILLRACE_JAVA_OPTS");
        if (given != null && !given.isBlank()) {
            all.addAll(List.of(given.trim().split("\\s+")));
        }
        Module module = Worker.class.getModule();
        String classPath = System.getProperty("java.class.path");
        if (classPath != null && !classPath.isEmpty()) {
            all.addAll(List.of("--class-path", classPath));
        }
        if (module.isNamed()) {
            all.addAll(List.of("--enable-native-access=dev.millrace.linux", "--module-path", System.getProperty("jdk.module.path"),
                    "--module", module.getName() + "/" + Worker.class.getName()));
        } else {
            all.addAll(List.of("--enable-native-access=ALL-UNNAMED", Worker.class.getName()));
        }
        all.addAll(List.of(path, Long.toString(limitSeconds)));
        return all;
    }

    private void keep(InputStream err) {
        var bytes = new byte[2048];
        try (err) {
            for (int n; (n = err.read(bytes)) >= 0;) {
                synchronized (printed) {
                    printed.append(new String(bytes, 0, n, StandardCharsets.UTF_8));
                    printed.delete(0, Math.max(0, printed.length() - TAIL));
                }
            }
        } catch (IOException e) {
            // It is closed when the process is destroyed.
        }
    }

    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    private void send(int what, SeedExplorer.Test test, Body body) {
        try {
            commands.writeByte(what);
            commands.writeUTF(test.id());
            commands.writeUTF(test.name());
            body.write(commands);
            commands.flush();
        } catch (IOException e) {
            // It has died, which reading from it tells better.
        }
    }

    @Override
    public Ended run(SeedExplorer.Test test, SeedRange chunk, boolean check, boolean goOn, SeedRuns.Listener listener)
            throws IOException {
        send(WorkerProtocol.RUN, test, out -> {
            out.writeLong(chunk.first());
            out.writeLong(chunk.last());
            out.writeBoolean(check);
            out.writeBoolean(goOn);
        });
        var watch = new Told(listener);
        int what = watch.read();
        if (what == WorkerProtocol.PROBLEM) {
            return new Ended(messages.readUTF(), false);
        }
        if (what == WorkerProtocol.DONE || watch.unwanted) {
            served = true;
            return new Ended(null, watch.unwanted);
        }
        // One that ended between two chunks, by a thread that a test has left, is no failure of a seed that anybody knows.
        if (!stopped && !watch.hasBegun && !served) {
            throw new IOException("a JVM for the tests did not begin: " + end() + tail());
        }
        if (!stopped && watch.hasBegun && !watch.hasFailed) {
            listener.failed(death(watch.seed));
        }
        return new Ended(null, true);
    }

    @Override
    public Shrunk shrink(SeedExplorer.Test test, long seed, int runs, SeedRuns.Listener listener) throws IOException {
        send(WorkerProtocol.SHRINK, test, out -> {
            out.writeLong(seed);
            out.writeInt(runs);
        });
        var watch = new Told(listener);
        return switch (watch.read()) {
            case WorkerProtocol.SHRUNK -> Shrunk.read(messages);
            case WorkerProtocol.PROBLEM -> throw new IllegalArgumentException(messages.readUTF());
            default -> throw new IllegalArgumentException("seed " + seed + " was not shrunk: the JVM that did it ended, with "
                    + end() + tail());
        };
    }

    /// What a worker tells until it is done.
    private final class Told {
        private final SeedRuns.Listener listener;
        private long seed;
        private boolean hasBegun;
        /// Whether the seed that runs has failed.
        private boolean hasFailed;
        private boolean unwanted;

        Told(SeedRuns.Listener listener) {
            this.listener = listener;
        }

        /// Returns the message that ends it, or -1 if the worker has ended.
        int read() throws IOException {
            while (true) {
                int what;
                try {
                    what = messages.read();
                    switch (what) {
                        case WorkerProtocol.BEGINS -> seed = messages.readLong();
                        case WorkerProtocol.EVENTS -> listener.eventsLeft(messages.readLong());
                        case WorkerProtocol.FAILED -> {
                            SeedFailure failure = SeedFailure.read(messages);
                            hasFailed = true;
                            if (!stopped) {
                                listener.failed(failure);
                            }
                        }
                        default -> {
                            return what;
                        }
                    }
                } catch (IOException e) {
                    // It was ended in the middle of a message.
                    return -1;
                }
                if (what == WorkerProtocol.BEGINS) {
                    hasBegun = true;
                    hasFailed = false;
                    if (!listener.begins(seed)) {
                        unwanted = true;
                        stop();
                        return -1;
                    }
                }
            }
        }
    }

    private SeedFailure death(long seed) {
        String how = end();
        return new SeedFailure(seed, Kind.DIES, new FailureCause("the JVM ended", how, List.of()), "the JVM ended, with " + how, tail());
    }

    /// How the process has ended.
    private String end() {
        try {
            if (!process.waitFor(TO_END_MS, TimeUnit.MILLISECONDS)) {
                return "its output closed";
            }
            printer.join(TO_END_MS);
            int code = process.exitValue();
            return code > 128 ? "signal " + (code - 128) + (code == 137 ? ", as for lack of memory" : "") : "exit code " + code;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "an exit code that nobody waited for";
        }
    }

    private String tail() {
        synchronized (printed) {
            List<String> lines = printed.toString().lines().toList();
            return lines.isEmpty() ? "" : "\nit has printed, at last:\n"
                    + String.join("\n", lines.subList(Math.max(0, lines.size() - TAIL_LINES), lines.size()));
        }
    }

    /// Whether it was ended as this command may be, too: from a terminal, or by who ends all processes of a job.
    boolean wasSignalled() {
        return !process.isAlive() && (process.exitValue() == 130 || process.exitValue() == 143);
    }

    @Override
    public void stop() {
        stopped = true;
        process.destroyForcibly();
    }

    @Override
    public void close() {
        stop();
        try {
            process.waitFor(TO_END_MS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
