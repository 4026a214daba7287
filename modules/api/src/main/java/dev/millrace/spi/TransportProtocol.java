package dev.millrace.spi;

import dev.millrace.wire.buffer.Packet;
import java.util.Optional;

/// A transport protocol in one stack. Any thread may call any method.
public interface TransportProtocol extends AutoCloseable {
    /// Takes a packet that came in, starting at its transport header, and owns it from then on.
    void receive(Packet packet);

    /// Takes an ICMP error about a packet that this protocol is said to have sent.
    void onError(IcmpError error);

    /// What programs use, such as [dev.millrace.Tcp], if this protocol offers it: they ask [dev.millrace.Stack#service].
    <T> Optional<T> service(Class<T> type);

    /// Lets what programs have handed over arrive: the stack closes, its sockets give nothing new away any more, and links,
    /// timers and deliveries still work. Called before [#close()], at most once, on a thread that may wait; not at all where
    /// none may. Returns when nothing is left, at the deadline, or when the thread is interrupted, which it stays.
    ///
    /// @param deadlineNs on the stack's clock
    default void drain(long deadlineNs) {
    }

    /// Wakes all blocked callers with [dev.millrace.ErrorCode#STACK_CLOSED], gives up timers, memory and packets. Peers
    /// are told where that takes no time (RST).
    @Override
    void close();
}
