package dev.millrace.spi;

import dev.millrace.OptionSpec;
import dev.millrace.OptionValues;
import java.util.List;

/// Makes congestion control for connections. Found with [java.util.ServiceLoader].
public interface CongestionControlFactory {
    /// The name by which configurations choose it, such as `newreno`, which is also that of its table of options.
    String name();

    /// One line for people.
    String description();

    /// The options it understands.
    default List<OptionSpec> options() {
        return List.of();
    }

    /// Makes the congestion control of one connection. One that was opened fast (RFC 7413) and has sent nothing until its handshake
    /// was complete gets another then, for which the round-trip time is known.
    ///
    /// @throws dev.millrace.ConfigurationException if an option's value makes no sense. A stack asks once for each that its
    ///     configuration has a table for or chooses, before it opens anything, so that no connection meets this.
    CongestionControl create(Request request);

    /// What a congestion control is made for.
    ///
    /// @param stack the stack: clock, timers, chance. Connections are many: what runs on a timer costs each of them
    /// @param options the values of the factory's options, the same object for all connections of the stack
    /// @param mss the sender's maximum segment size (SMSS) in bytes
    /// @param initialWindow the initial window in bytes (RFC 6928)
    /// @param srttNs the round-trip time of the handshake in nanoseconds, or 0 if it is not known
    record Request(StackContext stack, OptionValues options, int mss, int initialWindow, long srttNs) {
    }

    /// The congestion control of one name in one stack: factory and options are settled.
    interface Chosen {
        /// The factory's name.
        String name();

        /// Makes the congestion control of one connection.
        ///
        /// @param mss the sender's maximum segment size (SMSS) in bytes
        /// @param initialWindow the initial window in bytes
        /// @param srttNs the round-trip time of the handshake in nanoseconds, or 0 if it is not known
        CongestionControl create(int mss, int initialWindow, long srttNs);
    }
}
