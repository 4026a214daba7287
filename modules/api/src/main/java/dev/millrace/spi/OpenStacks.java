package dev.millrace.spi;

import dev.millrace.Nic;
import dev.millrace.Stack;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.WeakHashMap;
import java.util.function.Supplier;

/// The stacks of this JVM that are open, for who knows of one only its name or an address, and the one that the running program
/// belongs to. Nobody is kept from being collected here. Any thread may call any method.
public final class OpenStacks {
    private static final int MOST_NAMES = 20;
    private static final Map<Stack, Boolean> ALL = Collections.synchronizedMap(new WeakHashMap<>());
    private static final Map<Guide, Boolean> GUIDES = Collections.synchronizedMap(new WeakHashMap<>());
    private static final ScopedValue<Supplier<Stack>> RUNNING = ScopedValue.newInstance();
    /// Of who was started by a program of [#callWithThreads].
    private static final InheritableThreadLocal<Supplier<Stack>> INHERITED = new InheritableThreadLocal<>();

    /// Whoever has hosts with stacks of their own, as a simulation does. Nothing here blocks.
    public interface Guide {
        /// Whether this is the stack of one of its hosts.
        boolean runs(Stack stack);

        /// The addresses of its host of this name, which may have none yet; nothing if it has no such host.
        Optional<List<InetAddress>> addresses(String name);

        /// The name of its host that has this address, in operation or not.
        Optional<String> hostAt(InetAddress address);
    }

    private OpenStacks() {
    }

    /// Enters a stack that was opened. Whoever opens stacks does that.
    public static void add(Stack stack) {
        ALL.put(Objects.requireNonNull(stack, "stack"), true);
    }

    /// Takes out a stack that is closed; those that nobody takes out are passed over.
    public static void remove(Stack stack) {
        ALL.remove(stack);
    }

    /// All that are open, in no order.
    public static List<Stack> all() {
        var open = new ArrayList<Stack>();
        synchronized (ALL) {
            for (Stack s : ALL.keySet()) {
                if (s.isOpen()) {
                    open.add(s);
                }
            }
        }
        return open;
    }

    /// The open stack of this name.
    ///
    /// @throws IllegalArgumentException if there is none or more than one; the message lists the names that there are
    public static Stack named(String name) {
        Objects.requireNonNull(name, "name");
        List<Stack> open = all();
        List<Stack> found = open.stream().filter(s -> s.name().equals(name)).toList();
        if (found.size() == 1) {
            return found.getFirst();
        }
        var names = new TreeMap<String, Integer>();
        open.forEach(s -> names.merge(s.name(), 1, Integer::sum));
        throw new IllegalArgumentException(found.isEmpty()
                ? "no open stack is named \"" + name + "\"; " + (names.isEmpty() ? "none is open" : "open are: " + list(names))
                : found.size() + " open stacks are named \"" + name + "\": give them different names");
    }

    private static String list(Map<String, Integer> names) {
        var s = new StringBuilder();
        int more = names.size() - MOST_NAMES;
        names.entrySet().stream().limit(MOST_NAMES).forEach(e -> s.append(s.isEmpty() ? "" : ", ").append(e.getKey())
                .append(e.getValue() == 1 ? "" : " (" + e.getValue() + " times)"));
        return more > 0 ? s + " and " + more + " more" : s.toString();
    }

    /// The open stack that has this address on one of its NICs. Loopback addresses are everybody's and nobody's here.
    ///
    /// @return empty if there is none
    /// @throws IllegalStateException if several have it
    public static Optional<Stack> owning(InetAddress address) {
        if (address.isAnyLocalAddress() || address.isLoopbackAddress()) {
            return Optional.empty();
        }
        List<Stack> owners = all().stream().filter(s -> has(s, address)).toList();
        if (owners.size() > 1) {
            throw new IllegalStateException(owners.size() + " open stacks have the address " + address.getHostAddress() + ": "
                    + owners.stream().map(Stack::name).sorted().limit(MOST_NAMES).toList());
        }
        return owners.stream().findFirst();
    }

