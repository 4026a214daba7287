package dev.millrace.wire.pcap;

import java.util.List;

/// One packet of a capture file. Records compare their arrays by identity, so two packets are equal only if they are
/// the same.
///
/// @param captureInterface where it was captured
/// @param interfaceId the number of that interface in its section of the file, from 0
/// @param epochNanos when, in nanoseconds since 1970-01-01T00:00Z; [#NO_TIME] if the file does not say
/// @param direction which way it went
/// @param originalLength its length in bytes before it was cut to what was kept; as the file says, unsigned
/// @param bytes what was kept of it
/// @param comments what the file remarks on it
public record CapturedPacket(CaptureInterface captureInterface, int interfaceId, long epochNanos, Direction direction,
        long originalLength, byte[] bytes, List<String> comments) {
    /// The time of packets that carry none (pcapng's Simple Packet Block).
    public static final long NO_TIME = Long.MIN_VALUE;
}
