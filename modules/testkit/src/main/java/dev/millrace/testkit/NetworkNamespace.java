package dev.millrace.testkit;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/// A network namespace of its own on Linux, in which tests run real programs, and open stacks on its TUN devices. Made
/// empty but for `lo`, which is up; removed with all that was started in it. Needs root.
///
/// Any thread may call any method.
public final class NetworkNamespace implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();
    private static final int CLONE_NEWNET = 0x40000000;
    private static final int O_RDONLY = 0;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final String name = "mr-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
    private final List<Process> started = new ArrayList<>();

    /// Makes it.
    ///
    /// @throws IOException if it cannot be made; ask [#missing] before
    public NetworkNamespace() throws IOException {
        command(List.of("ip", "netns", "add", name), PATIENCE).orFail();
        try {
            run("ip", "link", "set", "lo", "up").orFail();
        } catch (Throwable t) {
            close();
            throw t;
        }
    }

    /// What this machine lacks for tests with a TUN device in a namespace, in words for a report, or empty.
    ///
    /// @param programs programs that the test needs besides `ip`
    public static Optional<String> missing(String... programs) {
        if (!System.getProperty("os.name").equals("Linux")) {
            return Optional.of("needs Linux");
        }
        if (!Files.exists(Path.of("/dev/net/tun"))) {
            return Optional.of("needs /dev/net/tun, which this machine has not");
        }
        try {
            if ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
                return Optional.of("needs root");
            }
        } catch (IOException e) {
            return Optional.of("needs root: " + e);
        }
        return Programs.missing(Stream.concat(Stream.of("ip"), Stream.of(programs)).toArray(String[]::new));
    }

    /// Its name, for `ip netns`.
    public String name() {
        return name;
    }

    /// What a program did.
    ///
    /// @param command what was run
    /// @param code its exit code
    /// @param out what it printed, on standard output and standard error
    public record Result(List<String> command, int code, String out) {
        /// Returns the output.
        ///
        /// @throws AssertionError if the program failed
        public String orFail() {
            if (code != 0) {
                throw new AssertionError(String.join(" ", command) + " ended with " + code + ":\n" + out);
            }
            return out;
        }
    }

    /// Runs a program inside, for half a minute at most.
    public Result run(String... command) throws IOException {
        return run(PATIENCE, command);
    }

    /// Runs a program inside, and ends it if it takes longer than `time`.
    public Result run(Duration time, String... command) throws IOException {
        return command(inside(command), time);
    }

    private List<String> inside(String... command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
        all.addAll(List.of(command));
        return all;
    }

    private static Result command(List<String> command, Duration time) throws IOException {
        Path out = Files.createTempFile("millrace-run", ".txt");
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile())).start();
            try {
                boolean ended = process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
                if (!ended) {
                    end(process);
                }
                String text = Files.readString(out, StandardCharsets.ISO_8859_1);
                return ended ? new Result(command, process.exitValue(), text)
                        : new Result(command, -1, text + "\nended after " + time);
            } catch (InterruptedException e) {
                end(process);
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
        } finally {
            Files.delete(out);
        }
    }

    /// Starts a program inside that is ended with the namespace at the latest.
    ///
    /// @param out where its output goes
    public Process start(Path out, String... command) throws IOException {
        Process process = new ProcessBuilder(inside(command)).redirectErrorStream(true).redirectOutput(out.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile())).start();
        synchronized (started) {
            started.add(process);
        }
        return process;
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor(5, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /// Makes a TUN or TAP device inside, up, with these addresses of the kernel's side.
    ///
    /// @param mode `tun` or `tap`
    public void addDevice(String device, String mode, String... addresses) throws IOException {
        run("ip", "tuntap", "add", "dev", device, "mode", mode).orFail();
        for (String address : addresses) {
            List<String> add = new ArrayList<>(List.of("ip", "addr", "add", address, "dev", device));
            if (address.contains(":")) {
                add.add("nodad");
            }
            run(add.toArray(String[]::new)).orFail();
        }
        run("ip", "link", "set", device, "up").orFail();
    }

    /// Runs `body` on a thread that is inside, as are all threads that it starts: sockets and devices that it opens belong
    /// to the namespace, wherever they are used later.
    public <T> T call(Callable<T> body) throws Exception {
        var result = new CompletableFuture<T>();
        Thread.ofPlatform().name("in-" + name).start(() -> {
            try {
                enter();
                result.complete(body.call());
            } catch (Throwable t) {
                result.completeExceptionally(t);
            }
        });
        try {
            return result.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        }
    }

    /// setns(2) for the calling thread, which must not go back to other work.
    @SuppressWarnings("restricted")
    private void enter() throws IOException {
        Linker linker = Linker.nativeLinker();
        MethodHandle open = linker.downcallHandle(linker.defaultLookup().findOrThrow("open"),
                FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT), Linker.Option.firstVariadicArg(2));
        MethodHandle setns = linker.downcallHandle(linker.defaultLookup().findOrThrow("setns"),
                FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
        MethodHandle close = linker.downcallHandle(linker.defaultLookup().findOrThrow("close"),
                FunctionDescriptor.of(JAVA_INT, JAVA_INT));
        int entered;
        try (Arena arena = Arena.ofConfined()) {
            int fd = (int) open.invokeExact(arena.allocateFrom("/run/netns/" + name), O_RDONLY);
            entered = (int) setns.invokeExact(fd, CLONE_NEWNET);
            int closed = (int) close.invokeExact(fd);
            entered += closed;
        } catch (Throwable t) {
            throw new IOException(t);
        }
        if (entered != 0) {
            throw new IOException("the namespace " + name + " could not be entered");
        }
    }

    /// Ends what was started and removes the namespace.
    @Override
    public void close() throws IOException {
        synchronized (started) {
            started.forEach(NetworkNamespace::end);
            started.clear();
        }
        command(List.of("ip", "netns", "del", name), PATIENCE).orFail();
    }
}
