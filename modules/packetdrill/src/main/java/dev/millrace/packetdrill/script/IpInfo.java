package dev.millrace.packetdrill.script;

/// What a script says of an IP header. What it does not say is not looked at.
///
/// @param ecn the marks, or `null`
/// @param tos the whole byte of TOS or traffic class, or -1
/// @param ttl TTL or hop limit, or -1
/// @param flowLabel of IPv6, or -1
public record IpInfo(Ecn ecn, int tos, int ttl, int flowLabel) {
    /// Of which nothing is said.
    public static final IpInfo NONE = new IpInfo(null, -1, -1, -1);

    /// The two bits of ECN (RFC 3168 §5).
    public enum Ecn {
        /// `noecn`: not capable.
        NONE(0),
        /// `ect1`.
        ECT1(1),
        /// `ect0`.
        ECT0(2),
        /// `ce`: congestion was met.
        CE(3),
        /// `ect01`: capable, in whichever way.
        ECT01(-1);

        private final int bits;

        Ecn(int bits) {
            this.bits = bits;
        }

        /// The bits to send, of `ect01` those of `ect0`.
        public int bits() {
            return this == ECT01 ? ECT0.bits : bits;
        }

        /// Whether these bits are what is meant.
        public boolean matches(int found) {
            return this == ECT01 ? found == ECT0.bits || found == ECT1.bits : found == bits;
        }
    }
}
