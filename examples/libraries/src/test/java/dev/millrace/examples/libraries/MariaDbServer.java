package dev.millrace.examples.libraries;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A real MariaDB in a [TunLab], with a database `shop` and a user `millrace` whose password is `secret`.
final class MariaDbServer implements AutoCloseable {
    static final int PORT = 3306;

    final TunLab lab;
    private final Path folder;

    /// Starts it.
    ///
    /// @param stack the name of the stack beside it
    MariaDbServer(String stack) throws Exception {
        folder = Files.createTempDirectory("millrace-mariadb");
        lab = new TunLab(stack);
        try {
            Path first = Files.writeString(folder.resolve("first.sql"), """
                    create database shop;
                    create user 'millrace'@'%' identified by 'secret';
                    grant all on *.* to 'millrace'@'%';
                    """);
            Path log = folder.resolve("log");
            lab.ns.run("chown", "65534:65534", folder.toString()).orFail();
            lab.ns.run(asNobody("mariadb-install-db", "--no-defaults", "--datadir=" + folder + "/data", "--skip-test-db",
                    "--auth-root-authentication-method=normal")).orFail();
            lab.start(log, PORT, asNobody("mariadbd", "--no-defaults", "--datadir=" + folder + "/data", "--init-file=" + first,
                    "--bind-address=" + TunLab.KERNEL, "--port=" + PORT, "--socket=" + folder + "/socket", "--skip-name-resolve",
                    "--innodb-flush-log-at-trx-commit=0"));
        } catch (Throwable t) {
            close();
            throw t;
        }
    }

    /// It refuses to be root.
    private static String[] asNobody(String... command) {
        List<String> all = new ArrayList<>(List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"));
        all.addAll(List.of(command));
        return all.toArray(String[]::new);
    }

    @Override
    public void close() throws Exception {
        try {
            lab.close();
        } finally {
            new ProcessBuilder("rm", "-rf", folder.toString()).start().waitFor();
        }
    }
}
