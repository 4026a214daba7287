package dev.millrace.dhcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.millrace.wire.IpAddress;
import dev.millrace.wire.MacAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a lease over a restart, in a small text file that is replaced as a whole. What is wrong with it is a line in the log
/// and no more: without it the client begins as if it were new. Any thread may call any method.
final class LeaseFile {
    private static final Logger LOG = LoggerFactory.getLogger(LeaseFile.class);
    private static final int MAX_LENGTH = 4096;

    private final Path path;
    private final Object lock = new Object();
    /// What the file is to hold: guarded by lock.
    private Saved next;
    private boolean pending;
    private boolean writing;

    /// A lease as it is kept.
    ///
    /// @param station the client's MAC address
    /// @param address what it was lent
    /// @param expires until when, or [Instant#MAX]
    record Saved(long station, IpAddress address, Instant expires) {
    }

    LeaseFile(Path path) {
        this.path = path;
    }

    /// What is kept for this station, or `null`: nothing, something broken, another station's, or a lease that has run out.
    Saved read(long station, Instant now) {
        String text;
        try (InputStream in = Files.newInputStream(path)) {
            text = new String(in.readNBytes(MAX_LENGTH), UTF_8);
        } catch (java.nio.file.NoSuchFileException e) {
            return null;
        } catch (IOException | RuntimeException e) {
            LOG.warn("the lease file {} cannot be read: {}", path, e.toString());
            return null;
        }
        try {
            Saved saved = parse(text);
            if (saved.station() != station) {
                LOG.warn("the lease file {} is of another station, {}: not used", path, MacAddress.text(saved.station()));
                return null;
            }
            return saved.expires().isAfter(now) ? saved : null;
        } catch (IllegalArgumentException | DateTimeException e) {
            LOG.warn("the lease file {} is damaged and not used: {}", path, e.getMessage());
            return null;
        }
    }

    private static Saved parse(String text) {
        Map<String, String> values = new HashMap<>();
        text.lines().filter(l -> !l.startsWith("#") && l.indexOf('=') > 0)
                .forEach(l -> values.put(l.substring(0, l.indexOf('=')).strip(), l.substring(l.indexOf('=') + 1).strip()));
        for (String key : new String[] {"station", "address", "expires"}) {
            if (!values.containsKey(key)) {
                throw new IllegalArgumentException(key + " is missing");
            }
        }
        IpAddress address = IpAddress.parse(values.get("address"));
        if (!address.isV4() || !Terms.isHost(address)) {
            throw new IllegalArgumentException(address + " is no address of a host");
        }
        String expires = values.get("expires");
        return new Saved(MacAddress.parse(values.get("station")).bits(), address,
                expires.equals("never") ? Instant.MAX : Instant.parse(expires));
    }

    /// Has the file hold this lease from now on, or be gone if `saved` is `null`.
    ///
    /// @param atOnce whether to write it before this returns; else a thread of its own does, since disks may take their time
    void write(Saved saved, boolean atOnce) {
        synchronized (lock) {
            next = saved;
            pending = true;
            if (writing && !atOnce) {
                return;
            }
            writing = true;
        }
        if (atOnce) {
            writePending();
        } else {
            Thread.ofVirtual().name("dhcp-lease-file").start(this::writePending);
        }
    }

    /// Returns when the file holds what it is to hold.
    void flush() {
        writePending();
    }

    /// Writes until the file holds what it is to hold. The lock is for the file as well: who writes at once waits for who
    /// writes now.
    private void writePending() {
        synchronized (this) {
            while (true) {
                Saved saved;
                synchronized (lock) {
                    if (!pending) {
                        writing = false;
                        return;
                    }
                    pending = false;
                    saved = next;
                }
                try {
                    replace(saved);
                } catch (IOException | RuntimeException e) {
                    LOG.warn("the lease file {} cannot be written: {}", path, e.toString());
                }
            }
        }
    }

    private void replace(Saved saved) throws IOException {
        if (saved == null) {
            Files.deleteIfExists(path);
            return;
        }
        Path temporary = path.resolveSibling(path.getFileName() + ".new");
        Files.writeString(temporary, "# The DHCP lease of a Millrace stack; it may be deleted while the stack is closed.\n"
                + "station = " + MacAddress.text(saved.station()) + "\naddress = " + saved.address() + "\nexpires = "
                + (saved.expires().equals(Instant.MAX) ? "never" : saved.expires()) + "\n");
        try {
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(temporary, path, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
