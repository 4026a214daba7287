package dev.millrace.cli.explore;

import dev.millrace.internet.FailureCause;
import dev.millrace.internet.SeedDifference;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// How a seed fails, as text that goes from one JVM to another.
///
/// @param message one or a few lines
/// @param details what else there is, such as a stack trace
record SeedFailure(long seed, Kind kind, FailureCause cause, String message, String details) {
    private static final int LONGEST = 16_000;

    /// In what way.
    enum Kind {
        /// The test failed.
        FAILS,
        /// Two runs differ.
        DIFFERS,
        /// The test took too long.
        HANGS,
        /// The JVM ended.
        DIES
    }

    SeedFailure {
        message = shortened(message);
        details = shortened(details);
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "\n...";
    }

    static SeedFailure of(long seed, Throwable t) {
        var trace = new StringWriter();
        t.printStackTrace(new PrintWriter(trace));
        return new SeedFailure(seed, Kind.FAILS, FailureCause.of(t), t.toString(), trace.toString());
    }

    static SeedFailure of(SeedDifference d) {
        // What the first event is in which they differ says more of the cause than its numbers.
        String event = FailureCause.normalized(d.first() == null ? d.second() : d.first());
        return new SeedFailure(d.seed(), Kind.DIFFERS, new FailureCause("not the same twice", event, List.of()), d.toString(), "");
    }

    /// @param what what the thread was stopped in
    static SeedFailure of(long seed, Kind kind, String type, String message, StackTraceElement[] what) {
        var carrier = new Throwable(message);
        carrier.setStackTrace(what);
        FailureCause cause = FailureCause.of(carrier);
        // What is above the program is the same for all of them.
        String lines = Arrays.stream(what).takeWhile(e -> !e.getClassName().startsWith("org.junit.platform."))
                .map(e -> "at " + e + "\n").collect(Collectors.joining());
        return new SeedFailure(seed, kind, new FailureCause(type, cause.message(), cause.frames()), type + ": " + message, lines);
    }

    void write(DataOutput out) throws IOException {
        out.writeLong(seed);
        out.writeByte(kind.ordinal());
        out.writeUTF(cause.type());
        out.writeUTF(cause.message());
        out.writeByte(cause.frames().size());
        for (String frame : cause.frames()) {
            out.writeUTF(frame);
        }
        out.writeUTF(message);
        out.writeUTF(details);
    }

    static SeedFailure read(DataInput in) throws IOException {
        long seed = in.readLong();
        Kind kind = Kind.values()[in.readByte()];
        String type = in.readUTF();
        String message = in.readUTF();
        var frames = new ArrayList<String>();
        for (int n = in.readByte(); n > 0; n--) {
            frames.add(in.readUTF());
        }
        return new SeedFailure(seed, kind, new FailureCause(type, message, frames), in.readUTF(), in.readUTF());
    }
}
