import dev.millrace.TcpListener;
import dev.millrace.TcpSocket;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import dev.millrace.internet.Program;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;

/// A download over 200 ms of round trip with 2 % of loss, interrupted by 20 s of partition: in simulated time, the same in
/// every run of a seed. Arguments: how many runs (3), the seed (1), and a file for the capture.
/// Run: ./millrace java examples/internet/Partition.java
void main(String[] args) throws Exception {
    int runs = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    long seed = args.length > 1 ? Long.parseLong(args[1]) : 1;
    Path capture = args.length > 2 ? Path.of(args[2]) : Files.createTempFile("partition", ".pcapng");
    Set<String> digests = new TreeSet<>();
    for (int i = 1; i <= runs; i++) {
        long begin = System.nanoTime();
        Duration simulated = run(seed, capture);
        digests.add(HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(capture))));
        if (i == 1 || i == runs) {
            IO.println("run %d: %d.%d s simulated in %d ms".formatted(i, simulated.toSeconds(), simulated.toMillisPart() / 100,
                    (System.nanoTime() - begin) / 1_000_000));
        }
    }
    IO.println(runs + " runs of seed " + seed + ", sha256 of their captures: " + digests);
    if (args.length < 3) {
        Files.delete(capture);
    }
}

Duration run(long seed, Path capture) throws Exception {
    try (Internet net = Internet.virtualTime(seed)) {
        net.capture(capture);
        Host server = net.host("server", "10.0.0.1");
        Host client = net.host("client", "10.0.0.2");
        net.link("client", "server", LinkConditions.perfect().delay(Duration.ofMillis(100)).loss(0.02));
        net.at(Duration.ofSeconds(15)).cut("client", "server", Duration.ofSeconds(20));
        server.run(() -> {
            try (TcpListener l = server.stack().tcp().listen(80); TcpSocket s = l.accept()) {
                s.write(ByteBuffer.allocate(3_500_000));
            }
        });
        Program<Long> download = client.call(() -> {
            try (TcpSocket s = client.stack().tcp().connect(new InetSocketAddress("10.0.0.1", 80), Duration.ofSeconds(10))) {
                return (long) s.inputStream().readAllBytes().length;
            }
        });
        if (download.get() != 3_500_000) {
            throw new AssertionError("the download is not whole");
        }
        return net.now();
    }
}
