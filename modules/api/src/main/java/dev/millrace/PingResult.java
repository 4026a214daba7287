package dev.millrace;

import java.util.List;

/// What became of a ping.
///
/// @param events what became of each request, in the order in which it was known
/// @param statistics what was counted
public record PingResult(List<PingEvent> events, PingStatistics statistics) {
    /// Copies the list.
    public PingResult {
        events = List.copyOf(events);
    }

    /// The replies.
    public List<PingEvent.Reply> replies() {
        return events.stream().filter(PingEvent.Reply.class::isInstance).map(PingEvent.Reply.class::cast).toList();
    }
}
