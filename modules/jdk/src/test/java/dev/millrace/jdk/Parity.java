package dev.millrace.jdk;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.testkit.LeakCheck;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The same calls on the kernel's sockets and on a stack's: on the loopback of both here, in any other [World] by who has one.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class Parity {
    private final Map<String, Case> cases = new LinkedHashMap<>();

    interface Case {
        Object run(World w) throws Exception;
    }

    /// A call that returns nothing.
    interface Action {
        void run() throws Exception;
    }

    static Case done(Action action) {
        return _ -> {
            action.run();
            return "done";
        };
    }

    static final class OtherAddress extends SocketAddress {
        private static final long serialVersionUID = 1;
    }

    /// All of them, one for each class of the JDK or half of one.
    public static List<Parity> all() {
        return List.of(new SocketParityTest(), new ServerSocketParityTest(), new SocketFactoriesParityTest(), new DatagramSocketParityTest(),
                new MulticastSocketParityTest(), new SocketChannelParityTest(), new SocketChannelStreamParityTest(),
                new ChannelSocketParityTest(), new ChannelServerSocketParityTest(), new ServerSocketChannelParityTest(),
                new DatagramChannelParityTest(), new DatagramChannelWaitsParityTest(),
                new DatagramChannelOptionsParityTest(), new SelectorParityTest(), new SelectionParityTest(), new ReadinessParityTest(),
                new PipeParityTest(), new UrgentParityTest());
    }

    void add(String name, Case c) {
        if (cases.put(name, c) != null) {
            throw new IllegalStateException("there are two of " + name);
        }
    }

    /// Several calls of one case, each with its own outcome.
    static List<String> each(World w, Case... all) {
        return Arrays.stream(all).map(c -> outcome(c, w)).toList();
    }

    /// What came out, or the JDK's class and the message of what was thrown.
    static String outcome(Case c, World w) {
        try {
            return "" + c.run(w);
        } catch (Throwable t) {
            Class<?> type = t.getClass();
            while (!type.getName().startsWith("java.")) {
                type = type.getSuperclass();
            }
            return type.getName() + ": " + (isTheMachines(t) ? null : t.getMessage());
        }
    }

    /// The virtual machine's own messages are said only until the code that throws is compiled, and name variables.
    private static boolean isTheMachines(Throwable t) {
        return t instanceof NullPointerException && ("" + t.getMessage()).startsWith("Cannot ")
                || t instanceof ClassCastException && ("" + t.getMessage()).contains(" cannot be cast to class ");
    }

    /// The names of the cases.
    public Set<String> names() {
        return cases.keySet();
    }

    /// What comes of a case in a world, with names for the addresses of its ends.
    public String outcome(String name, World w) {
        return w.neutral(outcome(cases.get(name), w));
    }

    /// What comes of it where the kernel is at both ends, on its loopback.
    public String kernels(String name) throws Exception {
        try (World kernel = World.kernelOfTwo()) {
            return outcome(name, kernel);
        }
    }

    /// Where they run that are compared with the kernel's.
    World ours() throws Exception {
        return World.stack();
    }

    @ParameterizedTest
    @MethodSource("names")
    void isAsTheKernels(String name) throws Exception {
        String expected;
        try (World kernel = World.kernel()) {
            expected = outcome(cases.get(name), kernel);
        }
        try (var leaks = new LeakCheck(); World ours = ours()) {
            assertEquals(expected, outcome(cases.get(name), ours));
        }
    }
}
