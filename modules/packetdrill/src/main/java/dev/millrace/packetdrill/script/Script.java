package dev.millrace.packetdrill.script;

import java.util.List;

/// A script that is of the language.
///
/// @param options those in front, in order
/// @param init the command before the first event, or `null`
/// @param events in order, one at least
/// @param cleanup the command behind the last event, or `null`
public record Script(List<Option> options, Action.Command init, List<Event> events, Action.Command cleanup) {
    /// Copies the lists.
    public Script {
        options = List.copyOf(options);
        events = List.copyOf(events);
    }

    /// An option such as `--mtu=1400`.
    ///
    /// @param at where it is
    /// @param name without the dashes
    /// @param value an empty string if there is none
    public record Option(Position at, String name, String value) {
    }
}
