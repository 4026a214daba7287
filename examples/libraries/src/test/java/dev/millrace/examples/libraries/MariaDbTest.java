package dev.millrace.examples.libraries;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.testkit.Await;
import dev.millrace.testkit.LeakCheck;
import java.net.SocketTimeoutException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// MariaDB's driver and MySQL's with a real MariaDB over a TUN device. Both are told the name of a factory's class: MariaDB's one of
/// Millrace that takes no stack's name, so the JVM is told of the stack; MySQL's one of its own kind, [MysqlStackSocketFactory].
@Timeout(180)
class MariaDbTest {
    private static final int ROWS = 1000;
    private static final int LARGE = 5_000_000;

    private static LeakCheck leaks;
    private static MariaDbServer server;

    enum Driver {
        MARIADB("jdbc:mariadb://%s/shop?user=millrace&password=secret&socketFactory=dev.millrace.jdk.StackSocketFactory",
                "Query execution was interrupted"),
        MYSQL("jdbc:mysql://%s/shop?user=millrace&password=secret&socketFactory=" + MysqlStackSocketFactory.class.getName()
                + "&stack=mariadb", "Statement cancelled due to client request");

        private final String url;
        private final String cancelled;

        Driver(String url, String cancelled) {
            this.url = url.formatted(TunLab.KERNEL);
            this.cancelled = cancelled;
        }

        Connection connect(String more) throws SQLException {
            return DriverManager.getConnection(url + more);
        }
    }

    @BeforeAll
    static void start() throws Exception {
        TunLab.needs("setpriv", "mariadbd", "mariadb-install-db", "my_print_defaults");
        leaks = new LeakCheck();
        server = new MariaDbServer("mariadb");
        System.setProperty("dev.millrace.jdk.stack", "mariadb");
    }

    @AfterAll
    static void end() throws Exception {
        System.clearProperty("dev.millrace.jdk.stack");
        if (server != null) {
            server.close();
            leaks.close();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBatchAndALargeValue(Driver driver) throws Exception {
        byte[] large = new byte[LARGE];
        new Random(1).nextBytes(large);
        try (Connection c = driver.connect(""); Statement s = c.createStatement()) {
            s.execute("create or replace table t (n int, name text, body longblob)");
            try (PreparedStatement insert = c.prepareStatement("insert into t (n, name) values (?, ?)")) {
                for (int i = 0; i < ROWS; i++) {
                    insert.setInt(1, i);
                    insert.setString(2, "row " + i);
                    insert.addBatch();
                }
                assertEquals(ROWS, insert.executeBatch().length);
            }
            try (PreparedStatement update = c.prepareStatement("update t set body = ? where n = 7")) {
                update.setBytes(1, large);
                assertEquals(1, update.executeUpdate());
            }
            try (ResultSet r = s.executeQuery("select count(*), sum(n), max(body) from t")) {
                assertTrue(r.next());
                assertEquals(ROWS, r.getInt(1));
                assertEquals(ROWS * (ROWS - 1) / 2, r.getInt(2));
                assertArrayEquals(large, r.getBytes(3));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aQueryIsCancelled(Driver driver) throws Exception {
        try (Connection c = driver.connect(""); Statement s = c.createStatement(); Connection other = driver.connect("");
                Statement look = other.createStatement()) {
            // Of expressions, for which no index serves: two plain columns are compared within a second.
            String endless = "select count(*) from seq_1_to_1000000 a, seq_1_to_1000000 b where a.seq * 2 = b.seq * 2 + 4000001";
            var query = CompletableFuture.supplyAsync(() -> assertThrows(SQLException.class, () -> s.execute(endless)));
            // A cancellation before it runs does nothing.
            Await.until(() -> {
                try (ResultSet r = look.executeQuery("select 1 from information_schema.processlist where info like '%4000001' and time_ms > 200")) {
                    return r.next();
                }
            }, () -> "the server never began");
            s.cancel();
            String said = query.get(60, TimeUnit.SECONDS).getMessage();
            assertTrue(said.contains(driver.cancelled), said);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCutNetworkIsATimeOut(Driver driver) throws Exception {
        try (Connection c = driver.connect("&socketTimeout=1000"); Statement s = c.createStatement()) {
            server.lab.ns.run("ip", "route", "replace", "blackhole", "10.0.0.2/32").orFail();
            try {
                SQLException cut = assertThrows(SQLException.class, () -> s.execute("select 1"));
                assertTrue(Stream.<Throwable>iterate(cut, Objects::nonNull, Throwable::getCause).anyMatch(SocketTimeoutException.class::isInstance),
                        cut::toString);
            } finally {
                server.lab.ns.run("ip", "route", "delete", "blackhole", "10.0.0.2/32").orFail();
            }
        }
    }
}
