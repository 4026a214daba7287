package example.raft;

import dev.millrace.UdpSocket;
import dev.millrace.internet.Host;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.ObjIntConsumer;

/// One server of a Raft cluster (D. Ongaro, J. Ousterhout, "In Search of an Understandable Consensus Algorithm", figure 2),
/// over UDP: elections and the replicated log, which it keeps on its host's disk. It is one life of a server: after a crash
/// another object reads what this one has written.
public final class Raft {
    /// What may be wrong with it, for tests of tests.
    public enum Bug {
        /// Nothing.
        NONE,
        /// What is to survive a crash is written and not synced.
        NO_SYNC,
        /// Votes for whoever asks first, however old its log is.
        VOTES_FOR_ANY_LOG,
        /// Takes entries without looking whether what stands before them is the same.
        NO_CONSISTENCY_CHECK
    }

    /// An entry of the log.
    ///
    /// @param term when a leader got it
    /// @param value what it is
    public record Entry(int term, String value) {
    }

    private enum Role { FOLLOWER, CANDIDATE, LEADER }

    private static final int PORT = 7000;
    private static final int HEARTBEAT_MS = 50;
    private static final int ASK_FOR_VOTE = 1;
    private static final int VOTE = 2;
    private static final int APPEND = 3;
    private static final int APPENDED = 4;
    private static final int MOST_ENTRIES = 20;

    private final Host host;
    private final int self;
    private final List<InetSocketAddress> servers;
    private final ObjIntConsumer<Entry> apply;
    private final Bug bug;
    private UdpSocket socket;
    // Kept over crashes.
    private int term;
    private int votedFor = -1;
    private final List<Entry> log = new ArrayList<>(List.of(new Entry(0, "")));
    // Of this life.
    private Role role = Role.FOLLOWER;
    private int commit;
    private int applied;
    private long deadlineMs;
    private final BitSet votes = new BitSet();
    private final int[] next;
    private final int[] match;

    /// @param self the place of this server among `addresses`
    /// @param addresses of all servers, as text
    /// @param apply told each entry that is committed, with its index, in order and from the first one on after each start
    public Raft(Host host, int self, List<String> addresses, ObjIntConsumer<Entry> apply, Bug bug) {
        this.host = host;
        this.self = self;
        this.servers = addresses.stream().map(a -> new InetSocketAddress(a, PORT)).toList();
        this.apply = apply;
        this.bug = bug;
        next = new int[servers.size()];
        match = new int[servers.size()];
    }

    /// Serves until its host ends.
    public void run() throws IOException {
        restore();
        try (UdpSocket s = host.stack().udp().bind(new InetSocketAddress(PORT))) {
            socket = s;
            waitForLeader();
            ByteBuffer buffer = ByteBuffer.allocate(65_535);
            while (true) {
                long left = deadlineMs - nowMs();
                if (left <= 0) {
                    onDeadline();
                    continue;
                }
                s.setReadTimeout(Duration.ofMillis(left));
                try {
                    s.receive(buffer.clear());
                    receive(new DataInputStream(new ByteArrayInputStream(buffer.array(), 0, buffer.position())));
                } catch (SocketTimeoutException e) {
                    onDeadline();
                }
            }
        }
    }

    /// Takes a value if this is the leader.
    public boolean propose(String value) throws IOException {
        if (role != Role.LEADER) {
            return false;
        }
        log.add(new Entry(term, value));
        persist();
        match[self] = log.size() - 1;
        replicate();
        return true;
    }

    private long nowMs() {
        return host.clock().millis();
    }

    private void waitForLeader() {
        deadlineMs = nowMs() + 3 * HEARTBEAT_MS + host.random().nextInt(3 * HEARTBEAT_MS);
    }

    private void onDeadline() throws IOException {
        if (role == Role.LEADER) {
            replicate();
            return;
        }
        role = Role.CANDIDATE;
        term++;
        votedFor = self;
        persist();
        votes.clear();
        votes.set(self);
        waitForLeader();
        Entry last = log.getLast();
        sendAll(ASK_FOR_VOTE, out -> {
            out.writeInt(log.size() - 1);
            out.writeInt(last.term);
        });
    }

    private void receive(DataInputStream in) throws IOException {
        int type = in.readByte();
        int from = in.readByte();
        int theirTerm = in.readInt();
        if (theirTerm > term) {
            term = theirTerm;
            votedFor = -1;
            role = Role.FOLLOWER;
            persist();
        }
        boolean current = theirTerm == term;
        switch (type) {
            case ASK_FOR_VOTE -> {
                int lastIndex = in.readInt();
                int lastTerm = in.readInt();
                Entry mine = log.getLast();
                boolean upToDate = lastTerm > mine.term || lastTerm == mine.term && lastIndex >= log.size() - 1;
                boolean granted = current && (votedFor < 0 || votedFor == from) && (upToDate || bug == Bug.VOTES_FOR_ANY_LOG);
                if (granted) {
                    votedFor = from;
                    persist();
                    waitForLeader();
                }
                send(from, VOTE, out -> out.writeBoolean(granted));
            }
            case VOTE -> {
                if (current && role == Role.CANDIDATE && in.readBoolean()) {
                    votes.set(from);
                    if (votes.cardinality() > servers.size() / 2) {
                        lead();
                    }
                }
            }
            case APPEND -> append(from, current, in);
            case APPENDED -> {
                boolean success = in.readBoolean();
                int index = in.readInt();
                if (current && role == Role.LEADER) {
                    match[from] = success ? Math.max(match[from], index) : match[from];
                    next[from] = Math.max(match[from] + 1, Math.min(next[from], index + 1));
                    commitWhatMostHave();
                }
            }
            default -> throw new IOException("message of type " + type);
        }
    }

