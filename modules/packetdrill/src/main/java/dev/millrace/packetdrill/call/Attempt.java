package dev.millrace.packetdrill.call;

import dev.millrace.packetdrill.run.SkipException;
import dev.millrace.packetdrill.script.ScriptSyntaxException;
import java.io.IOException;

/// What a call does, tried again until it has come to something.
@FunctionalInterface
interface Attempt {
    /// Tries.
    ///
    /// @param waits whether the call waits until all is done, as on a descriptor that blocks
    /// @return what came of it, or `null` if it has to wait
    Outcome attempt(boolean waits) throws IOException, SkipException, ScriptSyntaxException;
}
