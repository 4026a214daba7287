package dev.millrace.neighbors;

import dev.millrace.testkit.LeakCheck;
import org.junit.jupiter.api.AfterEach;

/// A test on an Ethernet in stepped time, after which every packet is given back.
abstract class SegmentTest {
    private final LeakCheck leaks = new LeakCheck();
    final Segment segment = new Segment();

    @AfterEach
    void nothingIsLeft() {
        segment.close();
        leaks.close();
    }
}
