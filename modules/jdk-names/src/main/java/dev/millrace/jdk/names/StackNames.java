package dev.millrace.jdk.names;

import dev.millrace.Cidr;
import dev.millrace.Names;
import dev.millrace.Stack;
import dev.millrace.jdk.JvmSockets;
import dev.millrace.spi.OpenStacks;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/// Answers names of simulated hosts; has the stack of the running program ask for others, if it knows whom; and gives all else to the JDK.
/// The JDK holds a lock for each name while it waits here.
final class StackNames implements InetAddressResolver {
    /// `always`: names of simulated hosts are answered also where the JVM's own sockets do not lead there.
    static final String PROPERTY = "dev.millrace.jdk.names";

    /// Bound while whom a stack asks looks for an answer: if he asks the JVM again, he wants to know what the JDK says.
    private static final ScopedValue<Boolean> ASKING = ScopedValue.newInstance();

    private final InetAddressResolver jdk;

    StackNames(InetAddressResolver jdk) {
        this.jdk = jdk;
    }

    private static boolean isAnswered() {
        return JvmSockets.leadToStacks() || System.getProperty(PROPERTY, "").equals("always");
    }

    // ---- names

    @Override
    public Stream<InetAddress> lookupByName(String host, LookupPolicy policy) throws UnknownHostException {
        Objects.requireNonNull(policy, "policy");
        if (host.equalsIgnoreCase("localhost")) {
            return jdk.lookupByName(host, policy);
        }
        Optional<List<InetAddress>> simulated;
        try {
            simulated = OpenStacks.addressesOfHost(host);
        } catch (IllegalStateException several) {
            return failing(several.getMessage());
        }
        if (simulated.isPresent()) {
            return isAnswered() ? bestFirst(ordered(host, simulated.get(), policy)) : failing(unreachable(host));
        }
        List<InetAddress> told = ofStack(host);
        return told.isEmpty() ? jdk.lookupByName(host, policy) : ordered(host, told, policy);
    }

    /// Tells the program what it has to do. Thrown here, the JDK would make an UnknownHostException of it, whose message `new Socket(name,
    /// port)` and the HTTP client drop; what goes wrong while it takes the addresses comes through.
    private static Stream<InetAddress> failing(String message) {
        return Stream.of(message).map(m -> {
            throw new IllegalStateException(m);
        });
    }

    private static String unreachable(String host) {
        return host + " is a simulated host, and this JVM's own sockets do not lead there. Start Java with"
                + " -Djava.nio.channels.spi.SelectorProvider=dev.millrace.jdk.JvmSelectorProvider (channels), call JvmSockets.install()"
                + " (new Socket()), or give the library what host.sockets() has; -D" + PROPERTY
                + "=always answers its name all the same";
    }

    /// What the stack of the running program is told by whom it asks; nothing if nobody knows. In a simulation the hosts are all there is.
    private static List<InetAddress> ofStack(String host) throws UnknownHostException {
        Optional<Names> names = ASKING.isBound() || OpenStacks.isSimulated() ? Optional.empty() : JvmSockets.names();
        if (names.isEmpty()) {
            return List.of();
        }
        try {
            return ScopedValue.where(ASKING, true).<List<InetAddress>, IOException>call(() -> names.get().addresses(host));
        } catch (UnknownHostException e) {
            return List.of();
        } catch (IOException e) {
            // Not the JDK's: what was to be asked over the stack is nobody else's business.
            var failed = new UnknownHostException(host + ": " + e.getMessage());
            failed.initCause(e);
            throw failed;
        }
    }

    /// Those first that the running program's stack can reach: the JDK's policy is the machine's, and few programs try a second address.
    private static Stream<InetAddress> bestFirst(Stream<InetAddress> all) {
        Optional<Stack> stack = OpenStacks.running();
        boolean v4 = stack.isEmpty() || speaks(stack.get(), true);
        boolean v6 = stack.isEmpty() || speaks(stack.get(), false);
        return v4 == v6 ? all : all.sorted(Comparator.comparing(a -> a instanceof Inet4Address != v4));
    }

    private static boolean speaks(Stack stack, boolean v4) {
        return stack.nics().stream().flatMap(n -> n.addresses().stream()).map(Cidr::inetAddress)
                .anyMatch(a -> a instanceof Inet4Address == v4 && !a.isLoopbackAddress() && !a.isLinkLocalAddress());
    }

    /// @throws UnknownHostException if none is of a version that was asked for
    private static Stream<InetAddress> ordered(String host, List<InetAddress> all, LookupPolicy policy) throws UnknownHostException {
        int wanted = policy.characteristics();
        var first = new ArrayList<InetAddress>();
        var then = new ArrayList<InetAddress>();
        for (InetAddress a : all) {
            boolean v4 = a instanceof Inet4Address;
            if (v4 ? (wanted & LookupPolicy.IPV4) != 0 : (wanted & LookupPolicy.IPV6) != 0) {
                boolean late = v4 ? (wanted & LookupPolicy.IPV6_FIRST) != 0 : (wanted & LookupPolicy.IPV4_FIRST) != 0;
                (late ? then : first).add(named(host, a));
            }
        }
        if (first.isEmpty() && then.isEmpty()) {
            throw new UnknownHostException(all.isEmpty() ? host + " has no address yet"
                    : host + " has no address of the version that is asked for, but " + all);
        }
        first.addAll(then);
        return first.stream();
    }

    private static InetAddress named(String host, InetAddress a) throws UnknownHostException {
        return a instanceof Inet6Address six && six.getScopeId() != 0 ? Inet6Address.getByAddress(host, six.getAddress(), six.getScopeId())
                : InetAddress.getByAddress(host, a.getAddress());
    }

    // ---- addresses

    @Override
    public String lookupByAddress(byte[] address) throws UnknownHostException {
        InetAddress wanted = InetAddress.getByAddress(address);
        Optional<String> host = OpenStacks.hostAt(wanted);
        return host.isPresent() && isKnown(host.get(), wanted) ? host.get() : jdk.lookupByAddress(address);
    }

    /// The JDK asks for the addresses of what it is told: nobody is told a name that is not answered.
    private static boolean isKnown(String host, InetAddress address) {
        try {
            return isAnswered() && OpenStacks.addressesOfHost(host).stream().anyMatch(all -> all.contains(address));
        } catch (IllegalStateException e) {
            return false;
        }
    }
}
