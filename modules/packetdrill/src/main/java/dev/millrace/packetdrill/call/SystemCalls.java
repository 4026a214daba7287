package dev.millrace.packetdrill.call;

import dev.millrace.ManualStack;
import dev.millrace.TcpInfo;
import dev.millrace.packetdrill.IpVariant;
import dev.millrace.packetdrill.run.Flows;
import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.packetdrill.script.Action;
import dev.millrace.packetdrill.script.Expression;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The system calls of a script, made of the sockets of one stack. One thread.
public final class SystemCalls {
    /// Known, and nothing that a stack has.
    private static final Set<String> MISSING = Set.of("open", "sendfile", "splice", "pipe", "cap_set", "psp_rx_assoc", "psp_tx_assoc",
            "sctp_sendmsg", "sctp_recvmsg", "socketpair", "recvmmsg", "sendmmsg", "vmsplice", "tee", "io_uring_setup", "kill", "select", "fork",
            "dup", "dup2", "psp_key_rotate", "psp_dev_set_config");
    private static final int STREAM = 1;
    private static final int DATAGRAM = 2;

    private final ManualStack stack;
    private final Flows flows;
    private final Addresses addresses;
    private final boolean linux;
    private final Map<Long, Descriptor> descriptors = new LinkedHashMap<>();
    private TcpDescriptor underTest;

    /// What `...` stands for.
    ///
    /// @param variant which sockets there may be
    /// @param local where `bind` binds to
    /// @param remote where `connect` connects to
    public record Addresses(IpVariant variant, InetSocketAddress local, InetSocketAddress remote) {
    }

    /// @param flows hear which connection is meant from now on
    /// @param linux whether what differs between kernels is as Linux has it
    public SystemCalls(ManualStack stack, Flows flows, Addresses addresses, boolean linux) {
        this.stack = stack;
        this.flows = flows;
        this.addresses = addresses;
        this.linux = linux;
    }

    /// Begins a call.
    ///
    /// @param text the call as it is written
    /// @throws SkipException if the stack has nothing of the kind
    /// @throws ScriptSyntaxException if its arguments make no sense
    public InFlight begin(Action.Call call, String text) throws SkipException, ScriptSyntaxException {
        try {
            return new Begun(call, text).begin();
        } catch (SkipException e) {
            throw e.at() == null ? new SkipException(call.at(), e.getMessage()) : e;
        }
    }

    /// What is known of the connection under test: the one that was last made or accepted.
    ///
    /// @return `null` if there is none
    public TcpInfo info() {
        return underTest == null ? null : underTest.info();
    }

    /// Closes what is left.
    public void closeAll() {
        for (Descriptor d : descriptors.values()) {
            d.abandon();
        }
        descriptors.clear();
    }

    /// One call.
    private final class Begun {
        private final Action.Call call;
        private final String text;
        private final Arguments args;

        Begun(Action.Call call, String text) {
            this.call = call;
            this.text = text;
            args = new Arguments(call);
        }

        InFlight begin() throws SkipException, ScriptSyntaxException {
            return switch (call.name()) {
                case "socket" -> socket();
                case "bind" -> {
                    args.count(3, 3);
                    InetSocketAddress address = args.address(1, addresses.local());
                    yield once(on(), d -> d.bind(address));
                }
                case "listen" -> {
                    args.count(2, 2);
                    int backlog = (int) args.number(1);
                    yield once(on(), d -> d.listen(backlog));
                }
                case "accept", "accept4" -> accept();
                case "connect" -> {
                    args.count(3, 3);
                    yield connect(args.address(1, addresses.remote()));
                }
                case "read", "recv", "recvfrom", "readv", "recvmsg" -> read();
                case "write", "send", "sendto", "writev", "sendmsg" -> write();
                case "close" -> close();
                case "shutdown" -> {
                    args.count(2, 2);
                    int how = (int) args.number(1);
                    yield once(on(), d -> d.shutdown(how));
                }
                case "setsockopt" -> {
                    args.count(5, 5);
                    Descriptor d = on();
                    var option = new OptionTable(args);
                    yield once(d, option::set);
                }
                case "getsockopt" -> getOption();
                case "fcntl" -> control();
                case "ioctl" -> ioControl();
                case "poll" -> poll();
                case "epoll_create", "epoll_create1" -> made(new EpollDescriptor());
                case "epoll_ctl" -> epollControl();
                case "epoll_wait", "epoll_pwait" -> epollWait();
                default -> {
                    if (MISSING.contains(call.name())) {
                        throw new SkipException(call.at(), "the system call " + call.name() + " is not one of a stack's sockets");
                    }
                    throw new ScriptSyntaxException(call.at(), "there is no system call \"" + call.name() + "\"");
                }
            };
        }

