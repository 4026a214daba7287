package dev.millrace.dns;

import java.net.InetAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// What a response means for a question about addresses.
///
/// @param addresses those that the name, or what it is another name for, has
/// @param alias where a chain of CNAMEs ends of which this response knows no address, or `null`
/// @param exists whether there is such a name
/// @param ttlSeconds how long this may be kept
record Answer(List<InetAddress> addresses, String alias, boolean exists, long ttlSeconds) {
    /// RFC 8767 and common sense: nothing is kept for more than a day.
    private static final long MAX_TTL = 86_400;
    /// RFC 2308 §5 recommends one to three hours as the most.
    private static final long MAX_NEGATIVE_TTL = 3600;

    /// @throws DnsException if aliases lead in a circle
    static Answer of(DnsQuestion question, DnsMessage response) throws DnsException {
        String name = question.name();
        long ttl = MAX_TTL;
        Set<String> seen = new HashSet<>();
        DnsRecord alias;
        while ((alias = find(response, name, DnsRecord.CNAME)) != null && alias.target() != null) {
            if (!seen.add(DnsName.key(name))) {
                throw new DnsException(question.name() + ": its aliases (CNAME) lead in a circle");
            }
            ttl = Math.min(ttl, alias.ttl());
            name = alias.target();
        }
        String end = name;
        List<DnsRecord> records = response.answers().stream()
                .filter(r -> r.type() == question.type() && r.rclass() == DnsRecord.IN && DnsName.same(r.name(), end)
                        && r.inetAddress() != null).toList();
        if (!records.isEmpty()) {
            ttl = Math.min(ttl, records.stream().mapToLong(DnsRecord::ttl).min().orElse(0));
            return new Answer(records.stream().map(DnsRecord::inetAddress).distinct().toList(), null, true, ttl);
        }
        boolean exists = response.code() != DnsMessage.NAME_ERROR;
        long negative = response.authorities().stream().mapToLong(DnsRecord::negativeTtl).max().orElse(0);
        String rest = seen.isEmpty() || !exists ? null : end;
        return new Answer(List.of(), rest, exists,
                rest != null ? ttl : Math.min(Math.min(ttl, negative), MAX_NEGATIVE_TTL));
    }

    private static DnsRecord find(DnsMessage response, String name, int type) {
        return response.answers().stream().filter(r -> r.type() == type && DnsName.same(r.name(), name)).findFirst()
                .orElse(null);
    }
}
