package dev.millrace.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ReplayTest {
    @Test
    void namesOfOtherLanguagesAreAsSurefireAndShellsReadThem() {
        assertEquals("'-Dtest=Shop$Paying#pays once? whatever is lost? or isn'\\''t? ?or so' -Dmillrace.seed=7",
                Replay.arguments(Replay.name("acme.Shop$Paying", "pays once, whatever is lost+ or isn't? %or so"), 7, null));
    }

    @Test
    void namesOfJavaAreLeftAlone() {
        assertEquals("-Dtest=Shop#pays -Dmillrace.seed=7", Replay.arguments(Replay.name("acme.Shop", "pays"), 7, null));
    }
}