        // ---- what calls are made of

        /// Something that is done at once.
        private interface Step {
            Outcome on(Descriptor d) throws IOException, SkipException, ScriptSyntaxException;
        }

        private Descriptor on() throws SkipException, ScriptSyntaxException {
            return descriptors.get(args.number(0));
        }


        private InFlight once(Descriptor d, Step step) {
            return new InFlight(call, text, _ -> d == null ? Outcome.of(Errno.EBADF) : step.on(d), _ -> null, false, Long.MAX_VALUE, null);
        }

        private InFlight flight(Descriptor d, Attempt a, long timeoutNs, Errno wouldBlock) {
            return flight(d, a, false, timeoutNs, wouldBlock, _ -> null);
        }

        /// @param never whether this call never waits, whatever its descriptor does
        private InFlight flight(Descriptor d, Attempt a, boolean never, long timeoutNs, Errno wouldBlock, InFlight.Check check) {
            if (d == null) {
                return new InFlight(call, text, _ -> Outcome.of(Errno.EBADF), _ -> null, false, Long.MAX_VALUE, null);
            }
            boolean waits = !d.nonBlocking && !never;
            long deadline = !waits ? 0 : timeoutNs > 0 ? stack.nowNs() + timeoutNs : Long.MAX_VALUE;
            return new InFlight(call, text, a, check, waits, deadline, Outcome.of(wouldBlock));
        }

        /// A call that makes a descriptor, whose number is the script's.
        private InFlight made(Descriptor d) {
            return once(d, _ -> add(d));
        }

        private Outcome add(Descriptor d) throws ScriptSyntaxException {
            if (call.result() >= 0 && descriptors.putIfAbsent(call.result(), d) != null) {
                throw new ScriptSyntaxException(call.resultAt(), "descriptor " + call.result() + " is open already");
            }
            if (call.result() < 0) {
                d.abandon();
            }
            return Outcome.of(Math.max(0, call.result()));
        }

        // ---- sockets

        private InFlight socket() throws SkipException, ScriptSyntaxException {
            args.count(3, 3);
            if (!args.isOpen(0)) {
                long family = args.number(0);
                boolean v4 = addresses.variant() == IpVariant.IPV4;
                if (family != (v4 ? 2 : 10)) {
                    throw new SkipException(args.get(0).at(), "a socket of this family, in a script that runs with " + addresses.variant());
                }
            }
            long type = args.number(1);
            long protocol = args.isOpen(2) ? 0 : args.number(2);
            int kind = (int) type & 0xf;
            boolean known = kind == STREAM && (protocol == 0 || protocol == 6) || kind == DATAGRAM && (protocol == 0 || protocol == 17);
            if (!known) {
                throw new SkipException(args.get(1).at(), "sockets of type " + kind + " and protocol " + protocol);
            }
            return new InFlight(call, text, _ -> {
                Descriptor d = kind == STREAM ? new TcpDescriptor(stack.tcp(), flows) : new UdpDescriptor(stack.udp(), flows);
                d.nonBlocking = (type & Symbols.SOCK_NONBLOCK) != 0;
                if (d instanceof TcpDescriptor t) {
                    underTest = t;
                }
                return add(d);
            }, _ -> null, false, Long.MAX_VALUE, null);
        }

        private InFlight connect(InetSocketAddress to) throws SkipException, ScriptSyntaxException {
            Descriptor d = on();
            if (d == null) {
                return once(null, _ -> null);
            }
            if (d instanceof TcpDescriptor t) {
                underTest = t;
            }
            return flight(d, d.connect(to), d.timeoutNs(false), Errno.EINPROGRESS);
        }

