package dev.millrace.internet;

import dev.millrace.Cidr;
import dev.millrace.Stack;
import java.net.InetAddress;
import java.util.List;

/// A host of an [Internet]: a full stack with addresses of its own. Any thread may call any method.
public final class Host implements AutoCloseable {
    private final Internet internet;
    private final String name;
    private final List<Cidr> addresses;
    private final HostLink link;
    private volatile Stack stack;

    Host(Internet internet, String name, List<Cidr> addresses, int mtu) {
        this.internet = internet;
        this.name = name;
        this.addresses = List.copyOf(addresses);
        link = new HostLink(internet, this, mtu);
    }

    void setStack(Stack opened) {
        stack = opened;
    }

    HostLink link() {
        return link;
    }

    /// Its name.
    public String name() {
        return name;
    }

    /// Its addresses.
    public List<InetAddress> addresses() {
        return addresses.stream().map(Cidr::inetAddress).toList();
    }

    /// Its stack, with all that stacks can do.
    public Stack stack() {
        return stack;
    }

    /// Its TCP and UDP by addresses as text.
    public Connector connector() {
        return new Connector(stack);
    }

    /// The MTU in bytes.
    public int mtu() {
        return link.mtu();
    }

    /// Whether it is open.
    public boolean isOpen() {
        return !link.isClosed();
    }

    /// Has `action` run once when the host is closed, without a lock; at once if it is closed already.
    public void onClose(Runnable action) {
        link.onClose(action);
    }

    /// The stack has closed its link, whoever began it: the addresses are free again.
    void linkClosed() {
        internet.forget(this);
    }

    /// Closes its stack and frees its addresses. Further calls do nothing.
    @Override
    public void close() {
        stack.close();
    }

    @Override
    public String toString() {
        return name;
    }
}
