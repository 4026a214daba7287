package dev.millrace.tcp.engine;

/// Sequence numbers inside the engine: 64 bits, counted on where the wire's 32 wrap, so that none that is remembered ever
/// comes to lie on the wrong side of another, and `<` compares them. The low half is what the wire carries.
///
/// [Segment#place] takes numbers in, [#number] gives them out; nothing else in the engine sees 32 bits.
final class StreamOffset {
    private StreamOffset() {
    }

    /// The offset that a number on the wire stands for: of those that end in it the one nearest to `near` (RFC 9293 §3.4;
    /// what a peer can mean is less than 2³¹ away).
    static long of(int number, long near) {
        return near + (number - (int) near);
    }

    /// The number on the wire.
    static int number(long offset) {
        return (int) offset;
    }
}
