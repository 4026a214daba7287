package dev.millrace.dns;

import dev.millrace.Cidr;
import dev.millrace.Nic;
import dev.millrace.Stack;
import dev.millrace.dns.DnsExchange.Query;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedByInterruptException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/// A stub resolver: asks name servers over a stack for the addresses of names (RFC 1034 §5.3.1), keeps their answers for
/// as long as they allow.
///
/// Any thread may call any method. A call blocks at most for the time-out times attempts times servers, in all: whatever
/// servers send, however slowly, and however many aliases there are.
public final class Resolver {
    /// The port of name servers.
    public static final int PORT = 53;
    /// RFC 1034 §3.6.2 wants none after another; zones of today have a few.
    private static final int MAX_ALIASES = 8;
    private static final SecureRandom UNGUESSABLE = new SecureRandom();

    private final Stack stack;
    private final List<InetSocketAddress> servers;
    private final Duration timeout;
    private final int attempts;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;
    private final AnswerCache cache;

    private Resolver(Builder builder) {
        stack = builder.stack;
        servers = List.copyOf(builder.servers);
        timeout = builder.timeout;
        attempts = builder.attempts;
        nanoTime = builder.nanoTime;
        random = builder.random;
        cache = new AnswerCache(builder.cacheSize, nanoTime);
    }

    /// Starts describing a resolver that asks over this stack.
    public static Builder builder(Stack stack) {
        return new Builder(stack);
    }

    /// Gathers what a resolver needs. Not safe for several threads at once.
    public static final class Builder {
        private final Stack stack;
        private final List<InetSocketAddress> servers = new ArrayList<>();
        private Duration timeout = Duration.ofSeconds(2);
        private int attempts = 3;
        private int cacheSize = 1000;
        private LongSupplier nanoTime = System::nanoTime;
        private RandomGenerator random = UNGUESSABLE;

        private Builder(Stack stack) {
            this.stack = Objects.requireNonNull(stack);
        }

        /// Adds a name server; they are asked in this order.
        public Builder server(InetSocketAddress server) {
            servers.add(Objects.requireNonNull(server));
            return this;
        }

        /// How long to wait for the answers of one server, 1 ms to a minute (default: 2 s); again so long if an answer has to be
        /// fetched by TCP.
        public Builder timeout(Duration timeout) {
            if (timeout.compareTo(Duration.ofMillis(1)) < 0 || timeout.compareTo(Duration.ofMinutes(1)) > 0) {
                throw new IllegalArgumentException("the time-out must be 1 ms to a minute, not " + timeout);
            }
            this.timeout = timeout;
            return this;
        }

        /// How often to ask each server, 1 to 10 (default: 3).
        public Builder attempts(int attempts) {
            if (attempts < 1 || attempts > 10) {
                throw new IllegalArgumentException("attempts must be 1 to 10, not " + attempts);
            }
            this.attempts = attempts;
            return this;
        }

        /// How many answers to keep, at least 0 (default: 1000).
        public Builder cacheSize(int entries) {
            if (entries < 0) {
                throw new IllegalArgumentException("the cache cannot have " + entries + " entries");
            }
            cacheSize = entries;
            return this;
        }

        /// What identifiers of queries come from (default: [SecureRandom]); forgers must not guess it. Safe for several threads.
        public Builder random(RandomGenerator generator) {
            random = Objects.requireNonNull(generator);
            return this;
        }

        /// The clock of time-outs, and by which answers grow old (default: [System#nanoTime()]); that of the stack, if the
        /// stack has another.
        public Builder nanoTime(LongSupplier clock) {
            nanoTime = Objects.requireNonNull(clock);
            return this;
        }

        /// The resolver.
        ///
        /// @throws IllegalStateException if no server was added
        public Resolver build() {
            if (servers.isEmpty()) {
                throw new IllegalStateException("a resolver needs a name server");
            }
            return new Resolver(this);
        }
    }

    /// The addresses of a host, of the IP versions that the stack has addresses of: IPv6 first, each kind in the order of
    /// the answer. An address as text is its own answer. Both kinds are asked for at once (RFC 8305 §3).
    ///
    /// @return at least one address
    /// @throws DnsException if there is none; the message says why
    /// @throws IOException if the stack was closed, or the calling thread interrupted
    public List<InetAddress> resolve(String host) throws IOException {
        InetAddress literal = literal(host);
        if (literal != null) {
            return List.of(literal);
        }
        String name = DnsName.ofHost(host);
        boolean v6 = speaks(false);
        boolean v4 = speaks(true);
        if (!v4 && !v6) {
            throw new DnsException(host + ": the stack has no address, so none can be reached");
        }
        List<Lookup> lookups = new ArrayList<>();
        if (v6) {
            lookups.add(new Lookup(name, DnsRecord.AAAA));
        }
        if (v4) {
            lookups.add(new Lookup(name, DnsRecord.A));
        }
        follow(lookups);
        List<InetAddress> all = new ArrayList<>();
        boolean exists = false;
        DnsException failure = null;
        for (Lookup lookup : lookups) {
            if (lookup.failure == null) {
                all.addAll(lookup.answer.addresses());
                exists |= lookup.answer.exists();
            } else {
                failure = lookup.failure;
            }
        }
        if (!all.isEmpty()) {
            return all;
        }
        if (failure != null) {
            throw failure;
        }
        throw new DnsException(exists ? host + " exists, but has no " + (v4 && v6 ? "address" : v4 ? "IPv4 address"
                : "IPv6 address") : host + ": there is no such name, says " + text(servers.getFirst()));
    }

