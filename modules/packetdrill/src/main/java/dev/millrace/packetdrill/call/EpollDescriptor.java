package dev.millrace.packetdrill.call;

import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.packetdrill.script.Expression;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What `epoll_create` makes: descriptors that are watched, by level, by edge or once.
final class EpollDescriptor extends Descriptor {
    private static final int ALWAYS = Symbols.POLLERR | Symbols.POLLHUP;

    private final Map<Long, Watch> watched = new LinkedHashMap<>();
    private List<Found> found = List.of();

    private static final class Watch {
        private final Descriptor descriptor;
        private long events;
        private long data;
        /// The news that the last report was about; -1 before the first.
        private long reported = -1;
        private boolean spent;

        Watch(Descriptor descriptor) {
            this.descriptor = descriptor;
        }
    }

    /// What a wait has found.
    private record Found(long events, long data) {
    }

    Outcome control(long operation, long number, Descriptor d, long events, long data) {
        Watch w = watched.get(number);
        switch ((int) operation) {
            case 1 -> {
                if (w != null) {
                    return Outcome.of(Errno.EEXIST);
                }
                w = new Watch(d);
                watched.put(number, w);
            }
            case 2 -> {
                return watched.remove(number) == null ? Outcome.of(Errno.ENOENT) : Outcome.of(0);
            }
            case 3 -> {
                if (w == null) {
                    return Outcome.of(Errno.ENOENT);
                }
            }
            default -> {
                return Outcome.of(Errno.EINVAL);
            }
        }
        w.events = events;
        w.data = data;
        w.reported = -1;
        w.spent = false;
        return Outcome.of(0);
    }

    /// Closing a descriptor ends that it is watched.
    void forget(Descriptor d) {
        watched.values().removeIf(w -> w.descriptor == d);
    }

    /// How many are ready, `max` at most, or `null` if none is.
    Outcome attempt(int max) throws IOException {
        List<Found> now = new ArrayList<>();
        for (Iterator<Watch> i = watched.values().iterator(); i.hasNext() && now.size() < max; ) {
            Watch w = i.next();
            int ready = w.descriptor.ready() & ((int) w.events | ALWAYS);
            boolean old = (w.events & Symbols.EPOLLET) != 0 && w.reported == w.descriptor.news;
            if (ready != 0 && !w.spent && !old) {
                now.add(new Found(ready, w.data));
                w.reported = w.descriptor.news;
                w.spent = (w.events & Symbols.EPOLLONESHOT) != 0;
            }
        }
        if (now.isEmpty()) {
            return null;
        }
        found = now;
        return Outcome.of(now.size());
    }

    /// What was found that the script does not expect, in words, or `null`.
    String difference(Expression expected) throws ScriptSyntaxException, SkipException {
        if (expected instanceof Expression.Ellipsis) {
            return null;
        }
        List<Expression> list = expected instanceof Expression.Array a ? a.elements() : List.of(expected);
        for (int i = 0; i < Math.min(list.size(), found.size()); i++) {
            Expression.Struct s = Arguments.struct(list.get(i));
            Expression events = s.member("events");
            if (events != null && !(events instanceof Expression.Ellipsis) && Arguments.number(events) != found.get(i).events()) {
                return "event " + (i + 1) + " is " + Poll.text(found.get(i).events()).replace("POLL", "EPOLL");
            }
            Expression data = data(s);
            if (data != null && !(data instanceof Expression.Ellipsis) && Arguments.number(data) != found.get(i).data()) {
                return "the data of event " + (i + 1) + " is " + found.get(i).data();
            }
        }
        return null;
    }

    /// The member that stands for `epoll_data`, or `null`.
    static Expression data(Expression.Struct s) {
        for (String name : List.of("fd", "ptr", "u32", "u64")) {
            if (s.member(name) != null) {
                return s.member(name);
            }
        }
        return null;
    }

    @Override
    int ready() throws IOException {
        for (Watch w : watched.values()) {
            if (!w.spent && (w.descriptor.ready() & ((int) w.events | ALWAYS)) != 0) {
                return Symbols.POLLIN;
            }
        }
        return 0;
    }

    @Override
    Attempt close() {
        watched.clear();
        return _ -> Outcome.of(0);
    }

    @Override
    void abandon() {
        watched.clear();
    }
}
