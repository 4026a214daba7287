package dev.millrace.cli.tun;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/// The Linux that this program runs on.
public final class Linux implements Machine {
    private static final int NO_SUCH_PROGRAM = 127;
    /// inode(7): the kind of a file.
    private static final int S_IFMT = 0170000;
    private static final int S_IFCHR = 0020000;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /// Where programs of administrators are, which the PATH of other users often leaves out.
    private static final List<String> MORE_FOLDERS = List.of("/usr/sbin", "/sbin", "/usr/local/sbin");

    /// How long a program may take, with all that it says.
    private final Duration patience;

    /// With as much patience as programs usually need.
    public Linux() {
        this(PATIENCE);
    }

    Linux(Duration patience) {
        this.patience = patience;
    }

    @Override
    public Result run(List<String> command) {
        Optional<Path> program = find(command.getFirst());
        if (program.isEmpty()) {
            return new Result(NO_SUCH_PROGRAM, "", command.getFirst() + " is not installed");
        }
        var full = new ArrayList<>(command);
        full.set(0, program.get().toString());
        var builder = new ProcessBuilder(full).redirectInput(new File("/dev/null"));
        builder.environment().put("LC_ALL", "C"); // what they say is read
        try {
            return await(builder.start());
        } catch (IOException e) {
            return new Result(NO_SUCH_PROGRAM, "", e.getMessage());
        }
    }

    /// Waits for the program and for what it says. Whoever it started may hold its output for ever: what has been said by
    /// the end of the patience is all.
    private Result await(Process process) {
        long until = System.nanoTime() + patience.toNanos();
        var out = new Listener(process.getInputStream());
        var err = new Listener(process.getErrorStream());
        try {
            if (!process.waitFor(until - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                end(process);
                return new Result(1, out.heard(), "did not end within " + patience.toSeconds() + " s");
            }
            out.awaitEnd(until);
            err.awaitEnd(until);
        } catch (InterruptedException e) {
            end(process);
            Thread.currentThread().interrupt();
            return new Result(1, "", "interrupted");
        }
        return new Result(process.exitValue(), out.heard(), err.heard().strip());
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /// Takes down what a program says.
    private static final class Listener {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final Thread thread;

        /// A platform's thread: reading a pipe takes a virtual one's carrier, and who holds the pipe would keep that.
        Listener(InputStream in) {
            thread = Thread.ofPlatform().daemon().name("millrace-listener").start(() -> listen(in));
        }

        private void listen(InputStream in) {
            try (in) {
                in.transferTo(bytes);
            } catch (IOException e) {
                // What was heard is what there is.
                return;
            }
        }

        void awaitEnd(long untilNs) throws InterruptedException {
            thread.join(Duration.ofNanos(Math.max(0, untilNs - System.nanoTime())));
        }

        String heard() {
            return bytes.toString(StandardCharsets.UTF_8);
        }
    }

    @Override
    public boolean has(String program) {
        return find(program).isPresent();
    }

    private static Optional<Path> find(String program) {
        var folders = new ArrayList<String>();
        String path = System.getenv("PATH");
        if (path != null) {
            folders.addAll(List.of(path.split(File.pathSeparator)));
        }
        folders.addAll(MORE_FOLDERS);
        return folders.stream().filter(f -> !f.isEmpty()).map(f -> Path.of(f, program))
                .filter(f -> Files.isRegularFile(f) && Files.isExecutable(f)).findFirst();
    }

    @Override
    public Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file).strip());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    @Override
    public List<String> list(Path folder) {
        var names = new ArrayList<String>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            files.forEach(f -> names.add(f.getFileName().toString()));
        } catch (IOException e) {
            return List.of();
        }
        names.sort(null);
        return names;
    }

    @Override
    public String namespace() {
        return link(Path.of("/proc/self/ns/net")).orElse("");
    }

    @Override
    public String firstNamespace() {
        return link(Path.of("/proc/1/ns/net")).orElseGet(this::namespace);
    }

    @Override
    public boolean namespaceExists(String namespace) {
        String inode = namespace.replaceAll("[^0-9]", "");
        for (String named : list(Path.of("/run/netns"))) {
            try {
                if (inode.equals("" + Files.getAttribute(Path.of("/run/netns", named), "unix:ino"))) {
                    return true;
                }
            } catch (IOException e) {
                return true; // cannot be seen, so nothing is said
            }
        }
        for (String process : list(Path.of("/proc"))) {
            if (process.chars().allMatch(Character::isDigit)) {
                Path link = Path.of("/proc", process, "ns", "net");
                try {
                    if (Files.readSymbolicLink(link).toString().equals(namespace)) {
                        return true;
                    }
                } catch (NoSuchFileException e) {
                    // The process ended meanwhile.
                } catch (IOException e) {
                    return true;
                }
            }
        }
        return false;
    }

    @Override
    public Optional<DeviceFile> deviceFile(Path file) {
        try {
            int mode = (Integer) Files.getAttribute(file, "unix:mode");
            long number = ((Number) Files.getAttribute(file, "unix:rdev")).longValue();
            // makedev(3): the low 8 bits of the minor number are below the low 12 of the major one.
            return Optional.of(new DeviceFile((mode & S_IFMT) == S_IFCHR, (int) (number >> 8 & 0xfff), (int) (number & 0xff),
                    Files.isReadable(file) && Files.isWritable(file)));
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> link(Path link) {
        try {
            return Optional.of(Files.readSymbolicLink(link).toString());
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