    private void lead() throws IOException {
        role = Role.LEADER;
        Arrays.fill(next, log.size());
        Arrays.fill(match, 0);
        match[self] = log.size() - 1;
        replicate();
    }

    private void replicate() throws IOException {
        deadlineMs = nowMs() + HEARTBEAT_MS;
        for (int to = 0; to < servers.size(); to++) {
            if (to == self) {
                continue;
            }
            int first = next[to];
            List<Entry> entries = log.subList(first, Math.min(log.size(), first + MOST_ENTRIES));
            send(to, APPEND, out -> {
                out.writeInt(first - 1);
                out.writeInt(log.get(first - 1).term);
                out.writeInt(commit);
                write(out, entries);
            });
        }
    }

    private void append(int from, boolean current, DataInputStream in) throws IOException {
        int before = in.readInt();
        int termBefore = in.readInt();
        int theirCommit = in.readInt();
        List<Entry> entries = read(in);
        if (!current) {
            send(from, APPENDED, out -> {
                out.writeBoolean(false);
                out.writeInt(0);
            });
            return;
        }
        role = Role.FOLLOWER;
        waitForLeader();
        boolean fits = before < log.size() && (log.get(before).term == termBefore || bug == Bug.NO_CONSISTENCY_CHECK);
        if (fits) {
            for (int i = 0; i < entries.size(); i++) {
                int index = before + 1 + i;
                if (index < log.size() && log.get(index).term != entries.get(i).term) {
                    log.subList(index, log.size()).clear();
                }
                if (index == log.size()) {
                    log.add(entries.get(i));
                }
            }
            persist();
            commit = Math.max(commit, Math.min(theirCommit, before + entries.size()));
            applyCommitted();
        }
        send(from, APPENDED, out -> {
            out.writeBoolean(fits);
            out.writeInt(fits ? before + entries.size() : Math.max(0, Math.min(before, log.size()) - 1));
        });
    }

    /// Only entries of its own term are committed by counting (section 5.4.2); those before them are with them.
    private void commitWhatMostHave() {
        int[] sorted = match.clone();
        Arrays.sort(sorted);
        int most = sorted[(sorted.length - 1) / 2];
        if (most > commit && log.get(most).term == term) {
            commit = most;
            applyCommitted();
        }
    }

    private void applyCommitted() {
        while (applied < commit) {
            apply.accept(log.get(++applied), applied);
        }
    }

    // ---- messages, and what is kept

    private interface Body {
        void write(DataOutputStream out) throws IOException;
    }

    private void sendAll(int type, Body body) throws IOException {
        for (int to = 0; to < servers.size(); to++) {
            if (to != self) {
                send(to, type, body);
            }
        }
    }

    private void send(int to, int type, Body body) throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeByte(type);
        out.writeByte(self);
        out.writeInt(term);
        body.write(out);
        try {
            socket.send(ByteBuffer.wrap(bytes.toByteArray()), servers.get(to));
        } catch (IOException e) {
            // Nobody is there now: as if it were lost, and sent again.
            return;
        }
    }

    private void persist() throws IOException {
        var bytes = new ByteArrayOutputStream();
        var out = new DataOutputStream(bytes);
        out.writeInt(term);
        out.writeInt(votedFor);
        write(out, log);
        host.disk().write("raft", bytes.toByteArray());
        if (bug != Bug.NO_SYNC) {
            host.disk().sync();
        }
    }

    private void restore() throws IOException {
        byte[] kept = host.disk().read("raft").orElse(null);
        if (kept != null) {
            var in = new DataInputStream(new ByteArrayInputStream(kept));
            term = in.readInt();
            votedFor = in.readInt();
            log.clear();
            log.addAll(read(in));
        }
    }

    private static void write(DataOutputStream out, List<Entry> entries) throws IOException {
        out.writeInt(entries.size());
        for (Entry e : entries) {
            out.writeInt(e.term);
            out.writeUTF(e.value);
        }
    }

    private static List<Entry> read(DataInputStream in) throws IOException {
        var entries = new ArrayList<Entry>();
        for (int n = in.readInt(); n > 0; n--) {
            entries.add(new Entry(in.readInt(), in.readUTF()));
        }
        return entries;
    }
}
