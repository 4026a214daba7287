package dev.millrace.link.packet;

import java.util.HashMap;
import java.util.Map;

/// The ways of frames from the kernel to us, with the options that choose them.
enum Way {
    SLOTS(Map.of()),
    BLOCKS(Map.of("ring-timeout", "1ms")),
    SOCKET(Map.of("ring", "false"));

    private final Map<String, String> options;

    Way(Map<String, String> options) {
        this.options = options;
    }

    /// The options of this way, and more: names and values by turns.
    Map<String, String> with(Object... more) {
        var all = new HashMap<>(options);
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i].toString(), more[i + 1].toString());
        }
        return all;
    }

    /// That a link of these options goes this way, and did not fall back.
    boolean isTakenBy(PacketLink link) {
        return link.way().equals(switch (this) {
            case SLOTS -> "SlotQueue";
            case BLOCKS -> "BlockQueue";
            case SOCKET -> "SocketQueue";
        });
    }
}