    private static InetAddress literal(String host) {
        // Neither a name of letters nor an empty one is tried; ofLiteral would take "1" for an address.
        if (!host.contains(":") && !host.matches("[0-9]+(\\.[0-9]+){3}")) {
            return null;
        }
        try {
            return InetAddress.ofLiteral(host);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private boolean speaks(boolean v4) {
        return stack.nics().stream().map(Nic::addresses).flatMap(List::stream).map(Cidr::inetAddress)
                .anyMatch(a -> a instanceof Inet4Address == v4);
    }

    /// The search for one kind of address: where it has come to along the aliases, and how it ended.
    private static final class Lookup {
        final String name;
        DnsQuestion question;
        int aliases;
        Answer answer;
        DnsException failure;

        Lookup(String name, int type) {
            this.name = name;
            question = new DnsQuestion(name, type);
        }

        boolean isOpen() {
            return answer == null && failure == null;
        }

        void take(Answer found) {
            if (found.alias() == null) {
                answer = found;
            } else if (++aliases > MAX_ALIASES) {
                failure = new DnsException(name + ": more than " + MAX_ALIASES + " aliases (CNAME) one after another");
            } else {
                question = new DnsQuestion(found.alias(), question.type());
            }
        }
    }

    /// Brings all lookups to their end, side by side.
    private void follow(List<Lookup> lookups) throws IOException {
        long end = nanoTime.getAsLong() + timeout.toNanos() * attempts * servers.size();
        while (true) {
            List<Lookup> open = new ArrayList<>();
            for (Lookup lookup : lookups) {
                Answer known;
                while (lookup.isOpen() && (known = cache.get(lookup.question)) != null) {
                    lookup.take(known);
                }
                if (lookup.isOpen()) {
                    open.add(lookup);
                }
            }
            if (open.isEmpty()) {
                return;
            }
            askFor(open, end);
        }
    }

    /// Asks for all of them; each has an answer, a failure or another question afterwards.
    private void askFor(List<Lookup> lookups, long end) throws IOException {
        List<Query> queries = lookups.stream().map(l -> new Query(l.question)).toList();
        String failure = askServers(queries, end);
        for (int i = 0; i < queries.size(); i++) {
            Lookup lookup = lookups.get(i);
            DnsMessage response = queries.get(i).response;
            try {
                if (response == null) {
                    throw new DnsException(lookup.question.name() + " cannot be resolved: " + failure + " ("
                            + servers.size() + " server" + (servers.size() == 1 ? "" : "s") + ", asked " + attempts
                            + " times)");
                }
                Answer answer = Answer.of(lookup.question, response);
                cache.put(lookup.question, answer);
                lookup.take(answer);
            } catch (DnsException e) {
                lookup.failure = e;
            }
        }
    }

    /// Asks one server after the other, and all of them again, what has no answer yet. Returns what failed last.
    private String askServers(List<Query> queries, long end) throws IOException {
        String failure = "";
        List<Query> open = queries;
        for (int attempt = 0; attempt < attempts; attempt++) {
            for (InetSocketAddress server : servers) {
                if (end - nanoTime.getAsLong() <= 0) {
                    return failure.isEmpty() ? "its aliases took all the time there was" : failure;
                }
                try {
                    new DnsExchange(stack, server, timeout, end, nanoTime, random).ask(open);
                } catch (SocketTimeoutException e) {
                    failure = text(server) + " does not answer in " + timeout.toMillis() + " ms";
                } catch (ClosedByInterruptException e) {
                    throw e;
                } catch (IOException e) {
                    if (!stack.isOpen()) {
                        throw e;
                    }
                    failure = text(server) + ": " + e.getMessage();
                }
                List<Query> left = new ArrayList<>();
                for (Query query : open) {
                    DnsMessage response = query.response;
                    if (response != null && response.code() != DnsMessage.NO_ERROR
                            && response.code() != DnsMessage.NAME_ERROR) {
                        failure = text(server) + " answers with " + codeText(response.code());
                        query.response = null;
                    }
                    if (query.response == null) {
                        left.add(query);
                    }
                }
                if (left.isEmpty()) {
                    return failure;
                }
                open = left;
            }
        }
        return failure;
    }

    private static String codeText(int code) {
        return switch (code) {
            case DnsMessage.FORMAT_ERROR -> "FORMERR";
            case DnsMessage.SERVER_FAILURE -> "SERVFAIL";
            case DnsMessage.NOT_IMPLEMENTED -> "NOTIMP";
            case DnsMessage.REFUSED -> "REFUSED";
            default -> "code " + code;
        };
    }

    private static String text(InetSocketAddress server) {
        String host = server.getAddress().getHostAddress();
        return server.getPort() == PORT ? host : (host.contains(":") ? "[" + host + "]" : host) + ":" + server.getPort();
    }
}
