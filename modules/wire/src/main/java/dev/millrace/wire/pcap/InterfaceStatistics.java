package dev.millrace.wire.pcap;

/// What a capture says of one interface when it ends (pcapng's Interface Statistics Block).
///
/// @param epochNanos when that was, in nanoseconds since 1970-01-01T00:00Z
/// @param received packets that passed the interface, captured or not; -1 if the file does not say
/// @param dropped packets that the capture missed for lack of room; -1 if the file does not say
/// @param comment a comment, empty if there is none
public record InterfaceStatistics(long epochNanos, long received, long dropped, String comment) {
}
