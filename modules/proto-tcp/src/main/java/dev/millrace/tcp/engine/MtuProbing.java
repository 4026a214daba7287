package dev.millrace.tcp.engine;

import dev.millrace.OptionValues;
import java.util.Arrays;
import java.util.stream.Collectors;

/// When a connection looks for itself how large the packets are that its path carries (RFC 4821).
public enum MtuProbing {
    /// Never: only routers' messages tell.
    OFF("off"),
    /// After segments have vanished that routers said nothing of.
    BLACK_HOLE("black-hole"),
    /// From the beginning, with small segments first.
    ALWAYS("always");

    private final String word;

    MtuProbing(String word) {
        this.word = word;
    }

    static MtuProbing of(OptionValues values, String name) {
        String given = values.text(name);
        for (MtuProbing p : values()) {
            if (p.word.equals(given)) {
                return p;
            }
        }
        throw values.error(name, '"' + given + "\" is none of "
                + Arrays.stream(values()).map(p -> p.word).collect(Collectors.joining(", ")));
    }
}
