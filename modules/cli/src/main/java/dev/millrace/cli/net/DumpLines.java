package dev.millrace.cli.net;

import dev.millrace.cli.Commands;
import dev.millrace.wire.Dissector;
import dev.millrace.wire.EtherType;
import dev.millrace.wire.Ipv4Header;
import dev.millrace.wire.MacAddress;
import dev.millrace.wire.VlanTag;
import dev.millrace.wire.pcap.CapturedPacket;
import dev.millrace.wire.pcap.Direction;
import dev.millrace.wire.pcap.LinkType;
import java.lang.foreign.MemorySegment;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.Locale;
import tools.jackson.databind.node.ObjectNode;

/// Packets as text.
final class DumpLines {
    private static final int PER_LINE = 16;
    private static final HexFormat HEX = HexFormat.of();

    private final DateTimeFormatter time;
    private final boolean verbose;
    private final boolean hex;

    DumpLines(ZoneId zone, boolean verbose, boolean hex) {
        time = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT).withZone(zone);
        this.verbose = verbose;
        this.hex = hex;
    }

    /// One line, or with more wanted several.
    String text(CapturedPacket p, PacketFacts facts) {
        var text = new StringBuilder(160);
        if (p.epochNanos() != CapturedPacket.NO_TIME) {
            time.formatTo(Instant.ofEpochSecond(0, p.epochNanos()), text);
            text.append(' ');
        }
        text.append(direction(p.direction())).append(dissect(p));
        p.comments().forEach(c -> text.append(" [").append(printable(c)).append(']'));
        if (verbose) {
            headers(text, p, facts);
        }
        if (hex) {
            bytes(text, p.bytes());
        }
        return text.toString();
    }

    private static String direction(Direction d) {
        return switch (d) {
            case INBOUND -> "in  ";
            case OUTBOUND -> "out ";
            case UNKNOWN -> "";
        };
    }

    private static String dissect(CapturedPacket p) {
        int length = (int) Math.min(Integer.MAX_VALUE, p.originalLength());
        MemorySegment m = MemorySegment.ofArray(p.bytes());
        if (p.captureInterface().linkType() == LinkType.ETHERNET) {
            return Dissector.ethernet(m, length);
        }
        int skip = Math.min(p.bytes().length, PacketFacts.ipOffset(p.captureInterface().linkType()));
        return Dissector.ip(m.asSlice(skip), Math.max(0, length - skip));
    }

    /// A file's text must not control the terminal.
    private static String printable(String text) {
        return text.replaceAll("[^\\x20-\\x7e]", "?");
    }

    private static void headers(StringBuilder text, CapturedPacket p, PacketFacts f) {
        if (f.macSource() >= 0) {
            text.append("\n    ethernet ").append(MacAddress.text(f.macSource())).append(" > ")
                    .append(MacAddress.text(f.macDestination())).append(", ").append(etherType(f.etherType()));
            if (f.vlan() >= 0) {
                text.append(", vlan ").append(f.vlan());
            }
            text.append(", ").append(p.originalLength()).append(" bytes");
        }
        if (f.etherType() == EtherType.IPV4 && f.hopLimit() >= 0) {
            int at = p.captureInterface().linkType() == LinkType.ETHERNET ? 14 + 4 * tags(p)
                    : PacketFacts.ipOffset(p.captureInterface().linkType());
            MemorySegment m = MemorySegment.ofArray(p.bytes());
            text.append("\n    ip ttl ").append(f.hopLimit()).append(", tos 0x")
                    .append(HEX.toHexDigits((byte) Ipv4Header.trafficClass(m, at)))
                    .append(", id ").append(Ipv4Header.identification(m, at)).append(Ipv4Header.dontFragment(m, at) ? ", DF" : "")
                    .append(Ipv4Header.moreFragments(m, at) ? ", MF" : "").append(", header ")
                    .append(Ipv4Header.headerLength(m, at)).append(" bytes, total ").append(Ipv4Header.totalLength(m, at))
                    .append(", protocol ").append(f.protocol());
        } else if (f.etherType() == EtherType.IPV6 && f.hopLimit() >= 0) {
            text.append("\n    ip6 hop limit ").append(f.hopLimit()).append(", protocol ").append(f.protocol());
        }
        if (f.payload() > 0) {
            text.append("\n    data ").append(f.payload()).append(" bytes");
        }
        if (p.bytes().length < p.originalLength()) {
            text.append("\n    kept ").append(p.bytes().length).append(" of ").append(p.originalLength()).append(" bytes");
        }
    }

    private static int tags(CapturedPacket p) {
        return VlanTag.count(VlanTag.walk(MemorySegment.ofArray(p.bytes()), 0,
                p.bytes().length));
    }

    private static String etherType(int type) {
        return switch (type) {
            case EtherType.IPV4 -> "IPv4";
            case EtherType.IPV6 -> "IPv6";
            case EtherType.ARP -> "ARP";
            default -> "type 0x" + HEX.toHexDigits((short) type);
        };
    }

    private static void bytes(StringBuilder text, byte[] bytes) {
        for (int from = 0; from < bytes.length; from += PER_LINE) {
            text.append("\n    0x").append(HEX.toHexDigits((short) from)).append("  ");
            for (int i = from; i < from + PER_LINE; i++) {
                text.append(i < bytes.length ? HEX.toHexDigits(bytes[i]) : "  ").append(i % 2 == 1 ? " " : "");
            }
            text.append(' ');
            for (int i = from; i < Math.min(bytes.length, from + PER_LINE); i++) {
                text.append(bytes[i] >= 0x20 && bytes[i] < 0x7f ? (char) bytes[i] : '.');
            }
        }
    }

    static ObjectNode json(CapturedPacket p, PacketFacts f) {
        ObjectNode node = Commands.json().createObjectNode();
        if (p.epochNanos() != CapturedPacket.NO_TIME) {
            node.put("time", Instant.ofEpochSecond(0, p.epochNanos()).toString());
        }
        node.put("direction", p.direction().name().toLowerCase(Locale.ROOT)).put("length", p.originalLength());
        if (f.macSource() >= 0) {
            node.put("mac_source", MacAddress.text(f.macSource())).put("mac_destination", MacAddress.text(f.macDestination()));
        }
        if (f.vlan() >= 0) {
            node.put("vlan", f.vlan());
        }
        if (f.source() != null) {
            node.put("source", f.source().toString()).put("destination", f.destination().toString());
        }
        if (f.protocol() >= 0) {
            node.put("protocol", f.protocol()).put("hop_limit", f.hopLimit());
        }
        if (f.sourcePort() >= 0 && f.icmpType() < 0) {
            node.put("source_port", f.sourcePort()).put("destination_port", f.destinationPort()).put("payload", f.payload());
        }
        return node.put("text", dissect(p));
    }
}