        private InFlight accept() throws SkipException, ScriptSyntaxException {
            args.count(3, 4);
            Descriptor d = on();
            boolean nonBlocking = args.has(3) && (args.number(3) & Symbols.SOCK_NONBLOCK) != 0;
            if (d == null) {
                return once(null, _ -> null);
            }
            Descriptor[] taken = new Descriptor[1];
            Attempt a = d.accept(c -> taken[0] = c);
            return flight(d, waits -> {
                Outcome o = a.attempt(waits);
                if (o == null || o.error() != null) {
                    return o;
                }
                taken[0].nonBlocking = nonBlocking;
                underTest = (TcpDescriptor) taken[0];
                return add(taken[0]);
            }, d.timeoutNs(true), Errno.EAGAIN);
        }

        private InFlight close() throws SkipException, ScriptSyntaxException {
            args.count(1, 1);
            Descriptor d = descriptors.remove(args.number(0));
            if (d == null) {
                return once(null, _ -> null);
            }
            descriptors.values().forEach(other -> {
                if (other instanceof EpollDescriptor e) {
                    e.forget(d);
                }
            });
            Attempt[] closing = new Attempt[1];
            return new InFlight(call, text, waits -> {
                if (closing[0] == null) {
                    closing[0] = d.close();
                }
                return closing[0].attempt(waits);
            }, _ -> null, true, Long.MAX_VALUE, null);
        }

        // ---- data

        private InFlight read() throws SkipException, ScriptSyntaxException {
            Descriptor d = on();
            int length;
            long flags = 0;
            switch (call.name()) {
                case "read" -> {
                    args.count(3, 3);
                    length = args.size(2);
                }
                case "recv", "recvfrom" -> {
                    args.count(4, 6);
                    length = args.size(2);
                    flags = args.number(3);
                }
                case "readv" -> {
                    args.count(3, 3);
                    length = sum(Arguments.lengths(args.get(1)));
                }
                default -> {
                    args.count(3, 3);
                    length = sum(Arguments.lengths(Arguments.member(Arguments.struct(args.get(1)), "msg_iov")));
                    flags = args.number(2);
                    refuseControl(Arguments.struct(args.get(1)));
                }
            }
            if (d == null) {
                return once(null, _ -> null);
            }
            return flight(d, d.read(length, flags), (flags & Symbols.MSG_DONTWAIT) != 0, d.timeoutNs(true), Errno.EAGAIN, _ -> null);
        }

        private void refuseControl(Expression.Struct message) throws SkipException {
            Expression control = message.member("msg_control");
            if (control instanceof Expression.Array a && !a.elements().isEmpty()) {
                throw new SkipException(control.at(), "control messages");
            }
        }

        private InFlight write() throws SkipException, ScriptSyntaxException {
            Descriptor d = on();
            int length;
            long flags = 0;
            InetSocketAddress to = null;
            switch (call.name()) {
                case "write" -> {
                    args.count(3, 3);
                    length = args.size(2);
                }
                case "send", "sendto" -> {
                    args.count(4, 6);
                    length = args.size(2);
                    flags = args.number(3);
                    to = args.has(4) ? args.address(4, addresses.remote()) : null;
                }
                case "writev" -> {
                    args.count(3, 3);
                    length = sum(Arguments.lengths(args.get(1)));
                }
                default -> {
                    args.count(3, 3);
                    Expression.Struct message = Arguments.struct(args.get(1));
                    length = sum(Arguments.lengths(Arguments.member(message, "msg_iov")));
                    flags = args.number(2);
                    refuseControl(message);
                    Expression name = message.member("msg_name");
                    to = name == null || name instanceof Expression.Symbol ? null : name instanceof Expression.Struct s
                            ? Arguments.address(s) : addresses.remote();
                }
            }
            if (d == null) {
                return once(null, _ -> null);
            }
            Errno wouldBlock = (flags & Symbols.MSG_FASTOPEN) != 0 ? Errno.EINPROGRESS : Errno.EAGAIN;
            return flight(d, d.write(length, flags, to), (flags & Symbols.MSG_DONTWAIT) != 0, d.timeoutNs(false), wouldBlock, _ -> null);
        }

