package dev.millrace.tcp.engine;

/// What probing for the path MTU has done.
///
/// @param blackHoles how often segments had vanished for their size, as it seemed
/// @param sent probes sent
/// @param lost probes that did not arrive
/// @param found the largest IP packet, in bytes, that a search has found the path to carry, if it is less than routers say;
///     else 0
public record MtuNews(int blackHoles, int sent, int lost, int found) {
    /// Nothing.
    public static final MtuNews NONE = new MtuNews(0, 0, 0, 0);
}
