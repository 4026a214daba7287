package dev.millrace.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/// Laws of sequence-number arithmetic (RFC 9293 §3.4), wherever in the circle one stands.
class SeqProperties {
    @Property
    void orderIsTotalOnHalfTheCircle(@ForAll int a, @ForAll @IntRange(min = 1, max = Integer.MAX_VALUE) int distance) {
        int b = a + distance;
        assertTrue(Seq.lt(a, b) && Seq.leq(a, b) && Seq.gt(b, a) && Seq.geq(b, a));
        assertTrue(!Seq.lt(b, a) && !Seq.geq(a, b));
        assertEquals(b, Seq.max(a, b));
        assertEquals(a, Seq.min(b, a));
        assertEquals(distance, Seq.distance(a, b));
    }

    @Property
    void orderIsTransitiveOnAQuarter(@ForAll int a, @ForAll @IntRange(min = 1, max = 1 << 29) int d,
            @ForAll @IntRange(min = 1, max = 1 << 29) int e) {
        assertTrue(Seq.lt(a, a + d) && Seq.lt(a + d, a + d + e) && Seq.lt(a, a + d + e));
    }

    @Property
    void shiftingChangesNothing(@ForAll int a, @ForAll int b, @ForAll int shift, @ForAll @IntRange(max = 1 << 30) int window) {
        assertEquals(Seq.lt(a, b), Seq.lt(a + shift, b + shift));
        assertEquals(Seq.inWindow(a, b, window), Seq.inWindow(a + shift, b + shift, window));
    }

    @Property
    void aWindowHoldsItsNumbersAndNoOthers(@ForAll int start, @ForAll @IntRange(min = 1, max = 1 << 30) int length) {
        assertTrue(Seq.inWindow(start, start, length) && Seq.inWindow(start + length - 1, start, length));
        assertTrue(!Seq.inWindow(start + length, start, length) && !Seq.inWindow(start - 1, start, length));
        assertTrue(!Seq.inWindow(start, start, 0));
    }
}
