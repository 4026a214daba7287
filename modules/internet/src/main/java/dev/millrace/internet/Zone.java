package dev.millrace.internet;

import dev.millrace.dns.DnsMessage;
import dev.millrace.dns.DnsQuestion;
import dev.millrace.dns.DnsRecord;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/// What the name server of an Internet knows. Any thread may call any method.
final class Zone {
    private static final int ANY = 255;
    private static final int MAX_ALIASES = 8;
    private static final int OPCODE = 0x7800;

    private final Internet internet;
    private final String server;
    private final Map<String, List<DnsRecord>> added = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();
    private volatile long ttl = 60;

    Zone(Internet internet, String server) {
        this.internet = internet;
        this.server = server;
    }

    private static String key(String name) {
        String n = name.toLowerCase(Locale.ROOT);
        return n.endsWith(".") ? n.substring(0, n.length() - 1) : n;
    }

    void add(DnsRecord record) {
        added.merge(key(record.name()), List.of(record), (a, b) -> {
            var both = new ArrayList<>(a);
            both.addAll(b);
            return List.copyOf(both);
        });
    }

    void remove(String name) {
        added.remove(key(name));
    }

    long ttl() {
        return ttl;
    }

    void setTtl(long seconds) {
        ttl = seconds;
    }

    Map<String, Long> counters() {
        var all = new TreeMap<String, Long>();
        counters.forEach((k, v) -> all.put(k, v.sum()));
        return all;
    }

    private void count(String what) {
        counters.computeIfAbsent(what, _ -> new LongAdder()).increment();
    }

    byte[] malformed() {
        count("malformed");
        return null;
    }

    DnsMessage answer(DnsMessage query) {
        if ((query.flags() & OPCODE) != 0) {
            count("refused");
            return query.response(DnsMessage.NOT_IMPLEMENTED, 0, List.of(), List.of());
        }
        if (query.questions().size() != 1) {
            count("malformed");
            return query.response(DnsMessage.FORMAT_ERROR, 0, List.of(), List.of());
        }
        DnsQuestion q = query.questions().getFirst();
        var answers = new ArrayList<DnsRecord>();
        boolean exists = collect(q.name(), q.type(), answers, 0);
        count(!answers.isEmpty() ? "answered" : exists ? "no-such-record" : "no-such-name");
        // Who has no answer says how long that may be kept (RFC 2308 §2).
        List<DnsRecord> authorities = answers.isEmpty()
                ? List.of(DnsRecord.authority("", ttl, server, "nobody." + server, 1, (int) ttl)) : List.of();
        return query.response(exists ? DnsMessage.NO_ERROR : DnsMessage.NAME_ERROR,
                DnsMessage.AUTHORITATIVE | DnsMessage.RECURSION_AVAILABLE, answers, authorities);
    }

    /// Gathers the records of a name, and of what it is an alias of; returns whether the name exists.
    private boolean collect(String name, int type, List<DnsRecord> to, int depth) {
        List<DnsRecord> records = records(name);
        boolean any = type == ANY;
        for (DnsRecord r : records) {
            if (r.type() == type || any) {
                to.add(r);
            } else if (r.type() == DnsRecord.CNAME && depth < MAX_ALIASES && r.target() != null) {
                to.add(r);
                collect(r.target(), type, to, depth + 1);
            }
        }
        return !records.isEmpty();
    }

    private List<DnsRecord> records(String name) {
        String key = key(name);
        var all = new ArrayList<DnsRecord>();
        internet.hosts().forEach((hostName, host) -> {
            for (InetAddress a : host.addresses()) {
                if (key(hostName).equals(key)) {
                    all.add(DnsRecord.address(name, ttl, a));
                }
                if (reverse(a).equals(key)) {
                    all.add(DnsRecord.pointer(name, DnsRecord.PTR, ttl, hostName));
                }
            }
        });
        all.addAll(added.getOrDefault(key, List.of()));
        return all;
    }

    /// The name under which an address is found backwards (RFC 1035 §3.5, RFC 3596 §2.5).
    static String reverse(InetAddress address) {
        byte[] b = address.getAddress();
        var name = new StringBuilder();
        for (int i = b.length - 1; i >= 0; i--) {
            if (b.length == 4) {
                name.append(b[i] & 0xff).append('.');
            } else {
                name.append(Integer.toHexString(b[i] & 15)).append('.').append(Integer.toHexString(b[i] >> 4 & 15)).append('.');
            }
        }
        return name + (b.length == 4 ? "in-addr.arpa" : "ip6.arpa");
    }
}
