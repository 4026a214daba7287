package dev.millrace.tcp;

import dev.millrace.spi.Timers;
import java.util.HashMap;
import java.util.Map;

/// The half-open connections of one listener (RFC 4987 §3.3): a bounded number of small records, each answered again a few
/// times and forgotten after about a minute.
///
/// A flood must not shut honest peers out. The first half of the room is for calm times: their records are never made to
/// give way. The second half is for records whose sequence number is a SYN cookie ([SynCookies]): when it is full the
/// oldest of those goes, and its peer's ACK is recognized without it.
final class SynCache implements Timers.Task {
    /// Told, without a lock, of records whose peers are to be answered again. Does not throw.
    interface Answers {
        void answerAgain(HalfOpen record);
    }

    private final Object lock = new Object();
    private final Answers answers;
    private final Timers timers;
    private final int limit;
    private final int maxAnswers;
    private final long firstIntervalNs;

    // Guarded by lock.
    private final Map<HalfOpen, HalfOpen> records = new HashMap<>();
    /// By how often they were answered, so that all in a list wait equally long; each is in the order of its deadlines.
    private final HalfOpenList[] calm;
    private final HalfOpenList[] recoverable;
    /// Those that wait for data.
    private final HalfOpenList calmDeferred = new HalfOpenList();
    private final HalfOpenList recoverableDeferred = new HalfOpenList();
    private int calmCount;
    private Timers.Timer timer;
    private boolean closed;

    /// @param limit the most records
    /// @param maxAnswers how often a SYN is answered before it is forgotten, at least 1
    /// @param firstIntervalNs the time until the second answer; it doubles from one to the next
    SynCache(Answers answers, Timers timers, int limit, int maxAnswers, long firstIntervalNs) {
        this.answers = answers;
        this.timers = timers;
        this.limit = limit;
        this.maxAnswers = maxAnswers;
        this.firstIntervalNs = firstIntervalNs;
        calm = lists(maxAnswers);
        recoverable = lists(maxAnswers);
    }

    private static HalfOpenList[] lists(int n) {
        var all = new HalfOpenList[n];
        for (int i = 0; i < n; i++) {
            all[i] = new HalfOpenList();
        }
        return all;
    }

    /// Whether the next record should be a recoverable one.
    boolean isPressed() {
        synchronized (lock) {
            return calmCount >= (limit + 1) / 2;
        }
    }

    int size() {
        synchronized (lock) {
            return records.size();
        }
    }

    /// The record with the same addresses and ports, or `null`.
    HalfOpen find(HalfOpen key) {
        synchronized (lock) {
            return records.get(key);
        }
    }

    /// What [#add] did.
    enum Added {
        /// It is in.
        ADDED,
        /// It is in, and the oldest recoverable one is not any more.
        ADDED_FOR_ANOTHER,
        /// It is not in: there is no room, or the cache is closed.
        NO_ROOM,
        /// It is not in: another thread has entered the same peer.
        KNOWN
    }

    /// Enters a record that was answered once.
    Added add(HalfOpen record, long nowNs) {
        synchronized (lock) {
            if (closed) {
                return Added.NO_ROOM;
            }
            if (records.containsKey(record)) {
                return Added.KNOWN;
            }
            if (timer == null) {
                timer = timers.create(this);
            }
            Added result = Added.ADDED;
            if (records.size() >= limit) {
                HalfOpen oldest = oldestRecoverable();
                if (oldest == null) {
                    return Added.NO_ROOM;
                }
                unlink(oldest);
                result = Added.ADDED_FOR_ANOTHER;
            }
            enter(record);
            record.answers = 1;
            calmCount += record.recoverable ? 0 : 1;
            append(record, nowNs);
            armFor(record);
            return result;
        }
    }

    private void enter(HalfOpen record) {
        boolean entered = false;
        try {
            records.put(record, record);
            entered = true;
        } finally {
            if (!entered) {
                // A map that finds no memory to grow has the entry already.
                records.remove(record);
            }
        }
    }

    private HalfOpenList list(HalfOpen record) {
        if (record.deferred) {
            return record.recoverable ? recoverableDeferred : calmDeferred;
        }
        return (record.recoverable ? recoverable : calm)[record.answers - 1];
    }

    private void append(HalfOpen record, long nowNs) {
        record.dueNs = nowNs + (firstIntervalNs << record.answers - 1);
        list(record).add(record);
    }

    /// Sets the timer if this record is the first of its list. If that cannot be done the record goes again: behind it, no
    /// other would set the timer, and all would stay.
    private void armFor(HalfOpen record) {
        if (list(record).first() != record) {
            return;
        }
        boolean armed = false;
        try {
            arm();
            armed = true;
        } finally {
            if (!armed) {
                unlink(record);
            }
        }
    }

