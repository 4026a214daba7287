package dev.millrace.internet;

import dev.millrace.dns.DnsMessage;
import dev.millrace.dns.DnsQuestion;
import dev.millrace.dns.DnsRecord;
import java.net.IDN;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongFunction;

/// What the name server of an Internet knows. Any thread may call any method.
final class Zone {
    private static final int ANY = 255;
    /// The first and the last of the types that ask for zones (RFC 1035 §3.2.3, RFC 1995).
    private static final int IXFR = 251;
    private static final int MAILA = 254;
    private static final int MAX_ALIASES = 8;
    private static final int OPCODE = 0x7800;
    private static final int MAX_MESSAGE = 65535;
    /// What is said of the largest query that it takes by UDP.
    private static final int PAYLOAD = 1232;
    /// BADVERS in the upper eight bits of the response code (RFC 6891 §6.1.3).
    private static final long BAD_VERSION = 1L << 24;
    private static final long DNSSEC_OK = 0x8000;

    private final Internet internet;
    private final String server;
    /// By name, what makes the record when the TTL is known.
    private final Map<String, List<LongFunction<DnsRecord>>> added = new ConcurrentHashMap<>();
    private final Map<String, Optional<String>> asciiNames = new ConcurrentHashMap<>();
    private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();
    private volatile long ttl = 60;

