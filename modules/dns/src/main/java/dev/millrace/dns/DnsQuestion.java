package dev.millrace.dns;

/// What is asked, of class IN.
///
/// @param name without a dot at the end
/// @param type such as [DnsRecord#A]
public record DnsQuestion(String name, int type) {
    /// Whether this asks the same, whatever the case of letters.
    public boolean sameAs(DnsQuestion other) {
        return type == other.type && DnsName.same(name, other.name);
    }
}
