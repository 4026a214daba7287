package dev.millrace.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class CaptureRingProperties {
    @Property(tries = 200)
    void slotsComeBackInOrderAndNeverOverlap(@ForAll @IntRange(min = 1, max = 40) int packets,
            @ForAll @IntRange(min = 1, max = CaptureRing.MAX_KEPT) int largest, @ForAll Random random) {
        var ring = new CaptureRing(packets, 64, null);
        var waiting = new ArrayDeque<CaptureRing.Slot>();
        for (int step = 0; step < 500; step++) {
            if (random.nextInt(5) < 3) {
                int kept = random.nextInt(8) == 0 ? largest : random.nextInt(largest + 1);
                CaptureRing.Slot slot = ring.claim(kept);
                if (slot == null) {
                    long bytes = waiting.stream().mapToLong(s -> s.kept + 7).sum();
                    assertTrue(waiting.size() == packets || bytes + 2L * kept + 16 >= ring.memory().byteSize()
                            || bytes + kept + largest + 16 >= ring.memory().byteSize(), "full with " + bytes);
                    continue;
                }
                assertTrue(waiting.size() < packets);
                assertTrue(slot.at >= 0 && slot.at + kept <= ring.memory().byteSize(), slot.at + "+" + kept);
                for (CaptureRing.Slot other : waiting) {
                    assertTrue(slot.at + kept <= other.at || other.at + other.kept <= slot.at || kept == 0
                            || other.kept == 0, "overlap");
                }
                waiting.add(slot);
                ring.publish(slot);
            } else {
                CaptureRing.Slot head = ring.head();
                assertSame(waiting.poll(), head);
                if (head != null) {
                    ring.free(head);
                }
            }
            assertEquals(waiting.size(), ring.waiting());
        }
    }

    @Property(tries = 20)
    void theLargestPacketFitsAnEmptyRingWhereverItStands(@ForAll @IntRange(max = CaptureRing.MAX_KEPT) int before) {
        var ring = new CaptureRing(1, 0, null);
        for (int i = 0; i < 5; i++) {
            for (int kept : new int[] {before, CaptureRing.MAX_KEPT}) {
                CaptureRing.Slot slot = ring.claim(kept);
                assertNotNull(slot);
                assertNull(ring.head(), "not published");
                assertNull(ring.claim(0), "one packet at most");
                ring.publish(slot);
                ring.free(ring.head());
            }
        }
    }
}
