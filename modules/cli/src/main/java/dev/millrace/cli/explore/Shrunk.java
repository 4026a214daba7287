package dev.millrace.cli.explore;

import dev.millrace.internet.SeedSearch.Finding;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/// What is enough for a failure.
///
/// @param failure how it fails with the script
/// @param script a line for each event
/// @param recorded how many events there were
/// @param minimal whether all was tried
record Shrunk(String failure, String script, int recorded, int runs, boolean minimal) {
    static Shrunk of(Finding f) {
        return new Shrunk(f.failure().toString(), f.script().toString(), f.recorded(), f.runs(), f.minimal());
    }

    void write(DataOutput out) throws IOException {
        bytes(out, failure);
        bytes(out, script);
        out.writeInt(recorded);
        out.writeInt(runs);
        out.writeBoolean(minimal);
    }

    static Shrunk read(DataInput in) throws IOException {
        return new Shrunk(text(in), text(in), in.readInt(), in.readInt(), in.readBoolean());
    }

    /// Scripts may be longer than writeUTF takes.
    private static void bytes(DataOutput out, String text) throws IOException {
        byte[] b = text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
        out.writeInt(b.length);
        out.write(b);
    }

    private static String text(DataInput in) throws IOException {
        var b = new byte[in.readInt()];
        in.readFully(b);
        return new String(b, java.nio.charset.StandardCharsets.UTF_8);
    }
}
