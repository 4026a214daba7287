/// Capture files: classic pcap and pcapng, read and written.
///
/// [dev.millrace.wire.pcap.CaptureReader] reads either format packet by packet, with the interface, direction, time and
/// comments of each; whatever the bytes are, it gives packets or a [dev.millrace.wire.pcap.CaptureFormatException], in
/// bounded memory. [dev.millrace.wire.pcap.PcapngWriter] and [dev.millrace.wire.pcap.PcapWriter] write. The formats are
/// those of draft-ietf-opsawg-pcapng and draft-ietf-opsawg-pcap.
package dev.millrace.wire.pcap;
