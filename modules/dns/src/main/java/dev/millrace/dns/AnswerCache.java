package dev.millrace.dns;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/// Answers kept for as long as their records allow, bounded: the one not used for longest goes.
final class AnswerCache {
    private final Map<String, Kept> entries;
    private final LongSupplier nanoTime;

    private record Kept(Answer answer, long untilNs) {
    }

    AnswerCache(int capacity, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        entries = new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1;

            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Kept> eldest) {
                return size() > capacity;
            }
        };
    }

    private static String key(DnsQuestion question) {
        return question.name().toLowerCase(Locale.ROOT) + "/" + question.type();
    }

    synchronized Answer get(DnsQuestion question) {
        Kept e = entries.get(key(question));
        if (e == null || e.untilNs() - nanoTime.getAsLong() <= 0) {
            entries.remove(key(question));
            return null;
        }
        return e.answer();
    }

    synchronized void put(DnsQuestion question, Answer answer) {
        if (answer.ttlSeconds() > 0) {
            entries.put(key(question), new Kept(answer, nanoTime.getAsLong() + answer.ttlSeconds() * 1_000_000_000L));
        }
    }
}
