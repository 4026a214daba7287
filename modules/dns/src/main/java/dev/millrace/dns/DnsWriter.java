package dev.millrace.dns;

import java.io.ByteArrayOutputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Writes a message. The names of records are compressed; those inside data are not, as most programs do.
final class DnsWriter {
    /// The farthest place that a compression pointer can lead to.
    private static final int MAX_POINTER = 0x3fff;

    private final DnsMessage message;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    private final Map<String, Integer> places = new HashMap<>();

    DnsWriter(DnsMessage message) {
        this.message = message;
    }

    byte[] toBytes(int limit) {
        for (int i = 0; i < 12; i++) {
            out.write(0);
        }
        for (DnsQuestion q : message.questions()) {
            name(q.name());
            u16(q.type());
            u16(DnsRecord.IN);
        }
        // EDNS must stay in whatever else is left out (RFC 6891 §7).
        List<DnsRecord> kept = message.additionals().stream().filter(r -> r.type() == DnsRecord.OPT).toList();
        int reserve = kept.stream().mapToInt(r -> 11 + r.data().length).sum();
        int[] counts = new int[3];
        boolean cut = false;
        int i = 0;
        for (List<DnsRecord> section : List.of(message.answers(), message.authorities(), message.additionals())) {
            for (DnsRecord r : section) {
                if (r.type() == DnsRecord.OPT || cut) {
                    continue;
                }
                if (write(r, limit - reserve)) {
                    counts[i]++;
                } else {
                    // What is missing of the additionals is no loss (RFC 2181 §9).
                    cut = i < 2;
                    break;
                }
            }
            i++;
        }
        for (DnsRecord r : kept) {
            write(r, Integer.MAX_VALUE);
            counts[2]++;
        }
        byte[] bytes = out.toByteArray();
        header(bytes, cut, counts);
        return bytes;
    }

    private void header(byte[] bytes, boolean cut, int[] counts) {
        int[] words = {message.id(), message.flags() | (cut ? DnsMessage.TRUNCATED : 0), message.questions().size(),
            counts[0], counts[1], counts[2]};
        for (int i = 0; i < words.length; i++) {
            bytes[2 * i] = (byte) (words[i] >>> 8);
            bytes[2 * i + 1] = (byte) words[i];
        }
    }

    private boolean write(DnsRecord r, int limit) {
        byte[] data = r.data();
        if (data.length > 0xffff) {
            throw new IllegalArgumentException("the data of " + r.name() + " has " + data.length + " bytes");
        }
        byte[] before = out.toByteArray();
        Map<String, Integer> knownBefore = Map.copyOf(places);
        name(r.name());
        u16(r.type());
        u16(r.rclass());
        u16((int) (r.ttl() >>> 16));
        u16((int) r.ttl());
        u16(data.length);
        out.writeBytes(data);
        if (out.size() <= limit) {
            return true;
        }
        out.reset();
        out.writeBytes(before);
        places.clear();
        places.putAll(knownBefore);
        return false;
    }

    private void name(String name) {
        List<byte[]> labels = DnsName.labels(name);
        for (int i = 0; i < labels.size(); i++) {
            var rest = new StringBuilder();
            labels.subList(i, labels.size()).forEach(l -> rest.append(java.util.HexFormat.of().formatHex(l)).append('.'));
            Integer place = places.get(rest.toString());
            if (place != null) {
                u16(0xc000 | place);
                return;
            }
            if (out.size() <= MAX_POINTER) {
                places.put(rest.toString(), out.size());
            }
            out.write(labels.get(i).length);
            out.writeBytes(labels.get(i));
        }
        out.write(0);
    }

    private void u16(int value) {
        out.write(value >>> 8);
        out.write(value);
    }
}