    Zone(Internet internet, String server) {
        this.internet = internet;
        this.server = server;
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    /// A name without the dot that may be at its end.
    static String bare(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    /// @throws IllegalArgumentException if it cannot be sent
    void add(LongFunction<DnsRecord> record) {
        DnsRecord sample = record.apply(0);
        new DnsMessage(0, 0, List.of(), List.of(sample), List.of(), List.of()).toBytes(MAX_MESSAGE);
        added.merge(key(sample.name()), List.of(record), (a, b) -> {
            var both = new ArrayList<>(a);
            both.addAll(b);
            return List.copyOf(both);
        });
    }

    void remove(String name) {
        added.remove(key(bare(name)));
    }

    void setTtl(long seconds) {
        ttl = seconds;
    }

    Map<String, Long> counters() {
        var all = new TreeMap<String, Long>();
        counters.forEach((k, v) -> all.put(k, v.sum()));
        return all;
    }

    void count(String what) {
        counters.computeIfAbsent(what, _ -> new LongAdder()).increment();
    }

    /// The addresses of a name, IPv6 first, without a query that would be counted.
    List<InetAddress> addresses(String name) {
        var found = new ArrayList<DnsRecord>();
        collect(bare(name), DnsRecord.AAAA, found, 0);
        collect(bare(name), DnsRecord.A, found, 0);
        return found.stream().map(DnsRecord::inetAddress).filter(Objects::nonNull).distinct().toList();
    }

    /// The answer to a query. Who speaks EDNS is answered so (RFC 6891 §6.1.1).
    DnsMessage answer(DnsMessage query) {
        List<DnsRecord> edns = query.additionals().stream().filter(r -> r.type() == DnsRecord.OPT).toList();
        if (edns.size() > 1) {
            return malformed(query);
        }
        if (edns.isEmpty()) {
            return answerPlain(query);
        }
        long asked = edns.getFirst().ttl();
        boolean known = (asked >> 16 & 0xff) == 0;
        if (!known) {
            count("refused");
        }
        DnsMessage plain = known ? answerPlain(query) : query.response(DnsMessage.NO_ERROR, 0, List.of(), List.of());
        var opt = new DnsRecord("", DnsRecord.OPT, PAYLOAD, (asked & DNSSEC_OK) | (known ? 0 : BAD_VERSION), new byte[0]);
        return new DnsMessage(plain.id(), plain.flags(), plain.questions(), plain.answers(), plain.authorities(), List.of(opt));
    }

    /// What says so does not repeat the questions: there may be thousands.
    private DnsMessage malformed(DnsMessage query) {
        count("malformed");
        return new DnsMessage(query.id(), query.response(DnsMessage.FORMAT_ERROR, 0, List.of(), List.of()).flags(), List.of(),
                List.of(), List.of(), List.of());
    }

    private DnsMessage refused(DnsMessage query, int code) {
        count("refused");
        return query.response(code, 0, List.of(), List.of());
    }

    private DnsMessage answerPlain(DnsMessage query) {
        if (query.questions().size() > 1) {
            return malformed(query);
        }
        if ((query.flags() & OPCODE) != 0) {
            return refused(query, DnsMessage.NOT_IMPLEMENTED);
        }
        if (query.questions().isEmpty()) {
            return malformed(query);
        }
        DnsQuestion q = query.questions().getFirst();
        if (q.type() >= IXFR && q.type() <= MAILA) {
            return refused(query, DnsMessage.REFUSED);
        }
        var answers = new ArrayList<DnsRecord>();
        Found found = collect(q.name(), q.type(), answers, 0);
        count(switch (found) {
            case RECORDS -> "answered";
            case NAME -> "no-such-record";
            case NOTHING -> "no-such-name";
        });
        // Who has no answer says how long that may be kept (RFC 2308 §2).
        List<DnsRecord> authorities = found == Found.RECORDS ? List.of()
                : List.of(DnsRecord.authority("", ttl, server, "nobody." + server, 1, (int) ttl));
        return query.response(found == Found.NOTHING ? DnsMessage.NAME_ERROR : DnsMessage.NO_ERROR,
                DnsMessage.AUTHORITATIVE | DnsMessage.RECURSION_AVAILABLE, answers, authorities);
    }

    private enum Found { RECORDS, NAME, NOTHING }

    /// Gathers the records of a name, or of what it is an alias of. What is found of the last of a chain of aliases is what
    /// the response code is about (RFC 6604 §3).
    private Found collect(String name, int type, List<DnsRecord> to, int depth) {
        List<DnsRecord> records = records(name);
        List<DnsRecord> wanted = records.stream().filter(r -> r.type() == type || type == ANY).toList();
        to.addAll(wanted);
        if (!wanted.isEmpty()) {
            return Found.RECORDS;
        }
        Optional<DnsRecord> alias = records.stream().filter(r -> r.type() == DnsRecord.CNAME && r.target() != null).findFirst();
        if (alias.isPresent()) {
            to.add(alias.get());
            return depth < MAX_ALIASES ? collect(alias.get().target(), type, to, depth + 1) : Found.NAME;
        }
        return !records.isEmpty() || isAbove(name) ? Found.NAME : Found.NOTHING;
    }

    private List<DnsRecord> records(String name) {
        String key = key(name);
        boolean backwards = key.endsWith(".arpa");
        var all = new ArrayList<DnsRecord>();
        internet.hosts().forEach((hostName, host) -> {
            String ascii = ascii(hostName);
            if (ascii != null && key(ascii).equals(key)) {
                host.addresses().forEach(a -> all.add(DnsRecord.address(name, ttl, a)));
            }
            if (ascii != null && backwards) {
                host.addresses().stream().filter(a -> reverse(a).equals(key))
                        .forEach(_ -> all.add(DnsRecord.pointer(name, DnsRecord.PTR, ttl, ascii)));
            }
        });
        added.getOrDefault(key, List.of()).forEach(r -> all.add(r.apply(ttl)));
        return all;
    }

    /// Whether there are names below this one: then it exists, if without records (RFC 8020 §2).
    private boolean isAbove(String name) {
        String end = "." + key(name);
        return name.isEmpty() || added.keySet().stream().anyMatch(k -> k.endsWith(end))
                || internet.hosts().values().stream().anyMatch(h -> isAbove(h, end));
    }

    private boolean isAbove(Host host, String end) {
        String ascii = ascii(host.name());
        return ascii != null && (key(ascii).endsWith(end)
                || end.endsWith("arpa") && host.addresses().stream().anyMatch(a -> reverse(a).endsWith(end)));
    }

    /// A host's name as DNS has it, or `null` if it cannot: names of hosts may be longer, or have empty labels.
    private String ascii(String hostName) {
        return asciiNames.computeIfAbsent(hostName, n -> {
            try {
                String ascii = IDN.toASCII(bare(n), IDN.ALLOW_UNASSIGNED);
                DnsRecord.pointer("", DnsRecord.PTR, 0, ascii);
                return Optional.of(ascii);
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }).orElse(null);
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
