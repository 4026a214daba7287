package dev.millrace.jdk;

import dev.millrace.Names;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.spi.SelectorProvider;
import java.util.Optional;

/// All sockets of a JVM that programs make by `new Socket()` and `new ServerSocket()`, as `HttpURLConnection` and drivers without a hook of
/// their own do. Such a socket chooses when it is bound or connected, as channels of a [JvmSelectorProvider] do: the stack of the running
/// program, the one that has the address, the one that `-Ddev.millrace.jdk.stack=NAME` names, or the kernel. No option of Java is needed,
/// unless that provider is the JVM's as well. `new DatagramSocket()` stays the kernel's, and proxies of the system (`socksProxyHost`) are
/// not asked any more. A JVM cannot undo this.
public final class JvmSockets {
    private static volatile boolean clients;
    private static volatile boolean servers;

    private JvmSockets() {
    }

    /// Makes all sockets from now on such sockets. Any thread may call it, and further calls do nothing.
    ///
    /// @throws IOException if somebody else has done so before: the JDK allows it once
    // The JDK advises against these factories, has no other way to this, and does not say that they go.
    @SuppressWarnings("deprecation")
    public static synchronized void install() throws IOException {
        try {
            if (!clients) {
                Socket.setSocketImplFactory(() -> JvmSocketImpl.ofClient());
                clients = true;
            }
            if (!servers) {
                ServerSocket.setSocketFactory(() -> JvmSocketImpl.ofServer());
                servers = true;
            }
        } catch (SocketException e) {
            var taken = new SocketException("a JVM has one factory of sockets, and " + (clients ? "that of servers" : "that of clients")
                    + " was set by somebody else (Socket.setSocketImplFactory, ServerSocket.setSocketFactory): leave it to this,"
                    + " or give libraries the factories of StackSockets");
            taken.initCause(e);
            throw taken;
        }
    }

    /// Whether sockets or channels that programs ask the JVM for lead to stacks: these are installed, or [JvmSelectorProvider] is the JVM's.
    // Without a lock: it is asked while a name is looked up, which others may wait for.
    public static boolean leadToStacks() {
        return clients || SelectorProvider.provider() instanceof JvmSelectorProvider;
    }

    /// Who answers names for sockets of the calling thread that nothing else decides about, if somebody does ([dev.millrace.Stack#names()]):
    /// nobody while the stack is not open that `-Ddev.millrace.jdk.stack` names.
    public static Optional<Names> names() {
        return LateBinding.names();
    }
}
