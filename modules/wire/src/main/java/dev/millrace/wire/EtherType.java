package dev.millrace.wire;

/// Numbers of the EtherType field (IANA, IEEE): what an Ethernet frame or a VLAN tag carries.
public final class EtherType {
    /// The least value that is a type; smaller ones are the length of an IEEE 802.3 frame.
    public static final int MIN = 0x0600;
    /// IPv4 (RFC 894).
    public static final int IPV4 = 0x0800;
    /// ARP (RFC 826).
    public static final int ARP = 0x0806;
    /// IPv6 (RFC 2464).
    public static final int IPV6 = 0x86dd;
    /// A VLAN tag (IEEE 802.1Q); the type proper follows it.
    public static final int VLAN = 0x8100;
    /// A provider's VLAN tag (IEEE 802.1ad), the outer of two.
    public static final int PROVIDER_VLAN = 0x88a8;
    /// Flow control between neighbours (IEEE 802.3x).
    public static final int FLOW_CONTROL = 0x8808;
    /// MPLS (RFC 3032).
    public static final int MPLS = 0x8847;
    /// PPP over Ethernet, discovery (RFC 2516).
    public static final int PPPOE_DISCOVERY = 0x8863;
    /// PPP over Ethernet, session (RFC 2516).
    public static final int PPPOE_SESSION = 0x8864;
    /// Authentication at a port (IEEE 802.1X).
    public static final int EAPOL = 0x888e;
    /// Link layer discovery (IEEE 802.1AB).
    public static final int LLDP = 0x88cc;

    private EtherType() {
    }

    /// Whether a value of the type field is no type but the payload's length (IEEE 802.3 §3.2.6).
    public static boolean isLength(int value) {
        return value < MIN;
    }

    /// Whether the type is that of a VLAN tag.
    public static boolean isVlan(int type) {
        return type == VLAN || type == PROVIDER_VLAN;
    }

    /// The name of a type in lower case, such as `lldp`, or an empty text for others than this class has.
    public static String name(int type) {
        return switch (type) {
            case IPV4 -> "ipv4";
            case ARP -> "arp";
            case IPV6 -> "ipv6";
            case VLAN -> "vlan";
            case PROVIDER_VLAN -> "provider-vlan";
            case FLOW_CONTROL -> "flow-control";
            case MPLS -> "mpls";
            case PPPOE_DISCOVERY, PPPOE_SESSION -> "pppoe";
            case EAPOL -> "eapol";
            case LLDP -> "lldp";
            default -> "";
        };
    }
}
