package dev.millrace.cli.tun;

import dev.millrace.cli.Commands;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/// The files in which `tun up` remembers: one a device, `NAME.json`, in a folder that only root writes.
final class States {
    private static final Path USUAL = Path.of("/run/millrace");

    private final Path folder;
    private final Machine machine;

    States(Path folder, Machine machine) {
        this.folder = folder;
        this.machine = machine;
    }

    /// In `$MILLRACE_STATE_DIR`, or `/run/millrace`.
    static States usual(Machine machine) {
        String chosen = System.getenv("MILLRACE_STATE_DIR");
        return new States(chosen == null || chosen.isEmpty() ? USUAL : Path.of(chosen), machine);
    }

    Path folder() {
        return folder;
    }

    /// A file with what is in it.
    ///
    /// @param file the file
    /// @param state what it says, or `null` if it is damaged
    /// @param damage what is wrong with it, or `null`
    record Entry(Path file, State state, String damage) {
    }

    /// All files, damaged ones too; none if the folder cannot be read.
    List<Entry> entries() throws IOException {
        var found = new ArrayList<Entry>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.json")) {
            for (Path file : files) {
                found.add(read(file));
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (AccessDeniedException e) {
            throw new IOException(folder + ": permission denied; what millrace tun up did is known to root only", e);
        }
        found.sort((a, b) -> a.file.compareTo(b.file));
        return found;
    }

    private static Entry read(Path file) {
        try {
            return new Entry(file, State.fromJson(Commands.json().readTree(Files.readString(file))), null);
        } catch (IllegalArgumentException | JacksonException | IOException e) {
            return new Entry(file, null, e.getMessage());
        }
    }

    /// The state of this device of this network namespace since the machine was started.
    ///
    /// @throws IOException if its file is damaged
    Optional<State> find(String name) throws IOException {
        for (Entry entry : entries()) {
            if (entry.state == null && entry.file.equals(file(name))) {
                throw new IOException(entry.file + " is damaged (" + entry.damage + "); undo by hand what it says, as "
                        + "docs/tun.md shows, and delete it");
            }
        }
        return alive().stream().filter(s -> s.settings().name().equals(name)).findFirst();
    }

    /// The states of this network namespace since the machine was started.
    List<State> alive() throws IOException {
        return entries().stream().map(Entry::state).filter(s -> s != null && isAlive(s)).toList();
    }

    boolean isAlive(State state) {
        return state.namespace().equals(machine.namespace()) && state.boot().equals(boot());
    }

    /// Which start of the machine this is.
    String boot() {
        return machine.read(Path.of("/proc/sys/kernel/random/boot_id")).orElse("");
    }

    private Path file(String name) {
        // Namespaces share the folder: where the first process is in another one, the name says which this is.
        String ours = machine.namespace();
        String first = machine.firstNamespace();
        String suffix = ours.equals(first) ? "" : "@" + ours.replaceAll("[^0-9]", "");
        return folder.resolve(name + suffix + ".json");
    }

    /// Writes a state, whole or not at all.
    void save(State state) throws IOException {
        Path file = file(state.settings().name());
        Path next = file.resolveSibling(file.getFileName() + ".next");
        Files.writeString(next, Commands.text(state.toJson()) + "\n");
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    void delete(String name) throws IOException {
        Files.deleteIfExists(file(name));
    }

    /// Keeps other runs of this command away until the lock is closed; makes the folder if need be.
    Lock lock() throws IOException {
        try {
            if (!Files.isDirectory(folder)) {
                Path parent = folder.toAbsolutePath().getParent();
                Files.createDirectories(parent);
                boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
                if (posix) {
                    // Others may look, for tun list and doctor.
                    Files.createDirectory(folder,
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
                } else {
                    Files.createDirectory(folder);
                }
            }
            FileChannel channel = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                return new Lock(channel, channel.lock());
            } catch (Throwable t) {
                channel.close();
                throw t;
            }
        } catch (AccessDeniedException e) {
            throw new IOException(folder + ": permission denied; run this as root, or name a folder of your own in "
                    + "MILLRACE_STATE_DIR", e);
        }
    }

    /// The lock.
    ///
    /// @param channel the file
    /// @param lock its lock, which ends with the channel
    record Lock(FileChannel channel, FileLock lock) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