        private static int sum(List<Integer> lengths) {
            return lengths.stream().mapToInt(Integer::intValue).sum();
        }

        // ---- options and control

        private InFlight getOption() throws SkipException, ScriptSyntaxException {
            args.count(5, 5);
            Descriptor d = on();
            var option = new OptionTable(args);
            if (d == null) {
                return once(null, _ -> null);
            }
            return new InFlight(call, text, _ -> option.get(), o -> o.error() != null ? null : option.difference(d, linux), false, Long.MAX_VALUE, null);
        }

        private InFlight control() throws SkipException, ScriptSyntaxException {
            args.count(2, 3);
            long operation = args.number(1);
            long value = args.has(2) && !args.isOpen(2) ? args.number(2) : 0;
            return once(on(), d -> switch ((int) operation) {
                case 1, 2 -> Outcome.of(0);
                case 3 -> Outcome.of(Symbols.O_RDWR | (d.nonBlocking ? Symbols.O_NONBLOCK : 0));
                case 4 -> {
                    d.nonBlocking = (value & Symbols.O_NONBLOCK) != 0;
                    yield Outcome.of(0);
                }
                default -> throw new SkipException(args.get(1).at(), "this operation of fcntl");
            });
        }

        private InFlight ioControl() throws SkipException, ScriptSyntaxException {
            args.count(3, 3);
            Descriptor d = on();
            long operation = args.number(1);
            Expression value = args.single(2);
            if (operation == Symbols.value("FIONBIO")) {
                boolean on = Arguments.number(value) != 0;
                return once(d, x -> {
                    x.nonBlocking = on;
                    return Outcome.of(0);
                });
            }
            if (d == null) {
                return once(null, _ -> null);
            }
            return new InFlight(call, text, _ -> Outcome.of(0), _ -> {
                long n = operation == Symbols.value("SIOCINQ") ? d.available()
                        : operation == Symbols.value("SIOCOUTQ") ? d.queued() : ((TcpDescriptor) d).unsent();
                return value instanceof Expression.Ellipsis || n == Arguments.number(value) ? null : "it is " + n;
            }, false, Long.MAX_VALUE, null);
        }

        // ---- readiness

        private InFlight poll() throws SkipException, ScriptSyntaxException {
            args.count(3, 3);
            var poll = new Poll(args.get(0), descriptors::get);
            return waiting(_ -> poll.attempt(), args.number(2), _ -> poll.difference());
        }

        /// @param timeoutMs as poll has it: negative for ever, 0 not at all
        private InFlight waiting(Attempt a, long timeoutMs, InFlight.Check check) {
            long deadline = timeoutMs < 0 ? Long.MAX_VALUE : stack.nowNs() + Math.min(timeoutMs, 1_000_000_000) * 1_000_000;
            return new InFlight(call, text, a, check, true, deadline, Outcome.of(0));
        }

        private InFlight epollControl() throws SkipException, ScriptSyntaxException {
            args.count(4, 4);
            long operation = args.number(1);
            long number = args.number(2);
            long events = 0;
            long data = number;
            if (args.get(3) instanceof Expression.Struct s) {
                events = Arguments.number(Arguments.member(s, "events"));
                Expression e = EpollDescriptor.data(s);
                data = e == null || e instanceof Expression.Ellipsis ? number : Arguments.number(e);
            }
            Descriptor target = descriptors.get(number);
            long wanted = events;
            long told = data;
            return once(on(), d -> target == null ? Outcome.of(Errno.EBADF) : d instanceof EpollDescriptor e && target != d
                    ? e.control(operation, number, target, wanted, told) : Outcome.of(Errno.EINVAL));
        }

        private InFlight epollWait() throws SkipException, ScriptSyntaxException {
            args.count(4, 5);
            int max = (int) args.number(2);
            Expression expected = args.get(1);
            if (!(on() instanceof EpollDescriptor e)) {
                return once(on(), _ -> Outcome.of(Errno.EINVAL));
            }
            return waiting(_ -> max <= 0 ? Outcome.of(Errno.EINVAL) : e.attempt(max), args.number(3),
                    o -> o.value() <= 0 ? null : e.difference(expected));
        }
    }
}