    /// The record's handshake is complete, and it is to wait for data: it is not answered again before `deferNs` have passed,
    /// and then once more, for the ACK that makes the connection. Returns `false` if the connection is to be made now: the
    /// record has waited, or is not here.
    boolean defer(HalfOpen record, long nowNs, long deferNs) {
        synchronized (lock) {
            if (closed || records.get(record) != record || record.overdue) {
                return false;
            }
            if (!record.deferred) {
                list(record).remove(record);
                record.deferred = true;
                record.dueNs = nowNs + deferNs;
                list(record).add(record);
                armFor(record);
            }
            return true;
        }
    }

    /// Who was answered most often has been here longest. Whoever has completed the handshake goes last.
    private HalfOpen oldestRecoverable() {
        for (int i = maxAnswers - 1; i >= 0; i--) {
            if (recoverable[i].first() != null) {
                return recoverable[i].first();
            }
        }
        return recoverableDeferred.first();
    }

    private void unlink(HalfOpen record) {
        list(record).remove(record);
        records.remove(record);
        calmCount -= record.recoverable ? 0 : 1;
    }

    /// Forgets the record with the same addresses and ports; returns whether there was one.
    boolean remove(HalfOpen key) {
        synchronized (lock) {
            HalfOpen record = records.get(key);
            if (record == null) {
                return false;
            }
            unlink(record);
            return true;
        }
    }

    /// Takes no memory: records without a timer would never go.
    private void arm() {
        HalfOpen first = sooner(calmDeferred.first(), recoverableDeferred.first());
        for (int i = 0; i < maxAnswers; i++) {
            first = sooner(sooner(first, calm[i].first()), recoverable[i].first());
        }
        if (first != null) {
            timer.set(first.dueNs);
        }
    }

    private static HalfOpen sooner(HalfOpen a, HalfOpen b) {
        return a == null || b != null && b.dueNs - a.dueNs < 0 ? b : a;
    }

    @Override
    public void run(long nowNs) {
        HalfOpen again = null;
        boolean armed = false;
        synchronized (lock) {
            try {
                for (int i = maxAnswers - 1; i >= 0; i--) {
                    again = takeDue(recoverable[i], nowNs, takeDue(calm[i], nowNs, again));
                }
                again = takeOverdue(recoverableDeferred, nowNs, takeOverdue(calmDeferred, nowNs, again));
                arm();
                armed = true;
            } finally {
                if (!armed) {
                    // Forgotten early rather than never; their peers ask again.
                    forgetAll();
                }
            }
        }
        while (again != null) {
            HalfOpen record = again;
            again = record.alsoDue;
            record.alsoDue = null;
            answers.answerAgain(record);
        }
    }

    /// Puts those that are due and may be answered once more before `others`.
    private HalfOpen takeDue(HalfOpenList list, long nowNs, HalfOpen others) {
        HalfOpen due = others;
        HalfOpen r;
        while ((r = list.first()) != null && r.dueNs - nowNs <= 0) {
            if (r.answers >= maxAnswers) {
                unlink(r);
            } else {
                list.remove(r);
                r.answers++;
                append(r, nowNs);
                r.alsoDue = due;
                due = r;
            }
        }
        return due;
    }

    /// Puts those that have waited for data in vain before `others`. That their SYN,ACK goes again is no loss, and not counted.
    private HalfOpen takeOverdue(HalfOpenList list, long nowNs, HalfOpen others) {
        HalfOpen due = others;
        HalfOpen r;
        while ((r = list.first()) != null && r.dueNs - nowNs <= 0) {
            list.remove(r);
            r.deferred = false;
            r.overdue = true;
            append(r, nowNs);
            r.alsoDue = due;
            due = r;
        }
        return due;
    }

    /// How often the record's SYN was answered.
    int answersOf(HalfOpen record) {
        synchronized (lock) {
            return record.answers;
        }
    }

    /// Forgets all and takes no more.
    void close() {
        synchronized (lock) {
            closed = true;
            forgetAll();
            if (timer != null) {
                timer.cancel();
            }
        }
    }

    private void forgetAll() {
        for (int i = 0; i < maxAnswers; i++) {
            unlinkAll(calm[i]);
            unlinkAll(recoverable[i]);
        }
        unlinkAll(calmDeferred);
        unlinkAll(recoverableDeferred);
    }

    private void unlinkAll(HalfOpenList list) {
        while (list.first() != null) {
            unlink(list.first());
        }
    }
}
