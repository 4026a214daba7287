package example.raft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.internet.Chaos;
import dev.millrace.internet.Host;
import dev.millrace.internet.Internet;
import dev.millrace.internet.LinkConditions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/// Five servers, a client on each of their hosts, and what must be true of them whatever happens.
final class Cluster {
    private static final int SERVERS = 5;

    private final Internet net;
    private final List<Raft> servers = new ArrayList<>();
    /// What was committed, by index: the same for all servers, for ever.
    private final Map<Integer, Raft.Entry> committed = new TreeMap<>();

    Cluster(Internet net, Raft.Bug bug) throws IOException {
        this.net = net;
        List<String> addresses = IntStream.range(0, SERVERS).mapToObj(i -> "10.0.0." + (i + 1)).toList();
        for (int i = 0; i < SERVERS; i++) {
            int self = i;
            servers.add(null);
            Host host = net.host("s" + (i + 1), addresses.get(i));
            host.boot(h -> {
                var server = new Raft(h, self, addresses, this::apply, bug);
                servers.set(self, server);
                h.run(() -> propose(h, server));
                server.run();
            });
        }
        for (int i = 1; i <= SERVERS; i++) {
            for (int j = i + 1; j <= SERVERS; j++) {
                net.link("s" + i, "s" + j, LinkConditions.perfect().delay(Duration.ofMillis(5)).jitter(Duration.ofMillis(5)).loss(0.01));
            }
        }
    }

    private void apply(Raft.Entry entry, int index) {
        Raft.Entry before = committed.putIfAbsent(index, entry);
        assertTrue(before == null || before.equals(entry), () -> "at index " + index + " " + before + " was committed, and now " + entry);
    }

    private void propose(Host host, Raft server) throws Exception {
        for (int i = 0;; i++) {
            host.sleep(Duration.ofMillis(100 + host.random().nextInt(200)));
            server.propose(host.name() + "-" + net.now().toMillis() + "-" + i);
        }
    }

    /// Half a minute of trouble, and then a time in which it must get on again.
    void live() throws InterruptedException {
        net.chaos(Chaos.within(Duration.ofSeconds(30)).lasting(Duration.ofMillis(200), Duration.ofSeconds(5)).cuts(6).cutsOneWay(3)
                .isolations(4).crashes(8).pauses(3).clockJumps(3, Duration.ofSeconds(10)).slowLinks(2, Duration.ofMillis(300)));
        net.runFor(Duration.ofSeconds(36));
        int before = committed.size();
        net.runFor(Duration.ofSeconds(10));
        assertTrue(committed.size() > before, "nothing was committed in ten seconds without trouble");
        assertEquals(committed.size(), committed.keySet().stream().mapToInt(i -> i).max().orElse(0));
    }

    int committedCount() {
        return committed.size();
    }
}