    /// Whether a NIC of the stack has this address.
    public static boolean has(Stack stack, InetAddress address) {
        for (Nic nic : stack.nics()) {
            if (nic.addresses().stream().anyMatch(c -> c.inetAddress().equals(address))) {
                return true;
            }
        }
        return false;
    }

    /// Has a guide asked from now on, for as long as somebody else holds it.
    public static void add(Guide guide) {
        GUIDES.put(Objects.requireNonNull(guide, "guide"), true);
    }

    /// Asks it no more.
    public static void remove(Guide guide) {
        GUIDES.remove(guide);
    }

    /// The stack that the running program belongs to: the one of [#run], as which simulated hosts run theirs, or of the program of
    /// [#callWithThreads] that has started the thread. It may be closed: who goes on after that is nobody else's.
    public static Optional<Stack> running() {
        Supplier<Stack> stack = RUNNING.isBound() ? RUNNING.get() : INHERITED.get();
        return Optional.ofNullable(stack).map(Supplier::get);
    }

    private static List<Guide> guides() {
        synchronized (GUIDES) {
            return List.copyOf(GUIDES.keySet());
        }
    }

    /// Whether the calling thread runs a program of a simulated host.
    public static boolean isSimulated() {
        return own(guides()).isPresent();
    }

    /// The addresses of the simulated host of this name: of the simulation whose program the calling thread runs, or else of any.
    ///
    /// @return nothing if there is no such host; it may have no address yet
    /// @throws IllegalStateException if hosts of several simulations have this name, and the thread runs a program of none of them
    public static Optional<List<InetAddress>> addressesOfHost(String name) {
        List<Guide> guides = guides();
        Optional<Guide> own = own(guides);
        List<List<InetAddress>> found = (own.isPresent() ? List.of(own.get()) : guides).stream().map(g -> g.addresses(name))
                .flatMap(Optional::stream).distinct().toList();
        if (found.size() > 1) {
            throw new IllegalStateException("hosts of " + found.size() + " simulations are named " + name
                    + ", and the calling thread is no program of either: give them different names, or ask in a program of a host");
        }
        return found.stream().findFirst();
    }

    /// The one that the running program belongs to, on whatever thread.
    private static Optional<Guide> own(List<Guide> guides) {
        Optional<Stack> stack = guides.isEmpty() ? Optional.empty() : running();
        return stack.flatMap(s -> guides.stream().filter(g -> g.runs(s)).findFirst());
    }

    /// The name of the simulated host that has this address, in operation or not: of the simulation whose program the calling thread
    /// runs, or else of any.
    public static Optional<String> hostAt(InetAddress address) {
        List<Guide> guides = guides();
        Optional<Guide> own = own(guides);
        return (own.isPresent() ? List.of(own.get()) : guides).stream().map(g -> g.hostAt(address)).flatMap(Optional::stream).findFirst();
    }

    /// Runs a program that belongs to a stack, on the calling thread.
    ///
    /// @param stack asked each time
    public static void run(Supplier<Stack> stack, Runnable program) {
        ScopedValue.where(RUNNING, stack).run(program);
    }

    /// As [#run], for what returns something.
    public static <T, X extends Throwable> T call(Supplier<Stack> stack, ScopedValue.CallableOp<? extends T, X> program) throws X {
        return ScopedValue.where(RUNNING, stack).<T, X>call(program);
    }

    /// As [#call], and all threads that the program starts, and that these start, belong to the stack until they end, unless they were
    /// made to inherit nothing ([Thread.Builder#inheritInheritableThreadLocals]).
    public static <T, X extends Throwable> T callWithThreads(Supplier<Stack> stack, ScopedValue.CallableOp<? extends T, X> program)
            throws X {
        Supplier<Stack> before = INHERITED.get();
        INHERITED.set(stack);
        try {
            return call(stack, program);
        } finally {
            if (before == null) {
                INHERITED.remove();
            } else {
                INHERITED.set(before);
            }
        }
    }
}
