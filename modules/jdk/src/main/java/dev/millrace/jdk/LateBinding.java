package dev.millrace.jdk;

import dev.millrace.Names;
import dev.millrace.Stack;
import dev.millrace.spi.OpenStacks;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.ProtocolFamily;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.nio.channels.spi.SelectorProvider;
import java.util.Optional;

/// Which stack a channel is one of, decided when it is bound or connected. A channel that is bound to an address of a stack is that
/// stack's; one that is bound to any address and port by no program is nobody's yet, if it may have a peer later. Else it is one of the
/// stack that the running program belongs to, which in a simulation is its host's. Else one that is connected to an address of a stack
/// is that stack's. Else it is one of the stack that the JVM was told of, and without one the kernel's.
final class LateBinding {
    /// The name of the stack that those are of that nothing else decides about.
    static final String PROPERTY = "dev.millrace.jdk.stack";

    private LateBinding() {
    }

    /// Whether who is bound there may still become anybody's: any address and port are a program's own stack's, and else say nothing.
    ///
    /// @param opener as below
    /// @param family the version of IP that was asked for, or `null`: the kernel's of IPv4 refuse what is not
    static boolean decidesNothing(InetSocketAddress local, Optional<Stack> opener, ProtocolFamily family) {
        InetAddress address = local.getAddress();
        return address.isAnyLocalAddress() && local.getPort() == 0 && program(opener).isEmpty()
                && !(family == StandardProtocolFamily.INET && address instanceof Inet6Address);
    }

    /// @param known whom channels of a stack tell as their provider
    /// @param local what to be bound to, perhaps any address
    /// @param opener the stack of the program that has opened it, for threads of libraries that belong to none
    static SelectorProvider forBinding(InetSocketAddress local, Optional<Stack> opener, SelectorProvider known) throws IOException {
        InetAddress address = local.getAddress();
        Optional<Stack> running = program(opener);
        if (running.isPresent() && (address.isAnyLocalAddress() || address.isLoopbackAddress())) {
            return new StackSelectorProvider(running.get(), known);
        }
        // Several hosts of several simulations may have one address: the program's own comes first.
        Optional<Stack> owner = running.filter(s -> OpenStacks.has(s, address));
        return decide(owner.isPresent() ? owner : OpenStacks.owning(address).or(() -> running), local, known);
    }

    /// @param remote what to be connected to, or to be sent to
    /// @param opener as above
    static SelectorProvider forConnecting(InetSocketAddress remote, Optional<Stack> opener, SelectorProvider known) throws IOException {
        Optional<Stack> running = program(opener);
        return decide(running.isPresent() ? running : OpenStacks.owning(remote.getAddress()), remote, known);
    }

    private static Optional<Stack> program(Optional<Stack> opener) {
        Optional<Stack> running = OpenStacks.running();
        // A library's thread may be left over from a program that was there before.
        return running.filter(Stack::isOpen).or(() -> opener.filter(Stack::isOpen)).or(() -> running);
    }

    /// Who answers names for what nothing but the running program decides about.
    static Optional<Names> names() {
        return OpenStacks.running().or(LateBinding::ofJvmIfOpen).flatMap(Stack::names);
    }

    /// Names are asked for before it is open, perhaps in order to open it, and after it was closed.
    private static Optional<Stack> ofJvmIfOpen() {
        try {
            return ofJvm();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static Optional<Stack> ofJvm() {
        String name = System.getProperty(PROPERTY, "");
        return name.isEmpty() ? Optional.empty() : Optional.of(OpenStacks.named(name));
    }

    private static SelectorProvider decide(Optional<Stack> stack, InetSocketAddress address, SelectorProvider known) throws IOException {
        Optional<Stack> chosen = stack.or(LateBinding::ofJvm);
        if (chosen.isPresent()) {
            return new StackSelectorProvider(chosen.get(), known);
        }
        Optional<String> host = OpenStacks.hostAt(address.getAddress());
        if (host.isPresent()) {
            // The kernel would send it into the world, and hear nothing.
            throw new NoRouteToHostException(address.getAddress().getHostAddress() + " is the simulated host \"" + host.get()
                    + "\", which is not in operation, and the calling thread is no program of another: connect in host.run(…)");
        }
        return kernel(address + " is no address of an open stack, and the calling thread is no program of a simulated host",
                "Use an address of a stack (open are " + openNames() + "), or run this as a program of a host or by StackSockets.run, or start");
    }

    /// The JDK's own provider.
    ///
    /// @param why it is asked for
    /// @param instead what else can be done where it cannot be had, up to `Java with`
    private static SelectorProvider kernel(String why, String instead) throws SocketException {
        try {
            return Kernel.PROVIDER.get();
        } catch (IllegalAccessException e) {
            var unreachable = new SocketException(why + "; and the kernel's sockets cannot be reached. " + instead
                    + " Java with --add-exports java.base/sun.nio.ch=" + exportTo());
            unreachable.initCause(e);
            throw unreachable;
        }
    }

    /// The JDK's own provider, for what no stack has.
    static SelectorProvider kernel() throws SocketException {
        return kernel("sockets of UNIX are the kernel's", "Start");
    }

    private static String openNames() {
        return OpenStacks.all().stream().map(Stack::name).distinct().sorted().limit(10).toList().toString();
    }

    private static String exportTo() {
        Module ours = LateBinding.class.getModule();
        return ours.isNamed() ? ours.getName() : "ALL-UNNAMED";
    }

    /// The JDK's own provider, which it hides once another is installed.
    private static final class Kernel {
        static final Kernel PROVIDER = new Kernel();

        private SelectorProvider found;

        synchronized SelectorProvider get() throws IllegalAccessException {
            if (found == null && !(SelectorProvider.provider() instanceof JvmSelectorProvider)) {
                found = SelectorProvider.provider();
            }
            if (found == null) {
                try {
                    found = (SelectorProvider) Class.forName("sun.nio.ch.DefaultSelectorProvider").getMethod("get").invoke(null);
                } catch (ClassNotFoundException | NoSuchMethodException | InvocationTargetException e) {
                    var none = new IllegalAccessException("this JDK hides its own sockets elsewhere than JDK 25");
                    none.initCause(e);
                    throw none;
                }
            }
            return found;
        }
    }

    /// A selector's part for the kernel's channels.
    static KernelSide kernelSide() throws IOException {
        return new KernelSide(kernel("the channel is the kernel's", "Start").openSelector());
    }
}
