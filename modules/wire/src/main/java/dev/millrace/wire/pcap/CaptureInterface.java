package dev.millrace.wire.pcap;

/// An interface on which packets were captured.
///
/// @param name its name, empty if the file does not say
/// @param description what it is in words, empty if the file does not say
/// @param linkType what its packets start with, see [LinkType]
/// @param snapLength the bytes kept of each packet, 0 for all
public record CaptureInterface(String name, String description, int linkType, int snapLength) {
    /// Checks that the link type fits its 16 bits and that the snap length is not negative.
    public CaptureInterface {
        if (linkType < 0 || linkType > 0xffff || snapLength < 0) {
            throw new IllegalArgumentException("linkType " + linkType + ", snapLength " + snapLength);
        }
    }
}
