package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.Await;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;

/// PostgreSQL's driver and a real PostgreSQL over a TUN device. The driver is told the name of a factory's class, and the stack's name.
@Timeout(180)
class PostgresTest {
    private static final int COPY_BYTES = 50_000_000;

    private Path folder;
    private TunLab lab;

    @BeforeEach
    void start() throws Exception {
        TunLab.needs("setpriv");
        Path programs = programs().orElse(null);
        Assumptions.assumeTrue(programs != null, "needs the program initdb: apt-get install postgresql");
        folder = Files.createTempDirectory("millrace-postgres");
        lab = new TunLab("postgres");
        Path log = folder.resolve("log");
        String[] asNobody = {"setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"};
        lab.ns.run("chown", "65534:65534", folder.toString()).orFail();
        lab.ns.run(concat(asNobody, programs.resolve("initdb").toString(), "-D", folder + "/data", "-U", "millrace", "-A", "trust", "--no-sync",
                "--locale=C", "-E", "UTF8")).orFail();
        Files.writeString(folder.resolve("data/pg_hba.conf"), "host all all 10.0.0.0/24 trust\n");
        lab.start(log, 5432, concat(asNobody, programs.resolve("postgres").toString(), "-D", folder + "/data", "-c",
                "listen_addresses=" + TunLab.KERNEL, "-k", folder.toString(), "-c", "fsync=off"));
        // It accepts connections a while before it serves them.
        Await.until(PostgresTest::serves, () -> Files.readString(log));
    }

    private static boolean serves() {
        try {
            connect("").close();
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    private static String[] concat(String[] first, String... more) {
        return Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new);
    }

    /// Debian keeps the server's programs off the PATH.
    private static Optional<Path> programs() throws IOException {
        Path all = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(all)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(all)) {
            return versions.map(v -> v.resolve("bin")).filter(b -> Files.isExecutable(b.resolve("initdb"))).max(Path::compareTo);
        }
    }

    @AfterEach
    void end() throws Exception {
        try {
            if (lab != null) {
                lab.close();
            }
        } finally {
            if (folder != null) {
                new ProcessBuilder("rm", "-rf", folder.toString()).start().waitFor();
            }
        }
    }

    private static Connection connect(String more) throws SQLException {
        return DriverManager.getConnection("jdbc:postgresql://" + TunLab.KERNEL + "/postgres?user=millrace"
                + "&socketFactory=dev.millrace.jdk.StackSocketFactory&socketFactoryArg=postgres" + more);
    }

    @Test
    void aBatchAndACopy() throws Exception {
        try (Connection c = connect(""); Statement s = c.createStatement()) {
            s.execute("create table t (n int, name text)");
            try (PreparedStatement insert = c.prepareStatement("insert into t values (?, ?)")) {
                for (int i = 0; i < 1000; i++) {
                    insert.setInt(1, i);
                    insert.setString(2, "row " + i);
                    insert.addBatch();
                }
                assertEquals(1000, insert.executeBatch().length);
            }
            try (ResultSet r = s.executeQuery("select count(*), sum(n) from t")) {
                assertTrue(r.next());
                assertEquals(1000, r.getInt(1));
                assertEquals(499_500, r.getInt(2));
            }
            s.execute("create table big (line text)");
            long rows = c.unwrap(PGConnection.class).getCopyAPI().copyIn("copy big from stdin", new Lines());
            assertEquals(COPY_BYTES / Lines.LENGTH, rows);
            try (ResultSet r = s.executeQuery("select sum(length(line) + 1) from big")) {
                assertTrue(r.next());
                assertEquals(COPY_BYTES, r.getInt(1));
            }
        }
    }

    /// Lines of 100 bytes.
    private static final class Lines extends InputStream {
        static final int LENGTH = 100;
        private int left = COPY_BYTES;

        @Override
        public int read() {
            return left == 0 ? -1 : --left % LENGTH == 0 ? '\n' : 'x';
        }

        @Override
        public int read(byte[] b, int off, int len) {
            int n = Math.min(len, left);
            for (int i = 0; i < n; i++) {
                b[off + i] = (byte) read();
            }
            return n == 0 && len > 0 ? -1 : n;
        }
    }

    @Test
    void aQueryIsCancelled() throws Exception {
        try (Connection c = connect(""); Statement s = c.createStatement(); Connection other = connect("");
                Statement look = other.createStatement()) {
            var query = CompletableFuture.supplyAsync(() -> assertThrows(SQLException.class, () -> s.execute("select pg_sleep(600)")));
            // The driver asks for it once, and a server that has not begun with the query does nothing about it.
            Await.until(() -> {
                try (ResultSet r = look.executeQuery("select 1 from pg_stat_activity where state = 'active' and query like '%sleep(600)'")) {
                    return r.next();
                }
            }, () -> "the server never began");
            s.cancel();
            assertEquals("57014", query.get(60, TimeUnit.SECONDS).getSQLState());
        }
    }

    @Test
    void aCutNetworkIsATimeOut() throws Exception {
        try (Connection c = connect("&socketTimeout=1"); Statement s = c.createStatement()) {
            lab.ns.run("ip", "route", "replace", "blackhole", "10.0.0.2/32").orFail();
            SQLException cut = assertThrows(SQLException.class, () -> s.execute("select 1"));
            assertEquals("08006", cut.getSQLState());
            assertEquals("Read timed out", cut.getCause().getMessage());
        }
    }
}
