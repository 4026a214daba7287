package dev.millrace.internet;

/// What a NAT's mappings, or its filter, depend on (RFC 4787 §4.1 and §5, RFC 5382 §4).
public enum NatBehavior {
    /// Mapping: packets from one internal address and port leave from one external port, wherever they go.
    /// Filter: whoever knows the external port may send to it.
    ENDPOINT_INDEPENDENT,
    /// Mapping: another external port for each destination address.
    /// Filter: only addresses that something was sent to may send back, from whatever port.
    ADDRESS_DEPENDENT,
    /// Mapping: another external port for each destination address and port, so that a peer learns nothing that helps
    /// another ("symmetric NAT").
    /// Filter: only addresses and ports that something was sent to may send back.
    ADDRESS_AND_PORT_DEPENDENT
}
